"""QR codes in SVG, in the manners of the programs that write them; hostile drawings show nothing and cost little."""

import base64
import io
from collections.abc import Callable

import pytest
import segno

from lockgate.detection.content import Content
from lockgate.detection.qr_codes import vector
from lockgate.detection.qr_codes.images import Pixels
from lockgate.mime.parser import parse

URL = "https://collect.example/signin"
CODE = segno.make(URL)
DARK = [(x, y) for y, row in enumerate(CODE.matrix_iter(border=0)) for x, module in enumerate(row) if module]
SIDE = len(list(CODE.matrix_iter(border=0)))
CORNERS = ((0, 0), (SIDE - 7, 0), (0, SIDE - 7))


def strokes() -> str:
    stream = io.BytesIO()
    CODE.save(stream, kind="svg", scale=4)
    return stream.getvalue().decode()


def squares() -> str:
    cells = "".join(f'<rect x="{x * 3}" y="{y * 3}" width="3" height="3"/>' for x, y in DARK)
    return f'<svg><rect width="200" height="200" fill="#fff"/><g style="fill: #222">{cells}</g></svg>'


def one_path() -> str:
    squares = "".join(f"M{x * 4 + 8},{y * 4 + 8}l4,0 0,4 -4,0 0,-4z " for x, y in DARK)
    return f'<svg><path fill="#000" d="{squares}"/></svg>'


def corners_with_holes() -> str:
    rings = "".join(f"M{x} {y}h7v7h-7zM{x + 1} {y + 1}v5h5v-5zM{x + 2} {y + 2}h3v3h-3z" for x, y in CORNERS)
    rest = (at for at in DARK if not any(x <= at[0] < x + 7 and y <= at[1] < y + 7 for x, y in CORNERS))
    return f'<svg><path d="{rings}{"".join(f"M{x} {y}H{x + 1}V{y + 1}H{x}z" for x, y in rest)}"/></svg>'


def a_picture_inside() -> str:
    stream = io.BytesIO()
    CODE.save(stream, kind="png", scale=5)
    inside = base64.b64encode(stream.getvalue()).decode()
    return f'<svg><image xlink:href="data:image/png;base64,{inside}"/></svg>'


@pytest.mark.parametrize("drawn", [strokes, squares, one_path, corners_with_holes, a_picture_inside])
def test_a_code_is_read_however_it_is_drawn(drawn: Callable[[], str]) -> None:
    assert vector.in_svg(drawn(), Pixels()) == (URL,)


@pytest.mark.parametrize(
    "hostile",
    [
        '<svg><path d="M12 2L2 7l10 5 10-5-10-5z"/></svg>',
        f'<svg><path d="{"M1 1h1v1h-1z" * 40_000}"/></svg>',
        '<svg><path d="M1 1 z z h v 3 4 5e999 M1e999 3 h1v1z"/><rect x="1e400"/><polygon points="1 2 3"/></svg>' * 20,
        '<svg><image href="/etc/hostname"/><rect width="0.0000001" height="0.0000001"/></svg>',
    ],
)
def test_a_hostile_drawing_shows_nothing(hostile: str) -> None:
    assert vector.in_svg(hostile, Pixels()) == ()


def test_codes_are_found_in_svg_files_in_data_addresses_and_in_the_body() -> None:
    encoded = base64.b64encode(strokes().encode()).decode()
    page = "From: a@sender.example\r\nContent-Type: text/html\r\n\r\n<p>Scan</p>"
    attached = (
        "From: a@sender.example\r\nContent-Type: image/svg+xml; name=code.svg\r\n"
        f"Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}"
    )
    for raw in (attached, f'{page}<img src="data:image/svg+xml;base64,{encoded}">', page + squares()):
        assert [link.url for link in Content(parse(raw.encode())).qr.links] == [URL]
