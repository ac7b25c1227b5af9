"""An archive or document needs a password and none that was tried opens it, so nobody on the way can look into it.

Why it matters: malware is mailed with its password in the text for exactly this reason. Passwords that the mail gives
and the usual ones are tried first; what opens is judged by what is in it and reported by `file.unlocked`. This finding
is about a password and about nothing else: what is damaged, too large or unknown is `file.unopened-archive`.
Known false positives: confidential documents from payroll, law firms, doctors and banks.
References: MITRE ATT&CK T1027.013; APPNOTE 6.3.10 §4.4.4; MS-OFFCRYPTO.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, Unfinished, detector
from lockgate.detection.files import passwords
from lockgate.detection.files.kinds import Family, Kind
from lockgate.detection.files.unpacking import File, Why
from lockgate.model.findings import Category, Evidence


@detector("file.encrypted-archive", Category.FILE, weight=1.0, about=File)
def encrypted_archive(content: Content) -> Iterator[Outcome]:
    locked: dict[str, tuple[str, Kind]] = {}
    for item in content.unpacked.unopened:
        if item.why is Why.ENCRYPTED:
            locked.setdefault(item.container, (item.name, item.kind))
    if not locked:
        return
    speaks = passwords.speaks_of_one(content.words)
    for where, (name, kind) in locked.items():
        evidence = (Evidence(where, name), *((Evidence("text", speaks),) if speaks else ()))
        why = f"{where} needs a password" + (", and the text speaks of one" if speaks else "")
        yield Found(why, evidence, 2.0 if speaks else 1.0, _labels(kind))
        yield Unfinished(f"{where} is encrypted and was not looked into", essential=False)


def _labels(kind: Kind) -> tuple[str, ...]:
    """So that a policy may treat a locked archive, which may hold anything, other than a locked document."""
    which = "archive" if kind.family is Family.ARCHIVE else "document"
    return "file:encrypted", f"file:encrypted-{which}", f"file-type:{kind.id}"
