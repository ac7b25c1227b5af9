"""`lockgate trace`, `quarantine` and `policy` over a real database, as a script calls them."""

import asyncio
import csv
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pyzipper
from typer.testing import CliRunner, Result

from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.commands.app import app
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.lifecycle import State
from lockgate.policy.defaults import default_policies
from lockgate.settings import Settings
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.policies import PolicyStore
from lockgate.storage.service_accounts import ServiceAccounts
from tests.contracts.records import TENANT, a_held, a_trace, held_settling
from tests.lockgate.console.test_service_accounts_page import CONTOSO

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
CONTENT = b"From: a@evil.example\r\nSubject: x\r\n\r\nbody\r\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOCKGATE_DATA_DIRECTORY", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def parts(folder: Path) -> Iterator[Parts]:
    with open_parts(Settings(data_directory=folder / "data")) as opened:
        yield opened


def run(*arguments: str, status: int = 0, answer: str = "") -> Result:
    result = CliRunner().invoke(app, arguments, input=answer)
    assert result.exit_code == status, (result.output, result.exception)
    return result


def hold(parts: Parts, *recipients: str) -> tuple[str, str]:
    """A message in quarantine: the ids of the held message and of its trace."""
    return asyncio.run(_hold(parts, *recipients))


async def _hold(parts: Parts, *recipients: str) -> tuple[str, str]:
    ledger = StoredLedger(parts.database, parts.blobs, parts.clock)
    trace = a_trace(at=NOW, subject="Überweisung [bold]dringend")
    held = a_held(trace, *recipients, blob=await ledger.keep_content([CONTENT]), expires_at=NOW + timedelta(days=30))
    await ledger.settle(held_settling(trace, held))
    await ledger.close()
    return held.id, trace.id


def test_the_trace_is_searched_shown_and_exported(parts: Parts) -> None:
    _, trace_id = hold(parts)
    found = json.loads(run("trace", "search", "--words", "überweisung", "--json").stdout)
    assert [one["id"] for one in found["messages"]] == [trace_id] and found["older"] == ""
    assert json.loads(run("trace", "search", "--until", "2026-11-23", "--json").stdout)["messages"] == []
    assert json.loads(run("trace", "search", "--until", "2026-11-24", "--json").stdout)["messages"]
    assert "[bold]" in run("trace", "show", trace_id).stdout
    assert "links.text-differs" in run("trace", "show", trace_id).stdout
    [row] = csv.DictReader(io.StringIO(run("trace", "export").stdout))
    assert row["subject"] == "Überweisung [bold]dringend"
    assert json.loads(run("trace", "export", "--form", "jsonl").stdout)["id"] == trace_id
    facets = json.loads(run("trace", "search", "--facets", "--json").stdout)
    assert {"field": "direction", "values": [{"value": "inbound", "count": 1}], "others": 0} in facets["facets"]
    missing = CliRunner().invoke(app, ["trace", "show", "unknown"])
    assert isinstance(missing.exception, InvalidInput)


def test_a_held_message_is_shown_taken_and_deleted_under_the_operators_name(parts: Parts, folder: Path) -> None:
    held_id, _ = hold(parts, "ada@contoso.example", "bob@contoso.example")
    [listed] = json.loads(run("quarantine", "list", "--json").stdout)["messages"]
    assert listed["id"] == held_id and listed["content_kept"]
    copy = folder / "message.eml"
    run("quarantine", "export", held_id, "--to", str(copy))
    assert copy.read_bytes() == CONTENT
    refused = CliRunner().invoke(app, ["quarantine", "export", held_id, "--to", str(copy)])
    assert isinstance(refused.exception, InvalidInput), "no file is overwritten"

    run("quarantine", "delete", held_id, status=1, answer="n\n")
    run("quarantine", "delete", held_id, "--recipient", "ada@contoso.example", "--yes")
    shown = json.loads(run("quarantine", "show", held_id, "--json").stdout)
    states = {one["rcpt_to"]: one["state"] for one in shown["recipients"]}
    assert states == {"ada@contoso.example": State.DELETED, "bob@contoso.example": State.QUARANTINED}
    with parts.database.read() as unit:
        entries = AuditLog(unit).newest(subject=held_id)
    assert [entry.act for entry in entries] == ["quarantine.delete", "quarantine.read-source"]
    assert all(entry.actor.endswith("(command line)") for entry in entries)


