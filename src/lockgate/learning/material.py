"""What is learnt from and measured on: labelled messages of a corpus folder, of invented mail, of a user's own folders.

A corpus folder has `train/MANIFEST.tsv` (path, label, category, source, campaign, ...) beside `train/train.tar.xz`.
Messages of one campaign are near-duplicates: they stay on one side of every split.
"""

import csv
import hashlib
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lockgate.learning.invented import invented
from lockgate.learning.templates import Template
from lockgate.model.errors import InvalidInput

NON_COMMERCIAL = frozenset({"phishing_pot"})
"""Sources whose licence forbids commercial use: never in the model that ships."""
INVENTED, DRESSED, OWN, REVIEWED = "invented", "dressed", "own", "reviewed"
"""Our own writing as it is and as mail comes through the world, an operator's mail, what people said of held mail."""
OUR_WRITING = frozenset({INVENTED, DRESSED})
UNSEEN = 3
"""One campaign in that many is kept for measurement."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One message. `label` is ham, phish, scam or spam; `kind` what it is about; `campaign` what must not be split."""

    source: str
    label: str
    kind: str
    campaign: str
    held_out: bool
    content: bytes
    client_ip: str = ""  # of the envelope, where it is known
    helo: str = ""
    mail_from: str = ""

    @property
    def unwanted(self) -> bool:
        """Whether it is none of ham."""
        return self.label != "ham"


def corpus_mail(folder: Path) -> Iterator[Labelled]:
    """All messages of a corpus folder, in the order of its manifest. Raises InvalidInput when it is none."""
    table, packed = folder / "train" / "MANIFEST.tsv", folder / "train" / "train.tar.xz"
    if not table.is_file() or not packed.is_file():
        raise InvalidInput(f"{folder} is no corpus: train/MANIFEST.tsv and train/train.tar.xz are expected in it.")
    with table.open(encoding="utf-8", newline="") as lines:
        rows = {row["path"]: row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}
    with tarfile.open(packed) as opened:
        found = {
            member.name: stream.read()
            for member in opened
            if member.name in rows and (stream := opened.extractfile(member)) is not None
        }
    for name, row in rows.items():
        if name in found:
            held_out = zlib.crc32(row["campaign"].encode()) % UNSEEN == 0
            kept = (row["source"], row["label"], row["category"], row["campaign"], held_out, found[name])
            yield Labelled(*kept, row["client_ip"], row["helo"], row["mailfrom"])


def invented_mail(seed: int = 1, of: Sequence[Template] | None = None) -> Iterator[Labelled]:
    """Our own writing, or what becomes of some templates."""
    for one in invented(seed, of):
        source = DRESSED if one.dressed else INVENTED
        yield Labelled(source, one.label, one.template.kind, one.template.key, one.template.held_out, one.content)


def folder_mail(folder: Path, *, unwanted: bool) -> Iterator[Labelled]:
    """A user's own messages, one a file; nothing of them is held out."""
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder of messages.")
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            label = "spam" if unwanted else "ham"
            yield Labelled(OWN, label, folder.name, hashlib.sha256(content).hexdigest(), False, content)
