"""A file's name says one kind and its content another.

Why it matters: a program called `invoice.pdf`, or `invoice.pdf.exe` with spaces between, only makes sense as a trap.
A mismatch among harmless kinds (a PNG called .jpg) is common and says nothing.
Known false positives: files saved by careless programs under a wrong extension (low strength unless it runs).
References: MITRE ATT&CK T1036.007, T1036.008.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.files import kinds
from lockgate.detection.files.danger import dangerous_kind
from lockgate.detection.files.identify import extension
from lockgate.detection.files.kinds import Family
from lockgate.detection.files.unpacking import File
from lockgate.model.findings import Category, Evidence

_DOUBLE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|jpe?g|png|gif|txt|rtf|csv|html?|mp[34])[\s._\u200b-\u202e]{0,80}\."
    r"(?:exe|scr|com|pif|js|jse|vbs|vbe|wsf|hta|lnk|bat|cmd|ps1|jar|msi|iso|img|html?|url)[\s.]*$",
    re.IGNORECASE,
)
_HARMLESS_LIES = (Family.IMAGE, Family.MEDIA, Family.TEXT, Family.DATA)
_DOCUMENTS = frozenset(
    {"pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "rtf", "txt", "csv", "jpg", "jpeg", "png", "gif", "mp3", "mp4"}
)


@detector("file.lying-extension", Category.FILE, weight=3.0, about=File)
def lying_extension(content: Content) -> Iterator[Outcome]:
    for file in content.files:
        if file.container is not None and file.container.family is Family.OFFICE:
            continue
        if _DOUBLE.search(file.name):
            yield _found(file, f"{file.where} hides its real extension behind another", 1.0)
        elif _lies(file):
            strength = 1.6 if dangerous_kind(file.kind, "") else 0.5
            yield _found(file, f"{file.where} is named .{extension(file.name)} and is {file.kind.id}", strength)


def _lies(file: File) -> bool:
    named = extension(file.name)
    if named not in _DOCUMENTS or file.kind.family in _HARMLESS_LIES or named in file.kind.extensions:
        return False
    # Older Office extensions hold any Office format; exports call HTML and XML .xls; Word opens what it recognises.
    related = {Family.OFFICE, Family.HTML, Family.MESSAGE}
    return not (named in kinds.OLE.extensions | {"docx", "xlsx", "pptx", "rtf"} and file.kind.family in related)


def _found(file: File, explanation: str, strength: float) -> Found:
    return Found(explanation, (Evidence(file.where, file.name),), strength, ("file:lying-extension",))
