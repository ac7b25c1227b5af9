"""QR codes in images, as links. Bounded by pixels: a picture that is too large is named, not read."""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from lockgate.detection.files.kinds import Family
from lockgate.detection.files.unpacking import File
from lockgate.model.message import Link, LinkSource

SMALLEST_SIDE = 40  # a QR code has at least 21 modules a side (ISO/IEC 18004 §5.1)
PIXELS_PER_IMAGE = 4_000_000
PIXELS_PER_MESSAGE = 8_000_000
IMAGES = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """Links found, and images that were not looked at because of their size or number."""

    links: tuple[Link, ...]
    unread: tuple[str, ...]


def read(files: Iterable[File]) -> Reading:
    """All QR codes of the images among the files. An image that cannot be decoded shows no code to a reader either."""
    links: list[Link] = []
    unread: list[str] = []
    left = PIXELS_PER_MESSAGE
    for number, file in enumerate(file for file in files if file.kind.family is Family.IMAGE):
        if number >= IMAGES or left <= 0:
            unread.append(file.where)
            continue
        pixels, texts = _decode(file.content, min(left, PIXELS_PER_IMAGE))
        if texts is None:
            unread.append(file.where)
            continue
        left -= pixels
        links.extend(Link(text, "", LinkSource.QR_CODE, file.where, text) for text in texts)
    return Reading(tuple(links), tuple(unread))


def _decode(content: bytes, allowed: int) -> tuple[int, tuple[str, ...] | None]:
    import zxingcpp
    from PIL import Image

    try:
        with Image.open(BytesIO(content)) as image:
            width, height = image.size
            if min(width, height) < SMALLEST_SIDE:
                return 0, ()
            if width * height > allowed * 4:
                return 0, None
            image.draft("L", (1_600, 1_600))  # JPEG only: decodes at a fraction of its size
            grey = image.convert("RGBA").convert("L") if image.mode in ("P", "RGBA", "LA") else image.convert("L")
            if grey.width * grey.height > allowed:
                grey.thumbnail((1_600, 1_600))
        found = zxingcpp.read_barcodes(
            grey, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]), try_downscale=True
        )
    except Exception:  # noqa: BLE001 - image decoders raise anything on hostile bytes; then there is no code to see
        return 0, ()
    return grey.width * grey.height, tuple(code.text for code in found if code.text)
