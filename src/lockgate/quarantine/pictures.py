"""Pictures that a held message carries, painted anew as PNG for a preview that somebody has asked to see with them.

Rule: only what is inside the message (RFC 2392 `cid:`, RFC 2397 `data:`); an address elsewhere is never an answer. What
is shown is made of pixels, so nothing of the sender's file comes through. Run it where it may be killed (`reading.py`).
"""

import base64
import re
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import unquote

from lockgate.detection.qr_codes.images import of_data_address
from lockgate.model.message import Message

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
MOST = 40  # different pictures of one message
LARGEST = 10_000_000  # bytes of one, as it came
PIXELS = 25_000_000  # of one, before it is made smaller
SIDE = 1_600  # pixels of a side when it is shown
TOTAL = 8_000_000  # bytes of all of them, as PNG
_CARRIED = re.compile(r"<img\b[^>]{0,2000}?\bsrc\s*=\s*[\"']?\s*(?:cid|data):", re.IGNORECASE)


def carries_pictures(html: str) -> bool:
    """Whether the HTML shows pictures that are in the message."""
    return _CARRIED.search(html) is not None


@dataclass(slots=True)
class Pictures:
    """The pictures of one message by the address that its HTML has for them."""

    message: Message
    total: int = 0
    known: dict[str, str | None] = field(default_factory=dict)

    def painted(self, address: str) -> str | None:
        """A `data:` address of the picture as PNG; None when it is elsewhere, no picture, or beyond the limits."""
        wanted = address.strip()
        if wanted not in self.known:
            png = b"" if len(self.known) >= MOST else _png(self._content(wanted))
            shown = bool(png) and self.total + len(png) <= TOTAL
            self.total += len(png) if shown else 0
            self.known[wanted] = f"data:image/png;base64,{base64.b64encode(png).decode()}" if shown else None
        return self.known[wanted]

    def _content(self, address: str) -> bytes:
        scheme, _, rest = address.partition(":")
        match scheme.lower():
            case "data":
                return of_data_address(rest)
            case "cid":
                named = unquote(rest)
                return next((part.content for part in self.message.parts if part.content_id == named), b"")
            case _:
                return b""


def _png(content: bytes) -> bytes:
    """The first frame, made smaller where it is large; empty when it cannot be painted."""
    from PIL import Image

    if not 0 < len(content) <= LARGEST:
        return b""
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > PIXELS:
                return b""
            image.draft("RGB", (SIDE, SIDE))  # JPEG only: decodes at a fraction of its size
            clear = image.mode in ("P", "PA", "LA", "RGBA") or "transparency" in image.info
            painted = image.convert("RGBA" if clear else "RGB")
        painted.thumbnail((SIDE, SIDE))
        answer = BytesIO()
        Image.frombytes(painted.mode, painted.size, painted.tobytes()).save(answer, "PNG")
    except Exception:  # noqa: BLE001 - decoders raise anything on hostile bytes; then there is nothing to show
        return b""
    return answer.getvalue()
