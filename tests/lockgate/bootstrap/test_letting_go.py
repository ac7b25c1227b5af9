"""Held mail goes by itself when a new entry or rule would have let it pass and its bytes agree, and only then."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lockgate.bootstrap.letting_go import let_go_later
from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.commands.app import app
from lockgate.model.custody import Held
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Finding, Verdict
from lockgate.model.lifecycle import State
from lockgate.model.reputation import Standing
from lockgate.policy.defaults import default_policies
from lockgate.settings import Settings
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.notifications import Notifications
from lockgate.storage.policies import PolicyStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.lists import Lists, Whose
from tests.contracts import records
from tests.lockgate.console.desk import NoController
from tests.lockgate.console.test_service_accounts_page import CONTOSO

ADA, SENDER = "ada@contoso.example", "tom@partner.example"
LETTER = (
    b"From: Tom <tom@partner.example>\r\nTo: ada@contoso.example\r\nSubject: Minutes of Tuesday\r\n"
    b"Message-ID: <minutes@partner.example>\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\n\r\n"
    b"Dear Ada, here are the minutes of our meeting on Tuesday. We agreed to meet again in two weeks. Regards, Tom\r\n"
)
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"  # not whole in one line of ours
PROGRAM = (
    b"From: Tom <tom@partner.example>\r\nTo: ada@contoso.example\r\nSubject: Minutes\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="minutes.com"\r\n\r\n'
    + EICAR.encode()
)


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    monkeypatch.setenv("LOCKGATE_DATA_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("LOCKGATE_PULL_BACK__MOST", "3")
    settings = Settings.model_validate({"data_directory": tmp_path, "pull_back": {"most": 3}})
    with open_parts(settings) as opened:
        with opened.database.write() as unit:
            ServiceAccounts(unit, opened.vault).add(CONTOSO, author(opened))
            for policy in default_policies(records.TENANT, Direction.INBOUND).policies:
                enabled = replace(policy, enabled=not policy.monitor_only)
                PolicyStore(unit).add(records.TENANT, enabled, author(opened))
        yield opened


def author(parts: Parts) -> Author:
    return Author("ada", parts.clock())


def hold(parts: Parts, content: bytes = LETTER, *, verdict: Verdict = Verdict.PHISHING, sender: str = SENDER,
         **about: object) -> Held:  # fmt: skip
    """A message held for what was found then: a finding of some weight, which an approved sender outweighs."""
    finding = Finding("phishing.credential-lure", Category.PHISHING, 4.5, "It asks for a password.", ())
    trace = records.a_trace(
        at=parts.clock(), header_from=sender, verdict=verdict, findings=(finding,),
        recipients=(records.a_recipient(ADA, State.QUARANTINED),),
    )  # fmt: skip
    trace = replace(trace, score=0.97)

    async def settled() -> Held:
        ledger = StoredLedger(parts.database, parts.blobs, parts.clock)
        held = records.a_held(trace, ADA, blob=await ledger.keep_content([content]))
        held = replace(held, verdict=verdict.value, reasons=(finding.detector,), **about)  # type: ignore[arg-type]
        await ledger.settle(records.held_settling(trace, held))
        await ledger.close()
        return held

    return asyncio.run(settled())


def state(parts: Parts, held: Held) -> State:
    with parts.database.read() as unit:
        item = HeldMessages(unit).get(held.id)
    assert item is not None
    return item.recipients[0].state


def choose(how: str) -> None:
    assert CliRunner().invoke(app, ["quarantine", "letting-go", how]).exit_code == 0


def approve(parts: Parts) -> None:
    lists = Lists(parts.database, lambda: "entry")
    lists.add(SENDER, Standing.APPROVED, author(parts), whose=Whose(records.TENANT))


def run(parts: Parts) -> str:
    return let_go_later(parts, NoController())


def test_what_a_new_entry_clears_goes_once_chosen_and_nothing_that_is_dangerous_or_somebody_elses_to_decide(
    parts: Parts,
) -> None:
    mistaken, stranger = hold(parts), hold(parts, sender="it@c0ntoso.example")
    dangerous = hold(parts, PROGRAM)  # the second look finds what the findings of then do not say
    malware = hold(parts, verdict=Verdict.MALWARE)
    asked, taken_back = hold(parts, asked=("boss@contoso.example",)), hold(parts, policy_id="")
    others = (stranger, dangerous, malware, asked, taken_back)
    approve(parts)
    assert run(parts) == "" and state(parts, mistaken) is State.QUARANTINED, "nobody has chosen it"
    choose("--on")
    assert run(parts) == "1 held messages let go by later verdicts"
    assert state(parts, mistaken) is State.RELEASING
    assert [state(parts, one) for one in others] == [State.QUARANTINED] * len(others)
    with parts.database.read() as unit:
        [released] = AuditLog(unit).newest(subject=mistaken.id)
    assert (released.act, released.actor, released.after) == (
        "quarantine.release", "a later verdict", {"recipients": [ADA]}
    )  # fmt: skip
    assert run(parts) == "" and run(parts) == "", "nothing is known anew"


def test_when_a_change_would_let_much_go_nothing_goes_and_administrators_are_told(parts: Parts) -> None:
    choose("--on")
    held = [hold(parts) for _ in range(4)]
    approve(parts)
    assert run(parts) == "" and {state(parts, one) for one in held} == {State.QUARANTINED}
    with parts.database.read() as unit:
        assert [one.notification.kind.value for one in Notifications(unit).newest()] == ["letting-go-stopped"]
    choose("--off")
    assert run(parts) == ""
