"""Commands that an Office document hands to another program without any macro: DDE fields, links and formulas.

Dynamic Data Exchange names a server, a topic and an item; where the server is not running, Windows starts it. What is a
price feed to some is `cmd | '/c calc'` to others, so the server decides how grave it is.
"""

import re
from dataclasses import dataclass

from lockgate.detection.files import kinds, workbooks
from lockgate.detection.files.kinds import Family
from lockgate.detection.files.unpacking import File

LIMIT = 2_000_000
INTERPRETERS = re.compile(
    r"(?:^|[\\/\"' ])(?:cmd|powershell|pwsh|mshta|rundll32|regsvr32|wscript|cscript|msiexec|certutil|bitsadmin|explorer"
    r"|msexcel|calc|winword|system32)\b|\.exe\b",
    re.IGNORECASE,
)
_FIELD = re.compile(rb"<w:instrText[^>]{0,200}>([^<]{0,2000})</w:instrText>|w:instr=\"([^\"]{1,2000})\"")
_COMMAND = re.compile(r"\bDDE(?:AUTO)?\b\s*(?:\"|&quot;|\\|[a-z])[^\r\n]{0,200}", re.IGNORECASE)
_QUOTED_CODES = re.compile(r"QUOTE\s+((?:\d{2,3}\s*){3,200})", re.IGNORECASE)
_LINK = re.compile(rb"<ddeLink\b[^>]{0,300}?ddeService=\"([^\"]{1,200})\"[^>]{0,100}?(?:ddeTopic=\"([^\"]{0,300})\")?")
_FORMULA = re.compile(
    rb"(?:^|[,;\t\"'=+\-@]|Formula=\"=)[=+\-@]?\s{0,9}([a-z0-9_.\\:]{2,60})\s{0,3}\|\s{0,3}(?:'|&apos;|\")?([^\r\n!<>]{1,200})!",
    re.IGNORECASE | re.MULTILINE,
)
_OLDER = re.compile(rb"\x13 {0,20}(DDE(?:AUTO)? +[\x20-\x7e]{3,300})", re.IGNORECASE)
_OLDER_WIDE = re.compile(
    rb"\x13\x00(?: \x00){0,20}((?:D\x00){2}E\x00(?:A\x00U\x00T\x00O\x00)? \x00(?:[\x20-\x7e]\x00){3,300})"
)
TABLES = (".csv", ".slk", ".tsv", ".iqy", ".txt", ".dif")


@dataclass(frozen=True, slots=True)
class Command:
    """What is handed over. `starts_interpreter`: the server is one that runs whatever it is told."""

    text: str

    @property
    def starts_interpreter(self) -> bool:
        """Whether the server is a shell or its like."""
        return bool(INTERPRETERS.search(self.text))


def command(file: File) -> Command | None:
    """The first command of a file, or None."""
    content = file.text[:LIMIT]
    text = ""
    in_office = file.container is not None and file.container.family is Family.OFFICE
    if file.kind is kinds.OFFICE_XML or (in_office and file.name.endswith(".xml")):
        text = _of_xml(content)
    elif in_office and "externallink" in file.name.lower() and file.name.endswith(".bin"):
        text = next((each for each in workbooks.wide_texts(content) if INTERPRETERS.search(each)), "")
    elif file.kind in (kinds.OLE, kinds.MACRO_OFFICE) and content.startswith(b"\xd0\xcf"):
        text = _of_compound(file.content)
    elif file.kind in (kinds.TEXT, kinds.SYMBOLIC_LINK) and file.name.lower().endswith(TABLES):
        text = _formula(content)
    return Command(" ".join(text.split())) if text else None


def _of_xml(content: bytes) -> str:
    """Fields may be cut into many runs, and their letters written as numbers; both are put together again."""
    joined = b"".join(first or second for first, second in _FIELD.findall(content)).decode("utf-8", "replace")
    joined = _QUOTED_CODES.sub(
        lambda match: "".join(chr(int(code)) for code in match[1].split() if int(code) < 256), joined
    )
    found = _COMMAND.search(joined)
    if found:
        return found.group()
    link = _LINK.search(content)
    if link:
        return b" ".join(piece for piece in link.groups() if piece).decode("utf-8", "replace")
    return _formula(content) if b"Formula=" in content else ""


def _of_compound(content: bytes) -> str:
    for server, topic in workbooks.facts(content).links:
        if topic.strip() and not server.lower().startswith(("http", "file")):
            return f"{server} {topic}"
    field = _OLDER.search(content)
    if field:
        return field.group(1).decode("latin-1")
    wide = _OLDER_WIDE.search(content)
    return wide.group(1).decode("utf-16-le") if wide else ""


def _formula(content: bytes) -> str:
    for match in _FORMULA.finditer(content):
        text = b"|".join(match.groups()).decode("utf-8", "replace")
        if INTERPRETERS.search(text):
            return text
    return ""
