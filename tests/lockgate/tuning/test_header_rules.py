"""Header rules: what is wrong with them is said, they are replaced at the command line, and mail meets them at once."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lockgate.bootstrap.knowledge import own_knowledge
from lockgate.bootstrap.parts import open_parts
from lockgate.commands.app import app
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.header_rules import HeaderRule, HeaderRules, HeaderStanding
from lockgate.policy.defaults import default_policies
from lockgate.settings import Settings
from lockgate.storage.audit import Author
from lockgate.storage.policies import PolicyStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.header_rules import HEADER_RULES, as_lines, checked, fields_from, remarks
from tests.lockgate.console.test_service_accounts_page import CONTOSO

EXERCISE = HeaderRule(
    "Exercise", HeaderStanding.SIMULATION, fields_from("X-Exercise equals 7f3a91c2"), ("192.0.2.0/24",),
    ("exercises.example",),
)  # fmt: skip
LURE = b"""X-Forefront-Antispam-Report: CIP:192.0.2.7;CTRY:DE;SCL:1;SFV:NSPM;CAT:NONE;
From: "Microsoft account team" <security@exercises.example>
To: ada@contoso.example
Subject: Your password expires today
X-Exercise: 7f3a91c2
MIME-Version: 1.0
Content-Type: text/html

<p>Your mailbox will be suspended. Verify your password within 24 hours:
<a href="http://203.0.113.9/login">https://login.microsoftonline.com/</a></p>
""".replace(b";\nFrom", b";\r\nFrom")


def test_fields_are_lines() -> None:
    text = "X-Partner equals Key: 7f 3a\nSubject contains promotion\nX-Mailer expression (?i)^mass"
    assert as_lines(fields_from(f"\n {text}\n")) == text
    assert fields_from("X-Partner: EQUALS 1") == fields_from("X-Partner equals 1")
    for wrong in ("X-Partner", "X-Partner is 1", "X-Partner equals"):
        with pytest.raises(InvalidInput, match="is no field"):
            fields_from(wrong)


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ([replace(EXERCISE, networks=())], "Name the networks and the domains"),
        ([replace(EXERCISE, domains=())], "Name the networks and the domains"),
        ([replace(EXERCISE, networks=("10.0.0.0/8",))], "too wide to vouch for anybody"),
        ([replace(EXERCISE, networks=("mail.example",))], "is not a network"),
        ([replace(EXERCISE, policy_id="p")], "choose all policies"),
        ([replace(EXERCISE, standing=HeaderStanding.APPROVED, with_files=True)], "Only simulations come with malware"),
        ([replace(EXERCISE, fields=())], "Name one to 10 header fields"),
        ([replace(EXERCISE, fields=fields_from("X-Mailer expression ("))], "cannot be read"),
        ([replace(EXERCISE, fields=fields_from("X-Mailer expression .*"))], "matches an empty text"),
        ([EXERCISE, EXERCISE], "Two rules are called"),
        ([replace(EXERCISE, expires_at=datetime(2026, 12, 31))], "in which time zone"),  # noqa: DTZ001 - the mistake
    ],
)
def test_what_is_wrong_is_said(rules: list[HeaderRule], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        checked(HeaderRules(tuple(rules)))


def test_what_anybody_can_write_is_remarked_upon() -> None:
    approved = replace(EXERCISE, standing=HeaderStanding.APPROVED)
    assert remarks(approved) == remarks(EXERCISE) == ()
    [spoofed] = remarks(replace(approved, networks=(), domains=()))
    assert "Anybody who knows field and value" in spoofed and "counts half" in spoofed
    assert "lets malware and blocked files through" in remarks(replace(EXERCISE, with_files=True))[0]


def test_an_exercise_is_let_through_from_its_network_alone_once_its_rule_is_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKGATE_DATA_DIRECTORY", str(tmp_path / "data"))
    with open_parts(Settings(data_directory=tmp_path / "data")) as parts:
        author = Author("ada", parts.clock())
        with parts.database.write() as unit:
            ServiceAccounts(unit, parts.vault).add(CONTOSO, author)
            for one in default_policies(CONTOSO.tenant_id, Direction.INBOUND).policies:
                PolicyStore(unit).add(CONTOSO.tenant_id, one, author)
        ours, forged, file = tmp_path / "ours.eml", tmp_path / "forged.eml", tmp_path / "rules.json"
        ours.write_bytes(LURE)
        forged.write_bytes(LURE.replace(b"CIP:192.0.2.7", b"CIP:198.51.100.7"))
        assert tried(ours, forged) == [("quarantine", False), ("quarantine", False)]
        gone = replace(EXERCISE, name="Last year's", expires_at=parts.clock() - timedelta(days=1))
        file.write_bytes(HEADER_RULES.dump_json(HeaderRules((EXERCISE, gone))))
        run("policy", "header-rules", "--file", str(file))
        assert tried(ours, forged) == [("pass", True), ("quarantine", False)]
        assert len(json.loads(run("policy", "header-rules", "--json").stdout)["header_rules"]) == 2
        assert "Last year's" in run("policy", "header-rules").stdout
        known = own_knowledge(parts)
        known.refresh()
        assert known.header_rules(CONTOSO.tenant_id) == HeaderRules((EXERCISE,)), "what is over is no rule"
        assert known.header_rules("another") is None


def tried(*messages: Path) -> list[tuple[str, bool]]:
    """What becomes of each for its one recipient, and whether it is for being a simulation."""
    judged = json.loads(run("policy", "test", *map(str, messages), "--json").stdout)
    decisions = [one["decisions"][0] for one in judged]
    said = "as a simulation: header rule 'Exercise'"
    return [(one["outcome"], said in one["explanation"]) for one in decisions]


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result
