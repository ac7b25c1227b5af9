"""A report as PDF, A4: the name and colour of whose it is, figures, charts, lists; every page numbered."""

import io
from collections.abc import Iterator

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from lockgate.reporting.reports.charts import drawing
from lockgate.reporting.reports.content import Content, Listing
from lockgate.reporting.reports.fonts import BOLD, PLAIN, marked, register

MARGIN = 14 * mm
WIDE = A4[0] - 2 * MARGIN - 12  # points; a frame leaves six at each side
LOGO = (60 * mm, 18 * mm)  # at most
GREY = colors.HexColor("#667382")
TEXT = ParagraphStyle("text", fontName=PLAIN, fontSize=9, leading=12)
SMALL = ParagraphStyle("small", TEXT, fontSize=7.5, leading=10, textColor=GREY)
HEADING = ParagraphStyle("heading", TEXT, fontName=BOLD, fontSize=11, leading=15, spaceBefore=8)
TITLE = ParagraphStyle("title", TEXT, fontName=BOLD, fontSize=18, leading=23)
LINES = [
    ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.HexColor("#d5dae1")), ("TOPPADDING", (0, 0), (-1, -1), 2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2), ("LEFTPADDING", (0, 0), (-1, -1), 0),
]  # fmt: skip
RIGHT = ParagraphStyle("right", TEXT, alignment=2)


def pdf(content: Content) -> bytes:
    """The finished file."""
    register()
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=16 * mm,
        title=f"{content.title}: {content.organisation}", author=content.brand.name, creator="Lockgate",
    )  # fmt: skip

    def footer(canvas: Canvas, _document: object) -> None:
        canvas.setFont("Helvetica", 7)
        canvas.setFillColor(GREY)
        canvas.drawRightString(A4[0] - MARGIN, 9 * mm, f"Page {canvas.getPageNumber()}")
        canvas.setFillColor(colors.HexColor(content.brand.colour))
        canvas.rect(0, A4[1] - 4 * mm, A4[0], 4 * mm, stroke=0, fill=1)

    document.build(list(_story(content)), onFirstPage=footer, onLaterPages=footer)
    return file.getvalue()


def _story(content: Content) -> Iterator[Flowable]:
    if content.brand.logo:
        yield _logo(content.brand.logo)
    yield Paragraph(marked(content.brand.name), SMALL)
    yield Paragraph(marked(content.title), TITLE)
    yield Paragraph(marked(f"{content.organisation}, {content.days}"), TEXT)
    yield Paragraph(marked(content.made), SMALL)
    yield Spacer(0, 5 * mm)
    yield _figures(content)
    for chart in content.charts:
        yield KeepTogether([Paragraph(marked(chart.title), HEADING), drawing(chart)])
    for one in content.listings:
        yield KeepTogether([Paragraph(marked(one.title), HEADING), Paragraph(marked(one.hint), SMALL), _listing(one)])


def _figures(content: Content) -> Flowable:
    big = ParagraphStyle("big", TITLE, textColor=colors.HexColor(content.brand.colour))
    cells = [
        [Paragraph(marked(one.name), SMALL), Paragraph(marked(one.shown), big), Paragraph(marked(one.detail), SMALL)]
        for one in content.figures
    ]
    table = Table([cells], colWidths=[WIDE / len(cells)] * len(cells))
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEABOVE", (0, 0), (-1, 0), 0.5, GREY),
                    ("LINEBELOW", (0, 0), (-1, 0), 0.5, GREY), ("LEFTPADDING", (0, 0), (-1, -1), 0)])  # fmt: skip
    return table


def _listing(listing: Listing) -> Flowable:
    rows = [[Paragraph(marked(name), TEXT), Paragraph(f"{count:,}", RIGHT)] for name, count in listing.rows]
    table = Table(rows, colWidths=[WIDE - 30 * mm, 30 * mm])
    table.setStyle(LINES)
    return table


def _logo(content: bytes) -> Flowable:
    width, height = ImageReader(io.BytesIO(content)).getSize()
    scale = min(LOGO[0] / width, LOGO[1] / height, 1)
    image = Image(io.BytesIO(content), width * scale, height * scale)
    image.hAlign = "LEFT"
    return image
