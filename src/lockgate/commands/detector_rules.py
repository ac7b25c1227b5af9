"""`lockgate detectors rules`: an organisation's own signals and rules, weights and maturities."""

import json as json_module
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from lockgate.bootstrap.parts import open_parts
from lockgate.bootstrap.services import operator
from lockgate.commands.inspect import offline_facts
from lockgate.commands.inspection_processes import Task, run
from lockgate.commands.organisations import Organisation, only_tenant, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings
from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.engine import inspect
from lockgate.mime.parser import parse
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.facts import Facts
from lockgate.model.findings import Category, Maturity
from lockgate.model.tuning import OwnRule, OwnSignal, Tuning
from lockgate.tuning.documents import checked, from_document, save_tuning, saved_tuning, to_document

rules_app = typer.Typer(help="Own signals and rules, weights and maturities of detectors.", no_args_is_help=True)
RuleId = Annotated[str, typer.Argument(metavar="ID", help="The rule's id.")]


@rules_app.command("list")
def list_rules(organisation: Organisation = "", settings: SettingsFile = None, json: AsJson = False) -> None:
    """List signals and rules in force, and what is changed about the product's detectors."""
    tuning = _saved(settings, organisation)
    if json:
        print_json({"version": tuning.tuning_version, **to_document(tuning)})
        return
    rows: list[tuple[object, ...]] = [("signal", one.name, "", "", one.expression) for one in tuning.signals]
    rows += [(one.maturity, one.id, one.category, f"{one.weight:+.1f}", one.expression) for one in tuning.rules]
    rows += [("weight", name, "", f"{weight:+.1f}", "") for name, weight in sorted(tuning.weights.items())]
    rows += [("maturity", name, "", "", state) for name, state in sorted(tuning.maturities.items())]
    print_table(("Kind", "Name", "Category", "Weight", "What"), rows)


