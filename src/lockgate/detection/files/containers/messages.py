"""Mail inside files: a saved message (.eml, .mht) by our own parser, and Outlook's .msg (MS-OXMSG) by olefile."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from lockgate.detection.files import compound_bounds
from lockgate.detection.files.containers.reading import Entry, Opening, Outcome
from lockgate.mime.parser import parse

ATTACHMENT = "__attach_version1.0_"
DATA = ("__substg1.0_37010102",)  # PidTagAttachDataBinary
NAMES = ("__substg1.0_3707001F", "__substg1.0_3704001F", "__substg1.0_3001001F")  # long, short, display; UTF-16
BODIES = (("__substg1.0_1000001F", "body.txt"), ("__substg1.0_10130102", "body.html"))


def read_message(opening: Opening) -> Iterator[Outcome]:
    """Every part of a saved message, its body texts too: they are no body of the message that carries it."""
    for part in parse(opening.content).parts:
        opening.one_more_file()
        opening.spend(len(part.content))
        suffix = ".html" if part.content_type == "text/html" else ""
        yield Entry(part.filename or f"part {part.path}{suffix}", part.content, part.content_type)


def read_outlook_message(opening: Opening) -> Iterator[Outcome]:
    """Bodies and attachments. An attached message lies in a storage of its own, whose streams are read as well."""
    import olefile

    compound_bounds.check(opening.content)
    with olefile.OleFileIO(BytesIO(opening.content)) as document:
        streams = document.listdir(streams=True, storages=False)
        for path in streams:
            folder, leaf = path[:-1], path[-1]
            body = next((name for stream, name in BODIES if leaf == stream), None)
            if body is not None:
                yield _entry(opening, document, path, body)
            elif leaf in DATA and folder and folder[-1].startswith(ATTACHMENT):
                yield _entry(opening, document, path, _name(document, folder) or "attachment")


def _entry(opening: Opening, document: Any, path: list[str], name: str) -> Entry:
    opening.one_more_file()
    content: bytes = document.openstream(path).read()
    opening.spend(len(content))
    if name == "body.txt":
        content = content.decode("utf-16-le", "replace").encode()
    return Entry(name, content)


def _name(document: Any, folder: list[str]) -> str:
    for leaf in NAMES:
        if document.exists([*folder, leaf]):
            return str(document.openstream([*folder, leaf]).read()[:1_000].decode("utf-16-le", "replace")).rstrip("\0")
    return ""
