"""A chart as one drawing, which goes into the PDF as it is and into the page as SVG."""

from reportlab.graphics import renderSVG
from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.legends import Legend
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors

from lockgate.reporting.reports.content import Chart

WIDTH, HEIGHT = 515, 170  # points; the first is what A4 leaves between our margins
LABELS = 12  # at most so many fit below
STEPS = 4  # lines across


def drawing(chart: Chart) -> Drawing:
    """Bars one on top of the other, or side by side, with a legend above and whole numbers at the side."""
    made = Drawing(WIDTH, HEIGHT)
    bars = VerticalBarChart()
    bars.x, bars.y, bars.width, bars.height = 36, 22, WIDTH - 46, HEIGHT - 56
    bars.data = [list(one.counts) for one in chart.series]
    bars.categoryAxis.style = "stacked" if chart.stacked else "parallel"
    bars.categoryAxis.categoryNames = _thinned(chart.labels)
    bars.categoryAxis.labels.fontSize = bars.valueAxis.labels.fontSize = 7
    bars.categoryAxis.visibleTicks = 0
    bars.categoryAxis.strokeColor = bars.valueAxis.gridStrokeColor = colors.HexColor("#d5dae1")
    bars.valueAxis.visibleGrid, bars.valueAxis.visibleAxis, bars.valueAxis.visibleTicks = 1, 0, 0
    bars.valueAxis.valueMin, bars.valueAxis.valueStep = 0, _step(chart)
    bars.valueAxis.valueMax = bars.valueAxis.valueStep * STEPS
    bars.valueAxis.labelTextFormat = "%d"
    bars.groupSpacing = 4
    for number, one in enumerate(chart.series):
        bars.bars[number].fillColor = colors.HexColor(one.colour)
        bars.bars[number].strokeColor = None
    made.add(bars)
    made.add(_legend(chart))
    return made


def svg(chart: Chart) -> str:
    """The same as an `svg` element that grows with its page."""
    whole = renderSVG.drawToString(drawing(chart))
    element = whole[whole.index("<svg") :]
    opening, closed = element.split(">", 1)
    return f'{opening} role="img" aria-label="{chart.title}" style="width:100%;height:auto">{closed}'


def _legend(chart: Chart) -> Legend:
    legend = Legend()
    legend.x, legend.y, legend.boxAnchor = 36, HEIGHT - 4, "nw"
    legend.fontSize, legend.dx, legend.dy, legend.deltax = 8, 7, 7, 70
    legend.columnMaximum, legend.alignment, legend.strokeColor = 1, "right", None
    legend.colorNamePairs = [(colors.HexColor(one.colour), one.name) for one in chart.series]
    return legend


def _thinned(labels: tuple[str, ...]) -> list[str]:
    every = -(-len(labels) // LABELS)
    return [label if number % every == 0 else "" for number, label in enumerate(labels)]


def _step(chart: Chart) -> int:
    """The smallest of 1, 2, 5, 10, 20 ... of which STEPS reach above the highest bar."""
    height = sum if chart.stacked else max
    highest = max((height(counts) for counts in zip(*(one.counts for one in chart.series), strict=True)), default=0)
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * STEPS >= highest:
                return step
        size *= 10
