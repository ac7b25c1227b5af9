"""A report as one page that loads nothing: charts as SVG, the logo inside, no script."""

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lockgate.reporting.reports.charts import svg
from lockgate.reporting.reports.content import Content

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def html(content: Content) -> bytes:
    """The finished page."""
    charts = [(one, Markup(svg(one))) for one in content.charts]  # noqa: S704 - drawn by us from numbers and dates
    logo = f"data:image/png;base64,{base64.b64encode(content.brand.logo).decode()}" if content.brand.logo else ""
    return TEMPLATES.get_template("report.html").render(content=content, charts=charts, logo=logo).encode()