def test_several_are_taken_in_a_locked_archive_and_a_sender_is_blocked(parts: Parts, folder: Path) -> None:
    ids = [hold(parts, "ada@contoso.example")[0] for _ in range(2)]
    refused = CliRunner().invoke(app, ["quarantine", "export", *ids])
    assert isinstance(refused.exception, InvalidInput), "several need an archive"
    archive = folder / "messages.zip"
    run("quarantine", "export", *ids, "--locked", "--to", str(archive), answer="Quiet-harbour-7\nQuiet-harbour-7\n")
    with pyzipper.AESZipFile(archive) as file:
        assert {one.filename: file.read(one, b"Quiet-harbour-7") for one in file.infolist()} == {
            f"{one}.eml": CONTENT for one in ids
        }
    told = run("quarantine", "block-sender", ids[0]).stdout
    [entry] = json.loads(run("reputation", "list", "--json").stdout)
    assert told.startswith(entry["pattern"]) and entry["standing"] == "blocked"
    run("quarantine", "delete", ids[0], "--yes")
    [ended] = json.loads(run("quarantine", "show", ids[0], "--json").stdout)["ended"]
    assert ended["gone"] and ended["sha256"] == hashlib.sha256(CONTENT).hexdigest()


def test_how_long_mail_is_held_is_set_by_reason(parts: Parts) -> None:
    with parts.database.write() as unit:
        ServiceAccounts(unit, parts.vault).add(CONTOSO, Author("tester", NOW))
    held_id, _ = hold(parts)  # for phishing
    run("quarantine", "retention", "--days", "10", "--reason", "phishing=5000", status=1)
    run("quarantine", "retention", "--days", "10", "--reason", "phishing=200", "--held-too")
    kept = json.loads(run("quarantine", "retention", "--reason", "malware=90", "--reason", "spam=0", "--json").stdout)
    assert (kept["malware"], kept["phishing"], kept["spam"]) == (90, 200, 10)
    shown = json.loads(run("quarantine", "show", held_id, "--json").stdout)
    assert datetime.fromisoformat(shown["expires_at"]) == NOW + timedelta(days=200)
    run("quarantine", "retention", "--reason", "phishing=1", "--held-too")
    shown = json.loads(run("quarantine", "show", held_id, "--json").stdout)
    left = datetime.fromisoformat(shown["expires_at"]) - parts.clock()
    assert timedelta(hours=23) < left <= timedelta(days=1), "a day's notice"


