"""`lockgate policy test`: what would become of a message, for whom and why. Nothing is sent or stored."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lockgate.bootstrap.parts import Parts
from lockgate.bootstrap.rehearsal import rehearsing
from lockgate.bootstrap.services import operator, quarantine_desk
from lockgate.commands.output import AsJson, SettingsFile, print_json, print_table, quiet_settings
from lockgate.commands.policy_changes import read_policy
from lockgate.gateway.rehearsal import Case, Rehearsal, Stage
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput, PermanentError
from lockgate.model.policy import PolicySet
from lockgate.model.trace import MessageTrace
from lockgate.quarantine.service import QuarantineService
from lockgate.storage.held_messages import HeldFilter, HeldMessages
from lockgate.storage.policies import PolicyStore
from lockgate.storage.traces import TraceFilter, Traces
from lockgate.tuning.policy_changes import existing, required_draft
from lockgate.tuning.policy_trial import Judged, Profiles, Trial, alone, tried, try_past

Row = dict[str, object]


def test(
    paths: Annotated[list[Path] | None, typer.Argument(help="Message files.")] = None,
    message: Annotated[
        list[str] | None, typer.Option(help="A message of the trace, by any of its ids; may be repeated.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Inspect it anew, if quarantine holds its bytes.")] = False,
    direction: Annotated[Direction, typer.Option(help="Which way the messages travel.")] = Direction.INBOUND,
    tenant: Annotated[str, typer.Option(help="Tenant id, if there are several organisations.")] = "",
    mail_from: Annotated[str, typer.Option(help="Envelope sender, instead of the one in Return-Path.")] = "",
    recipient: Annotated[list[str] | None, typer.Option(help="Instead of those in To and Cc; may be repeated.")] = None,
    policy: Annotated[str, typer.Option(help="Try this policy alone, by its id, instead of all in force.")] = "",
    draft: Annotated[bool, typer.Option("--draft", help="Try the draft of that policy.")] = False,
    policy_file: Annotated[Path | None, typer.Option(help="Try this policy (JSON) alone.")] = None,
    settings: SettingsFile = None,
    json: AsJson = False,
) -> None:
    """Say what would become of messages, for whom, by which policy and why. Nothing is sent or stored."""
    if not paths and not message:
        raise InvalidInput("Name a file, or a message of the trace with --message.")
    envelope = mail_from, tuple(recipient or ())
    with quarantine_desk(quiet_settings(settings)) as desk:
        policies = _policies(desk.parts, tenant, direction, policy, draft=draft, file=policy_file)
        trying = _Trying(desk.parts, desk.quarantine, policies, again, envelope)
        rows = asyncio.run(trying.all(paths or [], message or []))
    if json:
        print_json(rows)
    else:
        cells = (cell for row in rows for cell in _cells(row))
        print_table(("Message", "Verdict", "Recipient", "Outcome", "Why"), cells)
    if any("error" in row for row in rows):
        raise typer.Exit(1)


class _Trying:
    """One run of the command."""

    def __init__(
        self,
        parts: Parts,
        quarantine: QuarantineService,
        policies: PolicySet,
        again: bool,
        envelope: tuple[str, tuple[str, ...]],
    ) -> None:
        self._parts = parts
        self._quarantine = quarantine
        self._policies = policies
        self._again = again
        self._envelope = envelope

    async def all(self, paths: Sequence[Path], messages: Sequence[str]) -> list[Row]:
        """A row for each, in order; one that cannot be tried has an error."""
        async with rehearsing(self._parts) as rehearsal:
            rows = [] if self._again else [self._past(rehearsal, one) for one in messages]
            inspected = len(paths) + (len(messages) if self._again else 0)
            if not inspected:
                return rows
            async with rehearsal.stage(min(os.cpu_count() or 1, inspected)) as stage:
                profiles = rehearsal.profiles(self._policies.tenant_id)
                files = [self._file(stage, path, profiles) for path in paths]
                held = [self._held(stage, one, profiles) for one in messages] if self._again else []
                return rows + list(await asyncio.gather(*files, *held))

    async def _file(self, stage: Stage, path: Path, profiles: Profiles) -> Row:
        try:
            content = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            return {"path": str(path), "error": f"cannot be read: {error.strerror or error}"}
        return await self._examined(stage, str(path), Case(content, *self._envelope), profiles)

    async def _held(self, stage: Stage, message_id: str, profiles: Profiles) -> Row:
        try:
            trace = self._trace(message_id)
            content = await self._bytes(trace)
        except PermanentError as error:
            return {"path": message_id, "error": str(error)}
        case = Case(content, trace.mail_from, tuple(one.rcpt_to for one in trace.recipients))
        return await self._examined(stage, message_id, case, profiles)

    async def _examined(self, stage: Stage, name: str, case: Case, profiles: Profiles) -> Row:
        try:
            examined = await stage.examine(case, self._policies)
        except PermanentError as error:
            return {"path": name, "error": str(error)}
        sender = case.mail_from or examined.header_from
        about = examined.header_from, examined.subject
        return _row(name, tried(about, examined.report, examined.decisions, self._policies, sender, profiles))

    def _past(self, rehearsal: Rehearsal, message_id: str) -> Row:
        try:
            trace = self._trace(message_id)
        except PermanentError as error:
            return {"path": message_id, "error": str(error)}
        found = try_past(trace, self._policies, rehearsal.profiles(self._policies.tenant_id))
        return _row(message_id, found) if found else {"path": message_id, "error": "it was never inspected"}

    def _trace(self, message_id: str) -> MessageTrace:
        wanted = TraceFilter(message_id=message_id, tenant_id=self._policies.tenant_id)
        with self._parts.database.read() as unit:
            found = [one for one in Traces(unit).search(wanted) if one.direction is self._policies.direction]
        if not found:
            raise InvalidInput(f"there is no such {self._policies.direction} message in the trace")
        return found[0]

    async def _bytes(self, trace: MessageTrace) -> bytes:
        with self._parts.database.read() as unit:
            held = [item.held for item in HeldMessages(unit).search(HeldFilter(message_id=trace.id)) if item.held.blob]
        if not held:
            raise InvalidInput("quarantine does not hold it any more")
        return await self._quarantine.content(held[0].id, operator(self._parts.clock))


def _policies(
    parts: Parts, tenant: str, direction: Direction, policy_id: str, *, draft: bool, file: Path | None
) -> PolicySet:
    with parts.database.read() as unit:
        store = PolicyStore(unit)
        if policy_id:
            chosen = required_draft(unit, policy_id) if draft else existing(unit, policy_id)
            return alone(store.tenant_of(policy_id), chosen)
        found = {known: policies for (known, way), policies in store.all_current().items() if way is direction}
    if file is not None:
        return alone(tenant or next(iter(found), ""), read_policy(file))
    if tenant in found:
        return found[tenant]
    if tenant or len(found) != 1:
        known = ", ".join(sorted(found)) or "none; a grant makes the first ones"
        raise InvalidInput(f"Say whose policies with --tenant: {known}. Or give one with --policy-file.")
    return next(iter(found.values()))


def _row(name: str, trial: Trial) -> Row:
    report = trial.report
    return {
        "path": name,
        "verdict": report.verdict.value,
        "score": report.score,
        "findings": [{"id": one.detector, "explanation": one.explanation} for one in report.findings],
        "incomplete": [{"detector": gap.detector, "why": gap.why} for gap in report.incomplete if gap.essential],
        "decisions": [_decision(one) for one in trial.recipients],
    }


def _decision(judged: Judged) -> Row:
    one = judged.decision
    return {
        "rcpt_to": one.rcpt_to,
        "fate": one.fate.value,
        "outcome": judged.outcome,
        "explanation": one.explanation,
        "policy_id": one.policy_id,
        "policy_name": one.policy_name,
        "policy_version": one.policy_version,
        "rule": one.rule,
        "rules": [asdict(rule) for rule in judged.applied],
        "would_change": list(judged.would_change),
        "findings": list(one.reasons),
        "held_back_by_monitor_only": [kind.value for kind in one.monitored],
        "changes": {name: value for name, value in asdict(one.changes).items() if value},
        "refusal": one.refusal,
        "links": judged.links,
        "reviewers": list(one.reviewers),
    }


def _cells(row: Row) -> Iterator[tuple[object, ...]]:
    decisions = row.get("decisions")
    if not isinstance(decisions, list):
        yield row["path"], "error", "", "", row["error"]
        return
    for one in decisions:
        told = [one["explanation"], *([one["links"]] if one["links"] else [])]
        why = "\n".join([*told, *(f"- {sentence}" for sentence in one["would_change"])])
        yield row["path"], row["verdict"], one["rcpt_to"], one["outcome"], why
