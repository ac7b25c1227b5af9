"""`lockgate detectors replay`: what a change would have done to the last days, before it is made."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from lockgate.bootstrap.parts import Parts, new_id, open_parts
from lockgate.commands.detector_rules import read_tuning
from lockgate.commands.organisations import Organisation, only_tenant, tenant_id_of
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings
from lockgate.lookups.reputation_patterns import canonical, subject_of
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Category, Maturity
from lockgate.model.reputation import Entry, Standing
from lockgate.model.tuning import OwnRule, Tuning
from lockgate.storage.traces import TraceFilter, every
from lockgate.tuning.documents import checked, saved_tuning
from lockgate.tuning.replay import Change, Replayed, replay

Pairs = list[str] | None


def replay_detectors(
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days of the trace.")] = 7,
    weight: Annotated[Pairs, typer.Option(metavar="ID=WEIGHT", help="Another weight; may be repeated.")] = None,
    maturity: Annotated[Pairs, typer.Option(metavar="ID=MATURITY", help="Another maturity; may be repeated.")] = None,
    rule: Annotated[
        Pairs, typer.Option(metavar="CATEGORY:WEIGHT:EXPRESSION", help="One more rule, enforced; may be repeated.")
    ] = None,
    tuning: Annotated[Path | None, typer.Option(help="All of it from a file, as `rules list --json` prints.")] = None,
    block: Annotated[Pairs, typer.Option(help="As if this sender or domain were blocked; may be repeated.")] = None,
    approve: Annotated[Pairs, typer.Option(help="As if this sender were approved; may be repeated.")] = None,
    organisation: Organisation = "",
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Judge past messages again from the findings in the trace, as they would be after a change."""
    with open_parts(quiet_settings(settings)) as parts:
        tenant_id = tenant_id_of(parts, organisation) or only_tenant(parts)
        now = saved_tuning(parts.database, tenant_id)
        tried = checked(_changed(read_tuning(tuning) if tuning else now, weight, maturity, rule))
        entries = (*_entries(parts, block, Standing.BLOCKED), *_entries(parts, approve, Standing.APPROVED))
        since = parts.clock() - timedelta(days=days)
        wanted = TraceFilter(tenant_id=tenant_id, since=since)
        told = replay(every(parts.database, wanted), now, Change(tried, entries))
    if json:
        print_json(_as_json(told))
    else:
        _show(told, days)


def _changed(tuning: Tuning, weights: Pairs, maturities: Pairs, rules: Pairs) -> Tuning:
    try:
        given_weights = {name: float(value) for name, value in _split(weights)}
        given_maturities = {name: Maturity(value) for name, value in _split(maturities)}
        given_rules = tuple(_rule(number, text) for number, text in enumerate(rules or (), 1))
    except ValueError as error:
        raise InvalidInput(f"That cannot be read: {error}.") from error
    return replace(
        tuning,
        weights={**tuning.weights, **given_weights},
        maturities={**tuning.maturities, **given_maturities},
        rules=(*tuning.rules, *given_rules),
    )


def _split(pairs: Pairs) -> Sequence[tuple[str, str]]:
    found = [pair.partition("=") for pair in pairs or ()]
    wrong = next((name for name, equals, _ in found if not equals), None)
    if wrong is not None:
        raise InvalidInput(f"'{wrong}' is no pair; write ID=VALUE.")
    return [(name.strip(), value.strip()) for name, _, value in found]


def _rule(number: int, text: str) -> OwnRule:
    category, _, rest = text.partition(":")
    weight, _, expression = rest.partition(":")
    return OwnRule(f"tried-{number}", text, expression, Category(category), float(weight), Maturity.ENFORCED)


def _entries(parts: Parts, patterns: Pairs, standing: Standing) -> Sequence[Entry]:
    made: list[Entry] = []
    for pattern in patterns or ():
        subject = subject_of(pattern)
        if subject is None:
            raise InvalidInput(f"'{pattern}' is no address and no domain.")
        written = canonical(subject, pattern)
        made.append(Entry(new_id(), "", "", standing, subject, written, "", "manual", parts.clock(), ""))
    return made


def _show(told: Replayed, days: int) -> None:
    changed = sum(told.moved.values())
    typer.echo(f"{told.messages} messages of the last {days} days; {changed} would have been judged otherwise.")
    if told.moved:
        moved = sorted(told.moved.items(), key=lambda pair: -pair[1])
        print_table(("Before", "After", "Messages"), ((old, new, count) for (old, new), count in moved))
        rows = ((f"{one.received_at:%Y-%m-%d %H:%M}", one.header_from, one.subject[:60], f"{one.before} > {one.after}",
                 "; ".join(one.because)) for one in told.examples[:20])  # fmt: skip
        print_table(("When", "From", "Subject", "Verdict", "Because"), rows)
    for name, count in told.hits.items():
        typer.echo(f"{name} would have held for {count} messages.")
    for name, count in told.untold.items():
        typer.echo(f"{name} asks for what the trace does not keep, for {count} messages.")


def _as_json(told: Replayed) -> dict[str, object]:
    return {
        "messages": told.messages,
        "changed": sum(told.moved.values()),
        "moved": [{"before": old, "after": new, "messages": count} for (old, new), count in told.moved.items()],
        "rules": dict(told.hits),
        "untold": dict(told.untold),
        "examples": told.examples,
    }