def test_every_list_is_searched_counted_and_exported_by_the_fields_of_its_page(parts: Parts) -> None:
    held_id, trace_id = hold(parts, "ada@contoso.example", "ben@contoso.example")
    [held] = json.loads(run("logs", "search", "quarantine", "--where", "address=ben@contoso.example", "--json").stdout)
    assert held["id"] == held_id
    assert "[bold]" in run("logs", "search", "trace", "--where", "since=2026-11-24").stdout
    [found] = json.loads(run("logs", "search", "trace", "--where", "until=2026-11-24T09:00:01", "--json").stdout)
    assert found["id"] == trace_id
    counted = run("quarantine", "list", "--facets").stdout
    assert "ben@contoso.example" in counted and "quarantined" in counted
    rows = list(csv.DictReader(io.StringIO(run("logs", "export", "quarantine").stdout)))
    assert [row["rcpt_to"] for row in rows] == ["ada@contoso.example", "ben@contoso.example"]
    [noted] = json.loads(run("logs", "search", "audit", "--where", "act=export.", "--json").stdout)
    assert noted["act"] == "export.quarantine" and noted["actor"].endswith("(command line)")
    assert json.loads(run("logs", "export", "trace", "--form", "jsonl").stdout)["id"] == trace_id
    assert json.loads(run("logs", "search", "data-loss", "--facets", "--json").stdout)["rows"] == 0
    run("logs", "save", "trace", "Invoices", "--where", "words=überweisung")
    run("logs", "save", "trace", "Other", "--where", "words=nothing", "--share", "*")
    [saved] = json.loads(run("logs", "search", "trace", "--saved", "invoices", "--json").stdout)
    assert saved["id"] == trace_id
    narrowed = ("logs", "search", "trace", "--saved", "Invoices", "--where", "verdict=clean", "--json")
    assert json.loads(run(*narrowed).stdout) == []
    run("logs", "forget", "trace", "other")
    assert [one["name"] for one in json.loads(run("logs", "saved", "--json").stdout)] == ["Invoices"]
    unknown = CliRunner().invoke(app, ["logs", "export", "trace", "--saved", "other"])
    assert isinstance(unknown.exception, InvalidInput) and "Invoices" in str(unknown.exception)
    for wrong in ("strange=1", "verdict", "verdict=odd"):
        refused = CliRunner().invoke(app, ["logs", "export", "trace", "--where", wrong])
        assert isinstance(refused.exception, InvalidInput), wrong


def test_a_release_is_begun_and_kept_for_a_controller(parts: Parts) -> None:
    held_id, _ = hold(parts, "ada@contoso.example")
    released = json.loads(run("quarantine", "release", held_id, "--no-wait", "--json").stdout)
    assert released["recipients"][0]["state"] == State.RELEASING
    again = CliRunner().invoke(app, ["quarantine", "release", held_id, "--no-wait"])
    assert isinstance(again.exception, InvalidInput)


