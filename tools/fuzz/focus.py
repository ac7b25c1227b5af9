"""One piece of the code at a time: many times as many inputs a second as the whole way, and changes reach deeper.

Where a target has a choice of readers or documents, the first byte of the input chooses.
"""

from collections.abc import Callable

import numpy as np

from lockgate.detection.account_numbers import account_numbers
from lockgate.detection.classifier.features import SHOWN_WORDS
from lockgate.detection.classifier.pieces import pieces
from lockgate.detection.demands import demand
from lockgate.detection.files import (
    dde,
    embedded_links,
    kinds,
    office,
    properties,
    readable_text,
    rtf,
    scripts,
    shortcut,
)
from lockgate.detection.files.appended import appended_archive
from lockgate.detection.files.containers.reading import Budget, Limits, Opening
from lockgate.detection.files.containers.registry import READERS
from lockgate.detection.files.identify import identify
from lockgate.detection.files.kinds import Family
from lockgate.detection.files.passwords import Password, Source
from lockgate.detection.files.unpacking import File
from lockgate.detection.lure_words import lure_words
from lockgate.detection.qr_codes import images, tables, vector
from lockgate.detection.telephone import numbers_in
from lockgate.detection.text import name_words, plain, skeleton
from lockgate.detection.topics import mentions
from lockgate.detection.wishes import wishes
from lockgate.mime import parameters
from lockgate.mime.addresses import other_readings, parse_addresses
from lockgate.mime.charsets import decode_header_bytes, decode_text
from lockgate.mime.encoded_words import decode_words
from lockgate.mime.headers import scan
from lockgate.mime.html_text import read_html
from lockgate.mime.links import text_links
from lockgate.mime.parts import make_parts
from lockgate.mime.structure import MAX_PARTS, build, leaves
from lockgate.mime.transfer_encodings import decode, inline_uuencoded
from lockgate.mime.transfer_encodings import other_readings as other_decodings
from lockgate.model.message import Defect

SMALL = Limits(files=300, total_bytes=4_000_000, ratio_from=1_000_000, effort=20_000_000, password_effort=60)
PASSWORDS = (Password("Winter-77", Source.MAIL), Password("infected", Source.USUAL))
ENCODINGS = ("base64", "quoted-printable", "x-uuencode")
CHARSETS = ("", "utf-8", "utf-16", "utf-7", "iso-2022-jp", "gb18030", "big5", "euc-kr", "koi8-r", "hz", "cp037")
OPENERS = tuple(dict.fromkeys(READERS.values()))


def headers(data: bytes) -> None:
    """A header block, or one value read in one of the ways that a field is read."""
    VALUES[(data[0] if data else 0) % len(VALUES)](data[1:])


def _block(data: bytes) -> None:
    for found in scan(data).fields:
        if not 0 <= found.start < found.value_start <= found.end <= len(data):
            raise AssertionError("a field lies outside the header")


def _addresses(data: bytes) -> None:
    value = decode_header_bytes(data)
    other_readings(value, parse_addresses(value))


def structure(data: bytes) -> None:
    """The tree of MIME parts and every reading of each part."""
    defects: list[Defect] = []
    nodes = leaves(build(data, defects))
    if len(nodes) > 2 * MAX_PARTS:
        raise AssertionError("more parts than the limit allows")
    for node in nodes:
        make_parts(node, defects)


def encodings(data: bytes) -> None:
    """Transfer encodings and charsets."""
    choice, raw = data[0] if data else 0, data[1:]
    encoding = ENCODINGS[choice % len(ENCODINGS)]
    plain, _ = decode(raw, encoding)
    list(other_decodings(raw, [encoding], plain))
    list(inline_uuencoded(raw))
    text, _ = decode_text(plain, CHARSETS[choice // len(ENCODINGS) % len(CHARSETS)], html=choice > 128)
    list(text_links(text, "1"))


def pages(data: bytes) -> None:
    """HTML: the text that is seen, the text that is hidden, and the links."""
    read_html(data.decode("utf-8", "replace"))


def readers(data: bytes) -> None:
    """One reader of containers on bytes that need not look like its own: stays in its budget, whatever it raises."""
    opening = Opening(data[1:], "a", Budget(SMALL), lambda: PASSWORDS)
    kept = 0
    try:
        for outcome in OPENERS[(data[0] if data else 0) % len(OPENERS)](opening):
            kept += len(getattr(outcome, "content", b""))
    except Exception:  # noqa: BLE001 - readers may raise anything; unpacking makes a refusal of it
        return
    if kept > SMALL.total_bytes * 3:
        raise AssertionError("more was kept than the budget allows")


def papers(data: bytes) -> None:
    """One reader of documents, scripts and shortcuts: never raises."""
    PAPERS[(data[0] if data else 0) % len(PAPERS)](data[1:])


def drawings(data: bytes) -> None:
    """Codes to scan that HTML draws as a table or as SVG: never raises."""
    text = data.decode("utf-8", "replace")
    tables.in_html(text)
    vector.in_svg(text, images.Pixels())


def words(data: bytes) -> None:
    """All that reads running text: what it wants, is about and names, and the pieces that the classifier sees."""
    shown = data.decode("utf-8", "replace")
    read = plain(shown)
    demand(wishes(read))
    mentions(read)
    list(account_numbers(read))
    list(numbers_in(read))
    name_words(skeleton(shown))
    lure_words(read)
    found = pieces(read)
    said = found.loudest(np.ones(len(found.codes), np.int32), SHOWN_WORDS)
    if len(said) > SHOWN_WORDS:
        raise AssertionError("more words are shown than were asked for")


def _file(content: bytes, name: str = "a.csv") -> File:
    return File("part 2", name, "", content, identify(content, name), 0)


def _member(content: bytes) -> File:
    """A member of an Office file; its first byte says which."""
    name = MEMBERS[(content[0] if content else 0) % len(MEMBERS)]
    return File("part 2 > a", name, "", content[1:], identify(content[1:], name), 1, kinds.WORD)


def _whole(file: File) -> None:
    dde.command(file)
    list(embedded_links.links([file]))
    readable_text.text_of(file)
    properties.file_properties(file)
    office.external_content([file])
    if file.kind.family is not Family.ARCHIVE:
        appended_archive(file.content, file.kind)


MEMBERS = ("word/document.xml", "word/_rels/document.xml.rels", "docProps/core.xml", "docProps/custom.xml",
           "xl/externalLinks/externalLink1.bin", "xl/worksheets/sheet1.xml", "content.xml")  # fmt: skip
PAPERS: tuple[Callable[[bytes], object], ...] = (
    lambda content: _whole(_file(content)),
    lambda content: _whole(_member(content)),
    rtf.objects,
    scripts.behaviour,
    lambda content: shortcut.read(content).command,
    lambda content: office.macros(content, "a.xls"),
)
VALUES: tuple[Callable[[bytes], object], ...] = (
    _block,
    _addresses,
    lambda data: parameters.parse(decode_header_bytes(data)),
    lambda data: decode_words(decode_header_bytes(data)),
)
TARGETS: dict[str, Callable[[bytes], None]] = {
    "headers": headers,
    "structure": structure,
    "encodings": encodings,
    "pages": pages,
    "readers": readers,
    "papers": papers,
    "drawings": drawings,
    "words": words,
}
