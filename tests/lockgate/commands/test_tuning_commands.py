"""`lockgate detectors rules`, `detectors replay` and `reputation` over a real database, as a script calls them."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lockgate.bootstrap.parts import open_parts
from lockgate.commands.app import app
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Category, Evidence, Finding, Verdict
from lockgate.model.settling import Settling
from lockgate.settings import Settings
from lockgate.storage.ledger import StoredLedger
from tests.contracts.records import a_trace

LETTER = b"From: Ada <ada@sender.example>\r\nTo: tom@contoso.com\r\nSubject: Webinar on Friday\r\n\r\nCome.\r\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOCKGATE_DATA_DIRECTORY", str(tmp_path / "data"))
    return tmp_path


def run(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == status, (result.output, result.exception)
    return result


def test_rules_are_added_tried_and_removed(folder: Path) -> None:
    letter = folder / "a.eml"
    letter.write_bytes(LETTER)
    run("detectors", "rules", "signal", "webinar", "message.subject.contains('Webinar')")
    run("detectors", "rules", "add", "no-webinars", "signals.webinar && !sender.known", "--weight", "4")
    listed = json.loads(run("detectors", "rules", "list", "--json").output)
    assert (listed["version"], listed["rules"][0]["maturity"]) == (2, "shadow")
    tested = json.loads(run("detectors", "rules", "test", str(letter), "--json").output)
    assert tested[0]["rules"] == ["own.no-webinars"]
    run("detectors", "rules", "mature", "no-webinars", "enforced")
    run("detectors", "rules", "weigh", "link.free-host", "0.5")
    saved = folder / "tuning.json"
    saved.write_text(run("detectors", "rules", "list", "--json").output)
    run("detectors", "rules", "remove", "no-webinars", "webinar", "link.free-host")
    assert json.loads(run("detectors", "rules", "list", "--json").output)["rules"] == []
    run("detectors", "rules", "import", str(saved))
    again = json.loads(run("detectors", "rules", "list", "--json").output)
    assert (again["weights"], again["rules"][0]["maturity"]) == ({"link.free-host": 0.5}, "enforced")
    with pytest.raises(InvalidInput, match="not there"):
        CliRunner().invoke(app, ["detectors", "rules", "add", "x", "no.such == 1"], catch_exceptions=False)


def test_replay_tells_what_would_have_become_of_past_mail(folder: Path) -> None:
    with open_parts(Settings(data_directory=folder / "data")) as parts:
        signs = (Finding("link.free-host", Category.PHISHING, 1.2, "a free page", (Evidence("link 1", "x"),)),)
        trace = a_trace(at=parts.clock(), tenant_id="", verdict=Verdict.CLEAN, findings=signs)

        async def keep() -> None:
            ledger = StoredLedger(parts.database, parts.blobs, parts.clock)
            await ledger.settle(Settling(trace))
            await ledger.close()

        asyncio.run(keep())
    told = json.loads(run("detectors", "replay", "--weight", "link.free-host=6", "--json").output)
    assert (told["messages"], told["changed"], told["moved"][0]["after"]) == (1, 1, "phishing")
    same = json.loads(run("detectors", "replay", "--json").output)
    assert same["changed"] == 0
    shown = run("detectors", "replay", "--rule", "spam:9:'link.free-host' in findings").output
    assert "1 would have been judged otherwise" in shown


def test_lists_are_kept_by_hand_and_from_feeds(folder: Path) -> None:
    feed = folder / "feed.txt"
    feed.write_text("one.example\nhttps://pages.example/kit/login\n*@*\n")
    assert "sender *@bad.example" in run("reputation", "add", "blocked", "*@bad.example", "--days", "9").output
    told = json.loads(run("reputation", "import", str(feed), "--source", "town", "--json").output)
    assert (told["entries"], told["skipped"]) == (2, 1)
    listed = json.loads(run("reputation", "list", "--json").output)
    assert [one["pattern"] for one in listed] == ["*@bad.example", "one.example", "pages.example/kit/login"]
    run("reputation", "remove", listed[0]["id"])
    run("reputation", "remove", listed[0]["id"], status=1)
    assert len(json.loads(run("reputation", "list", "--json").output)) == 2
