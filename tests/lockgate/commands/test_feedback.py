"""Feedback: a release or a report waits for approval, and only what was approved is learnt from."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.commands.app import app
from lockgate.learning.material import invented_mail
from lockgate.model.errors import InvalidInput, PermanentError
from lockgate.settings import Settings
from lockgate.storage.feedback import FeedbackStore
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.orphans import GRACE, sweep_orphans
from tests.contracts.records import a_held, a_trace, held_settling

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
CONTENT = next(iter(invented_mail())).content


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    monkeypatch.setenv("LOCKGATE_DATA_DIRECTORY", str(tmp_path / "data"))
    with open_parts(Settings(data_directory=tmp_path / "data")) as opened:
        yield opened


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result


def listed(*arguments: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run("model", "feedback", "list", "--json", *arguments).stdout)
    return found


async def hold(parts: Parts) -> str:
    ledger = StoredLedger(parts.database, parts.blobs, parts.clock)
    trace = a_trace(at=NOW)
    held = a_held(
        trace, "ada@contoso.example", blob=await ledger.keep_content([CONTENT]), expires_at=NOW + timedelta(days=30)
    )
    await ledger.settle(held_settling(trace, held))
    await ledger.close()
    return held.id


def test_a_release_of_a_false_positive_waits_for_approval_with_a_copy_of_its_message(parts: Parts) -> None:
    held_id, plain = (asyncio.run(hold(parts)) for _ in range(2))
    run("quarantine", "release", plain, "--no-wait")
    run("quarantine", "release", held_id, "--no-wait", "--false-positive")
    [waiting] = listed("--waiting")
    assert (waiting["said"], waiting["origin"], waiting["approved_by"]) == ("wanted", "release", "")
    assert listed("--approved") == []
    run("model", "feedback", "approve", str(waiting["id"]))
    [approved] = listed("--approved")
    assert approved["approved_by"]
    with parts.database.read() as unit:
        [kept] = FeedbackStore(unit).all()
    assert parts.blobs.get(kept.blob) == CONTENT
    sweep_orphans(parts.database, parts.blobs, parts.clock() + GRACE * 2)
    assert parts.blobs.get(kept.blob) == CONTENT, "a copy that a record names is no orphan"


def test_a_report_is_removed_with_its_copy(parts: Parts, tmp_path: Path) -> None:
    file = tmp_path / "report.eml"
    file.write_bytes(CONTENT)
    identity = run("model", "feedback", "add", str(file), "--unwanted").stdout.strip()
    with parts.database.read() as unit:
        [kept] = FeedbackStore(unit).all()
    assert (kept.id, kept.wanted) == (identity, False)
    run("model", "feedback", "remove", identity)
    assert listed() == []
    with pytest.raises(PermanentError):
        parts.blobs.get(kept.blob)
    again = CliRunner().invoke(app, ["model", "feedback", "approve", identity])
    assert isinstance(again.exception, InvalidInput)


def test_only_what_was_approved_is_learnt_from(parts: Parts, tmp_path: Path) -> None:
    card = tmp_path / "card.md"
    for number, one in enumerate(islice(invented_mail(5), 0, 40, 20)):
        file = tmp_path / f"{number}.eml"
        file.write_bytes(one.content)
        run("model", "feedback", "add", str(file), "--wanted")
    first, _ = listed()
    run("model", "feedback", "approve", str(first["id"]))
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "one.eml").write_bytes(next(one.content for one in invented_mail() if one.unwanted))
    given = ["--reviewed", "--no-invented", "--unwanted", str(bad), "--card", str(card)]
    run("model", "train", str(tmp_path / "own.bin"), *given)
    assert "| reviewed | the operator's own mail | 1 | 0 | 0 | 0 |" in card.read_text()
