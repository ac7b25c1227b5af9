"""Sends every message of the demo, waits for their fates and compares them with what was expected."""

import json
import time
from dataclasses import replace
from pathlib import Path

from lockgate.bootstrap.parts import Parts
from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.storage.audit import Author
from lockgate.storage.policies import PolicyStore
from lockgate.storage.traces import TraceFilter, every
from tools.demo.messages import DemoMessage
from tools.demo.messages.delivery import Copy, mistakes, observe, send
from tools.demo.policies import demo_policies
from tools.demo.processes import threading_pause
from tools.demo.tenant import SimulatedTenant

SECONDS = 150.0
CONTOSO = "3f0c1b6e-5a5d-4c51-9a0e-6d1f0f6a1c01"
Row = dict[str, object]


def install_policies(parts: Parts) -> None:
    """Put the demo's policies in force, in place of the default ones."""
    author = Author("demo", system_clock())
    for direction in Direction:
        with parts.database.write() as unit:
            store = PolicyStore(unit)
            for policy in store.current(CONTOSO, direction).policies:
                store.set_enabled(policy.id, False, author)
            for policy in demo_policies(direction):
                store.add(CONTOSO, replace(policy, id=f"demo-{policy.id}"), author)


def run(parts: Parts, tenant: SimulatedTenant, messages: tuple[DemoMessage, ...]) -> list[Row]:
    """Send all and wait until every fate is as expected or time is up; one row per message and recipient."""
    sent: dict[str, float] = {}
    for message in messages:
        sent[message.name] = time.monotonic()
        send(message, lambda path, body: tenant.control("POST", path, body), tenant.addresses["submission"], tenant.ca)
    settled: dict[tuple[str, str], float] = {}
    pause = threading_pause()
    deadline = time.monotonic() + SECONDS
    while True:
        rows = _rows(parts, tenant, messages)
        now = time.monotonic()
        for row in rows:
            key = (str(row["message"]), str(row["recipient"]))
            if not row["mistakes"]:
                settled.setdefault(key, now)
            row["seconds"] = round(settled.get(key, now) - sent[key[0]], 2)
        if all(not row["mistakes"] for row in rows) or now > deadline:
            return rows
        pause(0.5)


def write(rows: list[Row], file: Path) -> None:
    """The outcomes for programs."""
    file.write_text(json.dumps(rows, indent=1, ensure_ascii=False))


def _rows(parts: Parts, tenant: SimulatedTenant, messages: tuple[DemoMessage, ...]) -> list[Row]:
    states = {
        (trace.internet_message_id.strip("<>"), one.rcpt_to.lower()): (one.state, one.explanation)
        for trace in every(parts.database, TraceFilter(tenant_id=CONTOSO))
        for one in trace.recipients
    }
    inside = {one for message in messages for one in message.rcpt_tos if one.endswith("@contoso.example")}
    copies = tenant.copies(inside)
    return [row for message in messages for row in _of(message, states, copies)]


def _of(message: DemoMessage, states: dict[tuple[str, str], tuple[State, str]], copies: list[Copy]) -> list[Row]:
    mine = [copy for copy in copies if message.is_copy(copy.content)]
    rows: list[Row] = []
    for expected in message.expected:
        key = (message.internet_message_id.decode().strip("<>"), expected.recipient)
        state, explanation = states.get(key, (None, ""))
        observed = observe(message, expected, mine, state, explanation)
        rows.append(
            {
                "message": message.name,
                "direction": message.direction.value,
                "recipient": expected.recipient,
                "expected": expected.outcome.value,
                "outcome": state.value if state else "",
                "folder": observed.folder,
                "reason": explanation,
                "bytes_unchanged": bool(observed.unchanged),
                "mistakes": mistakes(expected, observed, mine),
            }
        )
    return rows
