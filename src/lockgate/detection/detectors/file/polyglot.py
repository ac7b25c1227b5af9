"""One file that two programs read differently: an archive behind a picture, a PDF behind another beginning, a script
behind bytes that its interpreter skips.

Why it matters: the filter looks at the first kind and the reader's computer runs the second. What is behind has been
opened and judged as well; that it was hidden is a sign by itself.
Known false positives: pictures with an editor's own data behind them. Self-extracting programs are not counted.
References: MITRE ATT&CK T1036.008, T1027.009; ISO 32000-1 Annex H (1,024 bytes before the header of a PDF).
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.files import kinds
from lockgate.detection.files.identify import extension
from lockgate.detection.files.kinds import Family
from lockgate.detection.files.unpacking import File
from lockgate.model.findings import Category, Evidence

PDF_HEADER_WITHIN = 1_024
SCRIPT_LIMIT = 2_000_000
BINARY = (Family.IMAGE, Family.MEDIA, Family.ARCHIVE, Family.EXECUTABLE, Family.SHORTCUT, Family.DATA, Family.PDF)
CODE = (b"<script", b"<hta:application", b"wscript.", b"activexobject", b"createobject(", b"powershell", b"eval(")


@detector("file.polyglot", Category.FILE, weight=2.0, about=File)
def polyglot(content: Content) -> Iterator[Outcome]:
    for file in content.files:
        second = _second_kind(file)
        if second:
            yield Found(
                f"{file.where} is {_first_kind(file)} and {second} at once",
                (Evidence(file.where, file.name or file.kind.id),),
                labels=("file:polyglot",),
            )


def _first_kind(file: File) -> str:
    return file.container.id if file.is_appended and file.container else file.kind.id


def _second_kind(file: File) -> str:
    if file.is_appended:
        return "" if file.container and file.container.family is Family.EXECUTABLE else f"an archive ({file.kind.id})"
    if (
        file.kind.family in (Family.IMAGE, Family.MEDIA, Family.ARCHIVE)
        and b"%PDF-1" in file.content[:PDF_HEADER_WITHIN]
    ):
        return "a PDF"
    run_as = kinds.RUN_BY_NAME.get(extension(file.name))
    if run_as is not None and file.kind.family in BINARY:
        head = file.content[:SCRIPT_LIMIT].lower()
        return run_as.id if any(word in head for word in CODE) else ""
    return ""
