"""`lockgate clicks`: search, export, and a new key for links."""

import json
from pathlib import Path

import pytest

from lockgate.bootstrap.click_time import KEY_FILE, link_keys
from lockgate.bootstrap.parts import Parts
from lockgate.model.clicks import ClickOutcome
from lockgate.model.errors import InvalidInput
from lockgate.settings import Settings
from lockgate.storage.clicks import Clicks
from tests.contracts.records import TENANT, a_click
from tests.lockgate.commands.test_held_and_traced import folder, parts, run

__all__ = ["folder", "parts"]


def test_clicks_are_found_and_exported(parts: Parts) -> None:
    reader = link_keys(parts.settings)().reader(TENANT, "ada@contoso.example")
    with parts.database.write() as unit:
        Clicks(unit).add(a_click(1, outcome=ClickOutcome.WENT_ON))
        Clicks(unit).add(a_click(2, host="other.example", rcpt_to="", reader=reader))
    found = json.loads(run("clicks", "search", "--outcome", "went-on", "--json").output)
    assert [one["id"] for one in found["clicks"]] == ["click-001"] and found["older"] == ""
    found = json.loads(run("clicks", "search", "--site", "other.example", "--json").output)
    assert [one["reader"] for one in found["clicks"]] == [reader]
    assert "Where to" in run("clicks", "search").output
    assert len(run("clicks", "export").output.splitlines()) == 3


def test_new_links_get_a_new_key_and_old_ones_go_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(run("clicks", "replace-key", status=1).exception, InvalidInput)
    monkeypatch.setenv("LOCKGATE_CLICK_TIME__PUBLIC_URL", "https://links.contoso.example")
    keys = link_keys(Settings(data_directory=folder / "data"))
    before = list(keys().keys)
    run("clicks", "replace-key")
    after = list(keys().keys)
    assert len(after) == 2 and after[1:] == before
    assert (folder / "data" / KEY_FILE).stat().st_mode & 0o077 == 0
