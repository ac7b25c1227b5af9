"""What a PDF does, read from its objects by pikepdf (QPDF): scripts, launches, embedded files, links.

A file that QPDF cannot open is judged by its raw bytes instead, so that a damaged header hides nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

OBJECTS = 3_000
SIZE_LIMIT = 30_000_000
ATTACHMENTS = 1_000
_RAW = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFile|OpenAction|RichMedia|XFA|SubmitForm)\b")


@dataclass(frozen=True, slots=True)
class PdfFacts:
    """`actions` are names such as `JavaScript`; `complete` is False when there were too many objects to read."""

    actions: frozenset[str]
    links: tuple[str, ...]
    embedded: tuple[str, ...]
    encrypted: bool
    readable: bool
    complete: bool


def opens(content: bytes, password: str) -> bool:
    """Whether the password opens the file."""
    import pikepdf

    try:
        with pikepdf.open(BytesIO(content), password=password, suppress_warnings=True):
            return True
    except pikepdf.PasswordError:
        return False


def unlocked(content: bytes, password: str) -> bytes:
    """The file without its password. Raises anything when it cannot be written again."""
    import pikepdf

    target = BytesIO()
    with pikepdf.open(BytesIO(content), password=password, suppress_warnings=True) as document:
        document.save(target, encryption=False)
    return target.getvalue()


def attachments(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the attached files, wherever a file specification names them. Raises anything on damage."""
    import pikepdf

    with pikepdf.open(BytesIO(content[:SIZE_LIMIT]), suppress_warnings=True) as document:
        number = 0
        for count, item in enumerate(document.objects):
            if number >= ATTACHMENTS or count >= OBJECTS:
                return
            if isinstance(item, pikepdf.Dictionary) and "/EF" in item:
                for stream in item["/EF"].values():
                    if isinstance(stream, pikepdf.Stream):
                        number += 1
                        yield _file_name(item), stream.read_bytes()
                        break


def _is_file_specification(dictionary: object) -> bool:
    import pikepdf

    return isinstance(dictionary, pikepdf.Dictionary) and "/EF" in dictionary


def _file_name(specification: object) -> str:
    import pikepdf

    assert isinstance(specification, pikepdf.Object)  # noqa: S101 - narrows for the type checker
    return str(specification.get("/UF", specification.get("/F", "attachment")))[:1_000]


@lru_cache(maxsize=8)
def facts(content: bytes) -> PdfFacts:
    """Everything of interest in one file. Never raises."""
    import pikepdf

    raw = frozenset(match.decode() for match in _RAW.findall(content[:SIZE_LIMIT]))
    try:
        with pikepdf.open(BytesIO(content[:SIZE_LIMIT]), suppress_warnings=True) as document:
            return _read(document, raw, len(content) > SIZE_LIMIT)
    except pikepdf.PasswordError:
        return PdfFacts(raw, (), (), encrypted=True, readable=False, complete=True)
    except Exception:  # noqa: BLE001 - hostile bytes; what is not a PDF to QPDF may be one to a lenient reader
        return PdfFacts(raw, (), (), encrypted=False, readable=False, complete=True)


def _read(document: object, raw: frozenset[str], cut: bool) -> PdfFacts:
    import pikepdf

    assert isinstance(document, pikepdf.Pdf)  # noqa: S101 - narrows for the type checker
    actions: set[str] = set(raw & {"OpenAction"})
    links: dict[str, None] = {}
    embedded: list[str] = []
    count = 0
    for count, item in enumerate(document.objects, 1):
        if count > OBJECTS:
            break
        for dictionary in _dictionaries(item, 0):
            _look_at(dictionary, actions, links)
            if _is_file_specification(dictionary):
                embedded.append(_file_name(dictionary))
    names = tuple(dict.fromkeys(embedded))
    return PdfFacts(frozenset(actions), tuple(links), names, document.is_encrypted, True, count <= OBJECTS and not cut)


def _dictionaries(item: object, depth: int) -> Iterator["object"]:
    """The dictionaries written directly in one object; indirect ones come by themselves."""
    import pikepdf

    if depth > 6:
        return
    if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        yield item
        for value in dict(item.items()).values():
            if isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect:
                yield from _dictionaries(value, depth + 1)
    elif isinstance(item, pikepdf.Array):
        for value in list(item)[:500]:
            if isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect:
                yield from _dictionaries(value, depth + 1)


def _look_at(dictionary: object, actions: set[str], links: dict[str, None]) -> None:
    import pikepdf

    assert isinstance(dictionary, pikepdf.Object)  # noqa: S101 - narrows for the type checker
    kind = str(dictionary.get("/S", ""))
    if kind in ("/JavaScript", "/Launch", "/SubmitForm", "/RichMedia", "/GoToE", "/ImportData"):
        actions.add(kind[1:])
    if "/JS" in dictionary:
        actions.add("JavaScript")
    if "/XFA" in dictionary:
        actions.add("XFA")
    if kind == "/URI" and "/URI" in dictionary:
        links.setdefault(str(dictionary["/URI"])[:1_000])
