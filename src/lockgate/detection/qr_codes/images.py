"""QR codes in pictures. Bounded by pixels: a picture that is too large is named, not read."""

import binascii
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image as Picture

SMALLEST_SIDE = 40  # a QR code has at least 21 modules a side (ISO/IEC 18004 §5.1)
PIXELS_PER_IMAGE = 4_000_000
PIXELS_PER_MESSAGE = 8_000_000
IMAGES = 12


@dataclass(slots=True)
class Pixels:
    """What may still be looked at in one message, and what was not."""

    left: int = PIXELS_PER_MESSAGE
    images: int = 0
    unread: list[str] = field(default_factory=list)


def read(where: str, content: bytes, budget: Pixels) -> tuple[str, ...]:
    """The texts of the codes in one picture. One that cannot be decoded shows no code to a reader either."""
    budget.images += 1
    if budget.images > IMAGES or budget.left <= 0:
        budget.unread.append(where)
        return ()
    pixels, texts = _decode(content, min(budget.left, PIXELS_PER_IMAGE))
    if texts is None:
        budget.unread.append(where)
        return ()
    budget.left -= pixels
    return texts


def of_data_address(url: str) -> bytes:
    """The picture inside a `data:` address (RFC 2397); empty when it cannot be read."""
    head, _, body = url.partition(",")
    if not head.lower().endswith(";base64"):
        return unquote_to_bytes(body)
    try:
        return binascii.a2b_base64(unquote_to_bytes(body))
    except binascii.Error:
        return b""


def codes(grey: "Picture | NDArray[np.uint8]") -> tuple[str, ...]:
    """The texts of all QR codes of a grey picture, light on dark ones too."""
    import zxingcpp

    found = zxingcpp.read_barcodes(
        grey, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]), try_downscale=True
    )
    return tuple(code.text for code in found if code.text)


def _decode(content: bytes, allowed: int) -> tuple[int, tuple[str, ...] | None]:
    from PIL import Image

    try:
        with Image.open(BytesIO(content)) as image:
            width, height = image.size
            if min(width, height) < SMALLEST_SIDE:
                return 0, ()
            if width * height > allowed * 4:
                return 0, None
            image.draft("L", (1_600, 1_600))  # JPEG only: decodes at a fraction of its size
            grey = image.convert("RGBA").convert("L") if image.mode == "P" else image.convert("L")
            if grey.width * grey.height > allowed:
                grey.thumbnail((1_600, 1_600))
        return grey.width * grey.height, codes(grey)
    except Exception:  # noqa: BLE001 - image decoders raise anything on hostile bytes; then there is no code to see
        return 0, ()