def test_a_policy_is_listed_shown_and_tried_on_a_file(
    parts: Parts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = default_policies(TENANT, Direction.INBOUND).policies
    with parts.database.write() as unit:
        for one in policies:
            PolicyStore(unit).add(TENANT, one, Author("tester", NOW))
    listed = json.loads(run("policy", "list", "--json").stdout)
    assert {one["id"] for one in listed} == {one.id for one in policies}
    shown = run("policy", "show", policies[0].id).stdout

    message = folder / "eicar.eml"
    eicar = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    message.write_bytes(
        b"From: a@evil.example\r\nTo: ada@contoso.example\r\nSubject: file\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="a.com"\r\n\r\n'
        + eicar.encode()
    )
    own = folder / "policy.json"
    document = json.loads(shown)
    own.write_text(json.dumps({**document, "enabled": True, "monitor_only": False}))
    [judged] = json.loads(run("policy", "test", str(message), "--policy-file", str(own), "--json").stdout)
    assert judged["verdict"] == "malware"
    [decision] = judged["decisions"]
    assert decision["rcpt_to"] == "ada@contoso.example" and decision["fate"] == "quarantine"
    assert decision["policy_name"] == document["name"] and decision["explanation"]

    _, message_id = hold(parts, "ada@contoso.example")
    [past, unknown] = json.loads(
        run("policy", "test", "--message", message_id, "--message", "none", "--json", status=1).stdout
    )
    assert past["decisions"][0]["rules"][0]["rule"] == "Phishing"
    assert "Without rule 'Phishing': move to junk." in past["decisions"][0]["would_change"]
    assert unknown == {"path": "none", "error": "there is no such inbound message in the trace"}

    linked = folder / "linked.eml"
    linked.write_bytes(
        b"From: a@sender.example\r\nTo: ada@contoso.example\r\nSubject: read\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: text/html\r\n\r\n<p><a href="https://pages.example/a">here</a> and <a href="https://b.example">b</a>'
    )
    monkeypatch.setenv("LOCKGATE_CLICK_TIME__PUBLIC_URL", "https://links.contoso.example/go")
    wanted = {"links": "all", "plain_text": False, "except_domains": ["b.example"]}
    own.write_text(json.dumps({**document, "enabled": True, "monitor_only": False, "click_time": wanted}))
    [judged] = json.loads(run("policy", "test", str(linked), "--policy-file", str(own), "--json").stdout)
    [decision] = judged["decisions"]
    assert "Links judged again when followed: 1, to pages.example." in decision["explanation"]
    assert decision["links"] == "Judged again when they are followed: all links, except to b.example."

    own.write_text(json.dumps({**document, "rulez": []}))
    wrong = CliRunner().invoke(app, ["policy", "test", str(message), "--policy-file", str(own)])
    assert isinstance(wrong.exception, InvalidInput)


def test_a_policy_is_changed_compared_and_rolled_back(parts: Parts, folder: Path) -> None:
    policies = default_policies(TENANT, Direction.INBOUND).policies
    with parts.database.write() as unit:
        for one in policies:
            PolicyStore(unit).add(TENANT, one, Author("tester", NOW))
    identity, other = (one.id for one in policies)
    file = folder / "policy.json"
    written = json.loads(run("policy", "show", identity).stdout)
    file.write_text(json.dumps(written | {"name": "Ours"}))
    run("policy", "save", str(file), "--draft")
    assert json.loads(run("policy", "show", identity).stdout) == written
    [differs] = json.loads(run("policy", "diff", identity, "1", "--draft", "--json").stdout)
    assert differs == {"place": "Name", "before": written["name"], "after": "Ours"}
    told = run("policy", "publish", identity)
    assert told.stdout.strip() == identity and "as version 2" in told.stderr
    hold(parts, "ada@contoso.example")
    file.write_text(json.dumps(written | {"monitor_only": True}))
    arguments = ("--policy-file", str(file), "--days", "365", "--json")
    replayed = json.loads(run("policy", "replay", identity, *arguments).stdout)
    assert replayed["moved"] == [{"before": "quarantine", "after": "pass", "recipients": 1}]
    assert replayed["rows"][0]["rcpt_to"] == "ada@contoso.example"
    assert json.loads(run("policy", "replay", identity, "--json", "--days", "365").stdout)["changed"] == 0
    run("policy", "move", other, "1")
    hidden = run("policy", "enable", other)
    assert "switched on" in hidden.stderr
    run("policy", "rollback", identity, "1")
    history = json.loads(run("policy", "versions", identity, "--json").stdout)
    assert (history[0]["version"], history[0]["name"]) == (4, written["name"])
    copied = run("policy", "copy", identity, "--name", "Copy").stdout.strip()
    run("policy", "delete", copied)
    listed = json.loads(run("policy", "list", "--json").stdout)
    assert [one["id"] for one in listed] == [other, identity]
    with parts.database.read() as unit:
        acts = {entry.act: entry.actor for entry in AuditLog(unit).newest()}
    assert {"policy.draft", "policy.save", "policy.roll-back", "policy.add", "policy.delete"} <= set(acts)
    assert acts["policy.roll-back"].endswith("(command line)")


def test_high_profile_people_are_printed_and_replaced(parts: Parts, folder: Path) -> None:
    file = folder / "people.json"
    written = {
        "by_title": False,
        "people": [{"display_name": "Robert King", "addresses": ["robert@contoso.example"]}],
        "exceptions": [],
        "domains": ["partner.example"],
    }
    file.write_text(json.dumps(written))
    run("detectors", "high-profile", "--file", str(file))
    assert json.loads(run("detectors", "high-profile", "--json").stdout) == {**written, "everybody": False}
    assert "Robert King <robert@contoso.example>" in run("detectors", "high-profile").stdout
    file.write_text("{}x")
    assert isinstance(
        CliRunner().invoke(app, ["detectors", "high-profile", "--file", str(file)]).exception, InvalidInput
    )
