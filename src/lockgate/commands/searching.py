"""Options that searches at the command line share: a day, a direction, an address, words of the subject."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from lockgate.commands.output import print_json, print_table, remark
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.reporting.facets import Facets

Since = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="From this day or moment on, UTC.")
]
Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Up to this day (included) or moment, UTC."),
]
Which = Annotated[Direction | None, typer.Option("--direction", help="Which way.")]
Address = Annotated[str, typer.Option(help="Sender, author or recipient; a part is enough.")]
Words = Annotated[str, typer.Option(help="Words of the subject.")]
WithVerdict = Annotated[Verdict | None, typer.Option("--verdict", help="What was thought of it.")]
InState = Annotated[State | None, typer.Option("--state", help="What became of it for some recipient.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Most rows.")]
Counted = Annotated[bool, typer.Option("--facets", help="Count what is found by its fields, instead of listing it.")]
Older = Annotated[str, typer.Option("--older", help="The next page: what the page before printed.")]


def beginning(moment: datetime | None) -> datetime | None:
    """As a moment in UTC."""
    return moment.replace(tzinfo=UTC) if moment else None


def end(moment: datetime | None) -> datetime | None:
    """The first moment that does not count any more: a day counts as a whole."""
    if moment is None:
        return None
    is_day = moment.hour == moment.minute == moment.second == 0
    return moment.replace(tzinfo=UTC) + (timedelta(days=1) if is_day else timedelta(0))


def written(moment: datetime | None) -> str:
    """As the fields of a page have it: a day, or a moment; empty for none."""
    if moment is None:
        return ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}" if any((moment.hour, moment.minute, moment.second)) else f"{moment:%Y-%m-%d}"


def print_facets(counted: Facets, *, as_json: bool) -> None:
    """How many rows have each value of a field; the values of a field follow each other."""
    if as_json:
        print_json(counted)
        return
    rows = ((one.field, value.value, value.count) for one in counted.facets for value in one.values)
    print_table(("Field", "Value", "Rows"), rows)
    if counted.cut:
        remark(f"Counted over the newest {counted.rows:,} that match.")