@rules_app.command()
def signal(
    name: Annotated[str, typer.Argument(help="How rules call it: signals.NAME.")],
    expression: Annotated[str, typer.Argument(help="The condition in CEL; see docs/correlation.md.")],
    description: Annotated[str, typer.Option(help="What it means.")] = "",
    organisation: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Add or replace a signal."""

    def change(tuning: Tuning) -> Tuning:
        made = OwnSignal(name, expression, description)
        if any(one.name == name for one in tuning.signals):
            return replace(tuning, signals=tuple(made if one.name == name else one for one in tuning.signals))
        return replace(tuning, signals=(*tuning.signals, made))

    _save(settings, organisation, change)


@rules_app.command()
def add(
    identity: RuleId,
    expression: Annotated[str, typer.Argument(help="The condition in CEL; see docs/correlation.md.")],
    category: Annotated[Category, typer.Option(help="What its finding speaks for.")] = Category.SPAM,
    weight: Annotated[float, typer.Option(help="In log-odds.")] = 2.0,
    maturity: Annotated[Maturity, typer.Option(help="A new rule starts in shadow.")] = Maturity.SHADOW,
    name: Annotated[str, typer.Option(help="Its name for people.")] = "",
    description: Annotated[str, typer.Option(help="What its finding says.")] = "",
    organisation: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Add or replace a rule."""
    made = OwnRule(identity, name or identity, expression, category, weight, maturity, description)

    def change(tuning: Tuning) -> Tuning:
        others = tuple(one for one in tuning.rules if one.id != identity)
        return replace(tuning, rules=(*others, made))

    _save(settings, organisation, change)


@rules_app.command()
def mature(
    identity: RuleId,
    maturity: Annotated[Maturity, typer.Argument(help="draft, shadow or enforced.")],
    organisation: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Set how far a rule, or a detector of the product, counts."""

    def change(tuning: Tuning) -> Tuning:
        if any(one.id == identity for one in tuning.rules):
            changed = (replace(one, maturity=maturity) if one.id == identity else one for one in tuning.rules)
            return replace(tuning, rules=tuple(changed))
        return replace(tuning, maturities={**tuning.maturities, identity: maturity})

    _save(settings, organisation, change)


@rules_app.command()
def weigh(
    detector: Annotated[str, typer.Argument(help="A detector of the product.")],
    weight: Annotated[float, typer.Argument(help="In log-odds.")],
    organisation: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Give a detector of the product another weight."""
    _save(settings, organisation, lambda tuning: replace(tuning, weights={**tuning.weights, detector: weight}))


@rules_app.command()
def remove(
    names: Annotated[list[str], typer.Argument(help="Ids of rules, names of signals, or changed detectors.")],
    organisation: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Take out rules and signals; detectors get their own weight and maturity back."""
    wanted = set(names)

    def change(tuning: Tuning) -> Tuning:
        return replace(
            tuning,
            rules=tuple(one for one in tuning.rules if one.id not in wanted),
            signals=tuple(one for one in tuning.signals if one.name not in wanted),
            weights={name: weight for name, weight in tuning.weights.items() if name not in wanted},
            maturities={name: state for name, state in tuning.maturities.items() if name not in wanted},
        )

    _save(settings, organisation, change)


@rules_app.command("import")
def import_rules(
    file: Annotated[Path, typer.Argument(help="JSON as `list --json` prints it.")],
    organisation: Organisation = "",
    settings: SettingsFile = None,
) -> None:
    """Replace everything by what a file says."""
    read = read_tuning(file)
    _save(settings, organisation, lambda tuning: replace(read, tuning_version=tuning.tuning_version))


@rules_app.command()
def test(
    paths: Annotated[list[Path], typer.Argument(help="Message files.")],
    file: Annotated[Path | None, typer.Option("--file", help="Try these rules (JSON) instead of those saved.")] = None,
    expression: Annotated[str, typer.Option(help="Try this one condition.")] = "",
    direction: Annotated[Direction, typer.Option(help="Which way the messages travel.")] = Direction.INBOUND,
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Say which rules hold for messages from files; drafts are tried, too. Nothing is stored."""
    tried = OwnRule("tried", "tried", expression, Category.SPAM, 0.0)
    tuning = checked(Tuning(0, rules=(tried,)) if expression else _tried(file, settings, organisation))
    shadow = replace(tuning, rules=tuple(replace(rule, maturity=Maturity.SHADOW) for rule in tuning.rules))

    def judge(content: bytes) -> dict[str, object]:
        message = parse(content)
        given = offline_facts(message, direction, frozenset())
        report = inspect(message, Facts((*given.known, shadow), given.missing), default_catalogue())
        return {
            "rules": [one.detector for one in report.shadow if one.detector.startswith("own.")],
            "not_evaluated": {gap.detector: gap.why for gap in report.incomplete if gap.detector.startswith("own.")},
            "verdict": report.verdict.value,
        }

    rows = [{"path": one.path, **one.result} for one in run([Task(str(path), None) for path in paths], judge)]
    if json:
        print_json(rows)
        return
    shown = ((row["path"], row.get("verdict", ""), row.get("rules", row.get("error", "")), row.get("not_evaluated", ""))
             for row in rows)  # fmt: skip
    print_table(("Message", "Verdict", "Rules that hold", "Not evaluated"), shown)


def read_tuning(file: Path) -> Tuning:
    """The tuning in a file. Raises InvalidInput when it cannot be read or is of no use."""
    try:
        document = json_module.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise InvalidInput(f"{file} holds no tuning; `list --json` prints one.")
    document.pop("version", None)
    return checked(from_document(document, 0))


def _tried(file: Path | None, settings: Path | None, organisation: str) -> Tuning:
    return read_tuning(file) if file else _saved(settings, organisation)


def _saved(settings: Path | None, organisation: str) -> Tuning:
    with open_parts(quiet_settings(settings)) as parts:
        return saved_tuning(parts.database, tenant_id_of(parts, organisation) or only_tenant(parts))


def _save(settings: Path | None, organisation: str, change: Callable[[Tuning], Tuning]) -> None:
    with open_parts(quiet_settings(settings)) as parts:
        tenant_id = tenant_id_of(parts, organisation) or only_tenant(parts)
        changed = change(saved_tuning(parts.database, tenant_id))
        saved = save_tuning(parts.database, tenant_id, changed, operator(parts.clock))
    typer.echo(f"Version {saved.version} is saved and in force within a second.")
