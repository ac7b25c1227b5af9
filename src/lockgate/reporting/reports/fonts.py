"""Letters for the PDF: every character in a font that has it.

DejaVu where the system has it (Latin, Greek, Cyrillic and more), else the Vera that comes with reportlab; Chinese,
Japanese and Korean in the fonts that readers bring along (ISO 32000-1 §9.7.5.2, Adobe's character collections).
"""

from functools import cache
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

PLAIN, BOLD = "ReportPlain", "ReportBold"
JAPANESE, KOREAN = "HeiseiKakuGo-W5", "HYGothic-Medium"
SYSTEM = Path("/usr/share/fonts/truetype/dejavu")
HANGUL = range(0xAC00, 0xD7B0)
EAST_ASIAN = range(0x2E80, 0xFFF0)


@cache
def register() -> None:
    """Make the fonts known; once per process."""
    dejavu = SYSTEM / "DejaVuSans.ttf", SYSTEM / "DejaVuSans-Bold.ttf"
    files = dejavu if all(file.is_file() for file in dejavu) else ("Vera.ttf", "VeraBd.ttf")
    for name, file in zip((PLAIN, BOLD), files, strict=True):
        pdfmetrics.registerFont(TTFont(name, str(file)))
    for name in (JAPANESE, KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))


def marked(text: str) -> str:
    """Text for a paragraph: escaped, and what the paragraph's own font has not in one that has."""
    register()
    runs = ((font, "".join(letters)) for font, letters in groupby(text, _font))
    return "".join(escape(run) if not font else f'<font name="{font}">{escape(run)}</font>' for font, run in runs)


def _font(letter: str) -> str:
    if ord(letter) in HANGUL:
        return KOREAN
    return JAPANESE if ord(letter) in EAST_ASIAN else ""
