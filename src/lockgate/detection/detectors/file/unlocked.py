"""A locked archive or document was opened with a password that the mail gives, or with one that everybody tries.

Why it matters: a lock whose key hangs beside it keeps nobody out but filters. What was behind it has been judged like
any other file; this finding says so, and lets a policy treat such files by themselves.
Known false positives: payroll and invoices locked with a password that stands in the same mail.
References: MITRE ATT&CK T1027.013; Microsoft Office's own password for workbooks that are only write-protected
("VelvetSweatshop", MS-OFFCRYPTO §2.3.7.1 in practice), which opens without asking the reader.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.files.passwords import OPENS_BY_ITSELF, Source
from lockgate.detection.files.unpacking import File
from lockgate.model.findings import Category, Evidence


@detector("file.unlocked", Category.FILE, weight=1.0, about=File)
def unlocked(content: Content) -> Iterator[Outcome]:
    for item in content.unpacked.unlocked:
        if item.password.text == OPENS_BY_ITSELF:
            said, strength = "the password that Office tries by itself, which hides it from scanners only", 2.0
        elif item.password.source is Source.MAIL:
            said, strength = "a password that the mail gives", 0.7
        else:
            said, strength = "a password that everybody tries", 1.0
        yield Found(
            f"{item.where} is locked and was opened with {said}",
            (Evidence(item.where, item.name),),
            strength,
            ("file:unlocked", f"file-type:{item.kind.id}"),
        )
