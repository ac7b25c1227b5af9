"""The text of a PDF by PDFium. It runs in an inspection worker, which can be killed."""

from functools import lru_cache

SIZE_LIMIT = 30_000_000
PAGES = 200
LENGTH = 2_000_000


@lru_cache(maxsize=8)
def text(content: bytes) -> str:
    """The pages' text, at most `PAGES` of them; empty for what cannot be opened. Never raises."""
    import pypdfium2

    pages: list[str] = []
    try:
        with pypdfium2.PdfDocument(content[:SIZE_LIMIT]) as document:
            for number in range(min(len(document), PAGES)):
                pages.append(document[number].get_textpage().get_text_bounded())
                if sum(map(len, pages)) > LENGTH:
                    break
    except Exception:  # noqa: BLE001 - hostile bytes; what PDFium cannot read is told by the detectors of files
        return "\n".join(pages)[:LENGTH]
    return "\n".join(pages)[:LENGTH]
