"""Files whose verdicts the organisation has excepted: by hash all that is said, by name or kind what is guessed.

Rule: a name or a kind is what a sender chooses, so that no scanner's, no sandbox's and no list's word is taken back by
it, and what lies inside such an archive is judged by itself. A hash is one content, and with it all that is inside.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from lockgate.detection.content import Content
from lockgate.detection.detector import Found
from lockgate.model.findings import Category, Evidence
from lockgate.model.reputation import Reputation, Standing, Subject

OF_FILES = frozenset({Category.MALWARE, Category.FILE})
KNOWN_NOT_GUESSED = frozenset({
    "malware.clamav", "malware.icap", "malware.sandbox", "malware.byte-rules", "malware.own-byte-rules",
    "file.awaiting-sandbox", "reputation.blocked-file",
})  # fmt: skip
INSIDE = " > "


@dataclass(frozen=True, slots=True)
class FileExceptions:
    """Places of files; `guessed` of those that are excepted by name or kind."""

    contents: frozenset[str] = frozenset()
    guessed: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()  # of all files

    def left(self, detector: str, category: Category, signs: list[Found]) -> list[Found]:
        """The signs that still count: those with any evidence outside of excepted files, or with none at all."""
        if category not in OF_FILES or not (self.contents or self.guessed):
            return signs
        by_name = self.guessed if detector not in KNOWN_NOT_GUESSED else frozenset()
        return [sign for sign in signs if not sign.evidence or not self._all_excepted(sign.evidence, by_name)]

    def _all_excepted(self, evidence: Iterable[Evidence], by_name: frozenset[str]) -> bool:
        return all(self._is_excepted(piece.where, by_name) for piece in evidence)

    def _is_excepted(self, where: str, by_name: frozenset[str]) -> bool:
        steps = where.split(INSIDE)
        around = [INSIDE.join(steps[:count]) for count in range(len(steps), 0, -1)]  # the innermost first
        innermost = next((place for place in around if place in self.places), "")
        return innermost in by_name or any(place in self.contents for place in around)


_NONE = FileExceptions()


def file_exceptions(reputation: Reputation | None, content: Content) -> FileExceptions:
    """The exceptions that files of this message are a case of; files are hashed only when a hash is approved."""
    if reputation is None:
        return _NONE
    approved = [hit for hit in reputation.hits if hit.standing is Standing.APPROVED and not hit.policy_id]
    hashes, names, kinds = (
        {hit.value for hit in approved if hit.subject is subject}
        for subject in (Subject.HASH, Subject.FILE_NAME, Subject.FILE_KIND)
    )
    if not (hashes or names or kinds):
        return _NONE
    contents = (file.where for file in content.files if hashes and _digests(file.content) & hashes)
    guessed = (file.where for file in content.files if file.name.lower()[:200] in names or file.kind.id in kinds)
    return FileExceptions(frozenset(contents), frozenset(guessed), frozenset(file.where for file in content.files))


def _digests(data: bytes) -> set[str]:
    made = (hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("sha256", "sha1", "md5"))
    return set(made)
