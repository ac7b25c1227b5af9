"""`lockgate detectors`: the catalogue on the screen, as JSON, or as the pages of docs/detectors."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lockgate.commands.detector_replay import replay_detectors
from lockgate.commands.detector_rules import rules_app
from lockgate.commands.high_profile import high_profile
from lockgate.detection import manual
from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.detector import Detector
from lockgate.model.errors import InvalidInput

detectors_app = typer.Typer(help="What Lockgate looks for, and why.", no_args_is_help=True)
detectors_app.add_typer(rules_app, name="rules")
detectors_app.command("replay")(replay_detectors)
detectors_app.command("high-profile")(high_profile)


@detectors_app.command("list")
def list_detectors(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list.")] = False,
    markdown: Annotated[Path | None, typer.Option(help="Write one page per detector into this folder.")] = None,
) -> None:
    """All detectors with category, weight and maturity."""
    catalogue = default_catalogue()
    if markdown is not None:
        manual.write(catalogue, markdown)
        typer.echo(f"{len(catalogue.detectors)} pages in {markdown}")
    elif as_json:
        typer.echo(json.dumps([_as_json(detector) for detector in catalogue.detectors], indent=2))
    else:
        table = Table("Detector", "Category", "Weight", "Maturity", "What it finds")
        for detector in catalogue.detectors:
            weight = f"{detector.weight:+.1f}"
            table.add_row(detector.id, detector.category, weight, detector.maturity, detector.summary)
        Console().print(table)


@detectors_app.command("show")
def show_detector(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Such as link.text-differs.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """The manual page of one detector."""
    detector = default_catalogue().get(identity)
    if detector is None:
        raise InvalidInput(f"No detector is called '{identity}'; `lockgate detectors list` names them all.")
    typer.echo(json.dumps(_as_json(detector), indent=2) if as_json else manual.page(detector))


def _as_json(detector: Detector) -> dict[str, object]:
    return {
        "id": detector.id,
        "category": detector.category.value,
        "weight": detector.weight,
        "maturity": detector.maturity.value,
        "directions": sorted(direction.value for direction in detector.directions),
        "needs": [need.kind.__name__ for need in detector.needs],
        "summary": detector.summary,
        "page": detector.page,
    }
