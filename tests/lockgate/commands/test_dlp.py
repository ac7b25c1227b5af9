"""`lockgate dlp` as a script calls it: what ships, an organisation's own rules, and what they find in files."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lockgate.bootstrap.parts import open_parts
from lockgate.commands.app import app
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.model.tenant import Protection
from lockgate.settings import Settings
from lockgate.storage.audit import Author
from lockgate.storage.service_accounts import ServiceAccounts

NOW = datetime(2026, 11, 28, tzinfo=UTC)
LETTER = "From: Ann <ann@contoso.example>\nTo: x@outside.example\nSubject: the plan\n\n{}\n"
OWN = '[[template]]\nid = "own.plan"\nname = "Plan"\nways = [["own.plan"]]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOCKGATE_DATA_DIRECTORY", str(tmp_path / "data"))
    return tmp_path


def run(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(app, ("dlp", *arguments))
    assert result.exit_code == status, (result.output, result.exception)
    return result


def cases(*arguments: str) -> set[str]:
    return {row["template"] for row in json.loads(run("test", *arguments, "--json").stdout)}


def test_what_ships_is_listed_and_found(folder: Path) -> None:
    letter = folder / "letter.eml"
    letter.write_text(LETTER.format("My card is visa 4111 1111 1111 1111."))
    assert "pci-dss" in {row["id"] for row in json.loads(run("list", "--json").stdout)}
    assert "de.idnr" in {row["id"] for row in json.loads(run("identifiers", "--json").stdout)}
    [row] = json.loads(run("test", str(letter), "--json").stdout)
    assert row["template"] == "pci-dss" and "411111******1111" in row["found"]
    assert "4111 1111 1111 1111" not in run("test", str(letter)).stdout


def test_a_fingerprint_becomes_an_organisations_rule(folder: Path) -> None:
    plan = " ".join(f"step {number} moves the lock gate by hand" for number in range(60))
    (folder / "plan.txt").write_text(plan)
    table = run("fingerprint", str(folder / "plan.txt"), "--id", "own.plan", "--name", "Plan").stdout
    rules, letter = folder / "rules.toml", folder / "letter.eml"
    rules.write_text(f"{table}\n{OWN}")
    letter.write_text(LETTER.format(plan[:900]))
    assert not cases(str(letter))
    assert cases(str(letter), "--rules-file", str(rules)) == {"own.plan"}

    with pytest.raises(InvalidInput, match="a grant makes the first one"):
        CliRunner().invoke(app, ("dlp", "import", str(rules)), catch_exceptions=False)
    account = ServiceAccount(
        "a1", "t1", "Contoso", AccountStatus.ACTIVE, {Direction.OUTBOUND: Protection.LIVE}, False, NOW, "ann"
    )
    with open_parts(Settings(data_directory=folder / "data")) as parts, parts.database.write() as unit:
        ServiceAccounts(unit, parts.vault).add(account, Author("ann", NOW))
    assert "Version 1" in run("import", str(rules)).stdout
    assert cases(str(letter)) == {"own.plan"}
    assert run("export").stdout == rules.read_text()
