"""Pages of PDF files as a reader sees them (PDFium): QR codes on the rendered page, and the page's text.

A code may be a picture or drawn of squares; rendering finds both. Bounded by pages, objects and picture size: a
construction plan is not worth the time, and is named as unread.
"""

from dataclasses import dataclass
from functools import lru_cache

from lockgate.detection.qr_codes.images import codes

PAGES = 3
SCALE = 1.5  # 108 dots an inch: a code of 25 mm with 41 modules still has 2.5 dots each
WIDEST = 1_600.0  # points; larger pages are scaled down to about this many dots
OBJECTS = 4_000
PICTURE_PIXELS = 25_000_000
TEXT = 20_000  # characters
FILE = 20_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Pages:
    """`text` is that of the first pages; `unread` says that some page was too much to draw."""

    text: str
    codes: tuple[str, ...]
    unread: bool


NOTHING = Pages("", (), unread=False)


@lru_cache(maxsize=8)
def read(content: bytes) -> Pages:
    """The first `PAGES` pages. Never raises; a file that PDFium cannot open or that is locked shows nothing."""
    import pypdfium2

    if len(content) > FILE:
        return Pages("", (), unread=True)
    try:
        document = pypdfium2.PdfDocument(content)
    except Exception:  # noqa: BLE001 - hostile bytes; what PDFium cannot open it cannot show
        return NOTHING
    texts: list[str] = []
    found: list[str] = []
    unread = False
    try:
        for number in range(min(len(document), PAGES)):
            page = document[number]
            texts.append(page.get_textpage().get_text_bounded()[:TEXT])
            if _is_too_much(page):
                unread = True
                continue
            scale = min(SCALE, WIDEST * SCALE / max(page.get_width(), page.get_height(), 1.0))
            found += codes(page.render(scale=scale, grayscale=True).to_numpy())
    except Exception:  # noqa: BLE001 - a page that cannot be drawn shows nothing to its reader either
        unread = True
    finally:
        document.close()
    return Pages("\n".join(texts), tuple(dict.fromkeys(found)), unread)


def _is_too_much(page: object) -> bool:
    import pypdfium2

    assert isinstance(page, pypdfium2.PdfPage)  # noqa: S101 - narrows for the type checker
    if pypdfium2.raw.FPDFPage_CountObjects(page.raw) > OBJECTS:
        return True
    pixels = 0
    for item in page.get_objects(max_depth=2):
        if isinstance(item, pypdfium2.PdfImage):
            width, height = item.get_px_size()
            pixels += width * height
    return pixels > PICTURE_PIXELS
