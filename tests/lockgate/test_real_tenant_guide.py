"""The guide for a real tenant names nothing that is not there: commands, settings, permissions, rules, cmdlets."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from lockgate.bootstrap.microsoft365 import CALLBACK
from lockgate.commands.app import app
from lockgate.microsoft365 import clouds
from lockgate.microsoft365.permissions import ROLES
from lockgate.microsoft365.resources.transport_rules import routing_rule_name
from lockgate.model.envelope import Direction
from lockgate.settings import Section, Settings, read_settings
from m365_simulator.exchange_admin.cmdlet_table import cmdlets
from m365_simulator.identity.permissions import PERMISSIONS

FILE = Path(__file__).parents[2] / "docs" / "operations" / "real-tenant.md"
GUIDE = FILE.read_text(encoding="utf-8")
COMMAND = re.compile(r"^lockgate .*$", re.MULTILINE)
SETTING = re.compile(r"`((?:gateway|console|microsoft365|arc|retention|notifications)\.[a-z_.]+)`")


def blocks(language: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def commands() -> list[str]:
    """Every command line of ours, in blocks and in the text."""
    in_blocks = [line for block in blocks("sh") for line in COMMAND.findall(block)]
    return sorted({*in_blocks, *re.findall(r"`(lockgate [^`]+)`", GUIDE)})


def test_the_guide_has_what_is_looked_at() -> None:
    assert len(commands()) > 20 and len(blocks("toml")) == 2 and len(blocks("json")) == 3
    assert {"lockgate tenant revoke", "lockgate doctor --tenant", "lockgate tenant apply"} <= set(commands())


@pytest.mark.parametrize("line", commands())
def test_every_command_with_its_options_exists(line: str) -> None:
    words = shlex.split(line)[1:]
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        assert words and words[0] in command.commands, f"{line}: no command {words[:1]}"
        command, words = command.commands[words[0]], words[1:]
    command.make_context("lockgate", words)  # parses arguments and options; raises for what is not there


def test_a_command_that_is_not_there_would_be_found() -> None:
    for line in (
        "lockgate tenant explode",
        "lockgate doctor --nonsense",
        "lockgate tenant",
        "lockgate tenant bypass up",
    ):
        with pytest.raises(Exception, match=r"no command|No such option|is not one of"):
            test_every_command_with_its_options_exists(line)


def test_the_settings_of_the_guide_are_settings(tmp_path: Path) -> None:
    first, second = blocks("toml")
    (tmp_path / "lockgate.toml").write_text(first + "\n" + second)
    settings = read_settings(tmp_path / "lockgate.toml", {})
    assert settings.gateway.hostname == "gw.contoso.com" and settings.gateway.names[0].hostname == "gw.fabrikam.com"
    assert settings.microsoft365.cloud in clouds.CLOUDS and settings.arc.domain == settings.gateway.hostname


def test_every_setting_that_the_text_names_exists() -> None:
    named = set(SETTING.findall(GUIDE))
    assert named
    assert named <= set(_settings(Settings))


def _settings(section: type[Section], prefix: str = "") -> Iterator[str]:
    for name, field in section.model_fields.items():
        yield f"{prefix}{name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from _settings(field.annotation, f"{prefix}{name}.")


def test_each_application_is_registered_with_exactly_the_permissions_that_it_needs() -> None:
    by_id = {one.id: one for one in PERMISSIONS}
    found = []
    for block in blocks("json"):
        [resource] = json.loads(block)
        asked = [by_id[one["id"]] for one in resource["resourceAccess"]]
        assert {one.resource_app_id for one in asked} == {resource["resourceAppId"]}
        assert {one.type for one in asked} == {"Role"}
        found.append(frozenset(one.value for one in asked))
    assert found == list(ROLES.values())
    assert GUIDE.count(CALLBACK) == 2


def test_the_way_out_without_us_names_our_rules_and_real_cmdlets() -> None:
    [block] = blocks("powershell")
    lines = block.strip().splitlines()
    assert [shlex.split(line)[2] for line in lines] == [routing_rule_name(one) for one in Direction]
    for line in lines:
        cmdlet = cmdlets()[line.split()[0].lower()]
        assert {word[1:].lower() for word in shlex.split(line) if word.startswith("-")} <= set(cmdlet.parameters)


def test_the_hosts_and_instances_are_those_of_the_clouds() -> None:
    assert f"*{clouds.named('global').mail.suffixes[0]}" in GUIDE
    assert all(one.mail.endpoints.lower() in GUIDE.lower() for one in clouds.CLOUDS.values())


def test_every_page_that_it_leads_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", GUIDE):
        assert (FILE.parent / target).exists(), target
