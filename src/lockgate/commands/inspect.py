"""`lockgate inspect`: judge messages in files, offline, with the parser and the detectors of the mail path.

Nothing is looked up: facts that only a running gateway has are named as not configured. A file that cannot be read or
that kills its worker gets a line with `error` and makes the exit status 1; the other files are judged all the same.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lockgate.commands.inspection_processes import Outcome, Task, run
from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.classifier import model as classifier
from lockgate.detection.engine import NOT_CONFIGURED
from lockgate.detection.engine import inspect as judge
from lockgate.mime.parser import parse
from lockgate.model.envelope import Direction
from lockgate.model.facts import Fact, Facts, MissingFact, Origin
from lockgate.model.findings import Report
from lockgate.model.message import Message
from lockgate.sender_authentication.exchange import exchange_results

STANDARD_INPUT = "-"


def inspect(
    paths: Annotated[list[str], typer.Argument(help="Message files, folders of them, or - for standard input.")],
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object per file instead of a table.")] = False,
    direction: Annotated[Direction, typer.Option(help="Which way the messages travel.")] = Direction.INBOUND,
    internal_domain: Annotated[
        list[str] | None, typer.Option("--internal-domain", metavar="DOMAIN", help="A domain of ours; may be repeated.")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="A classifier of `lockgate model train`.")] = None,
) -> None:
    """Judge messages offline and say why. Many files use all cores."""
    classifier.use(model)
    domains = frozenset(domain.lower() for domain in internal_domain or ())
    default_catalogue()  # a malformed detector should stop the command, not every single file
    outcomes = run(list(_tasks(paths)), lambda content: _judge_file(content, direction, domains))
    failed = _print_lines(outcomes) if jsonl else _print_table(outcomes)
    raise typer.Exit(1 if failed else 0)


def judge_bytes(content: bytes, direction: Direction, internal_domains: frozenset[str]) -> Report:
    """Parse and judge one message; `milliseconds` is the time both took."""
    started = time.perf_counter()
    message = parse(content)
    report = judge(message, offline_facts(message, direction, internal_domains), default_catalogue())
    return replace(report, milliseconds=round((time.perf_counter() - started) * 1000, 3))


def offline_facts(message: Message, direction: Direction, internal_domains: frozenset[str]) -> Facts:
    """What the file itself tells: its header fields stand in for the envelope, Exchange's stamps for its results."""
    origin = Origin(
        direction=direction,
        mail_from=(message.header("Return-Path") or "").strip("<> "),
        rcpt_tos=tuple(mailbox.address for mailbox in (*message.to, *message.cc) if mailbox.address),
        internal_domains=internal_domains,
    )
    stamped: tuple[Fact, ...] = tuple(fact for fact in exchange_results(message) if fact is not None)
    missing = tuple(MissingFact(name, NOT_CONFIGURED) for name in ("ProtectedIdentities", "SenderHistory"))
    return Facts((origin, *stamped), missing)


def _judge_file(content: bytes, direction: Direction, domains: frozenset[str]) -> dict[str, object]:
    report = judge_bytes(content, direction, domains)
    return {
        "verdict": report.verdict.value,
        "score": report.score,
        "findings": [
            {
                "id": finding.detector,
                "weight": finding.weight,
                "evidence": [{"where": piece.where, "excerpt": piece.excerpt} for piece in finding.evidence],
                "explanation": finding.explanation,
            }
            for finding in report.findings
        ],
        "incomplete": [
            {"detector": gap.detector, "failure": gap.failure.value, "why": gap.why, "essential": gap.essential}
            for gap in report.incomplete
        ],
        "milliseconds": report.milliseconds,
    }


def _tasks(paths: Sequence[str]) -> Iterator[Task]:
    for name in paths:
        path = Path(name)
        if name == STANDARD_INPUT:
            yield Task(name, sys.stdin.buffer.read())
        elif path.is_dir():
            yield from (Task(str(entry), None) for entry in sorted(path.rglob("*")) if entry.is_file())
        else:
            yield Task(name, None)


def _print_lines(outcomes: Iterator[Outcome]) -> int:
    failed = 0
    for outcome in outcomes:
        failed += "error" in outcome.result
        typer.echo(json.dumps({"path": outcome.path, **outcome.result}, ensure_ascii=False))
    return failed


def _print_table(outcomes: Iterator[Outcome]) -> int:
    table = Table("Message", "Verdict", "Score", "Why", show_lines=True)
    failed = 0
    for outcome in outcomes:
        result = outcome.result
        if "error" in result:
            failed += 1
            table.add_row(outcome.path, "[red]error", "", str(result["error"]))
            continue
        findings, gaps = result["findings"], result["incomplete"]
        assert isinstance(findings, list)  # noqa: S101 - narrows for the type checker
        assert isinstance(gaps, list)  # noqa: S101 - narrows for the type checker
        reasons = [f"{item['weight']:+.1f} {item['explanation']} [dim]{item['id']}[/dim]" for item in findings]
        reasons += [f"[yellow]incomplete: {gap['detector']}: {gap['why']}" for gap in gaps if gap["essential"]]
        table.add_row(outcome.path, str(result["verdict"]), f"{result['score']:.2f}", "\n".join(reasons))
    Console().print(table)
    return failed
