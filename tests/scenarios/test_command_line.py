"""The command line over a running installation: what the console can do, for scripts."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from lockgate.model.envelope import Direction
from lockgate.model.service_account import AccountStatus, ConsentStep
from lockgate.sender_authentication.keys import public_record
from lockgate.settings import Settings
from m365_simulator.seed import CONTOSO
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import AUTHOR, HOST, Installation, installation

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(simulation, tmp_path) as running_installation:
        yield running_installation


class CommandLine:
    """Runs `lockgate` in a process of its own, with the settings in the environment."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.file = folder / "lockgate.toml"
        self.file.write_text(_toml(settings))

    async def run(self, *arguments: str, answer: str = "") -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).parent / "lockgate"), *arguments, "--settings", str(self.file),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(90):
            out, err = await process.communicate(answer.encode())
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def json(self, *arguments: str, status: int = 0) -> Any:
        found, out, err = await self.run(*arguments, "--json")
        assert found == status, err
        return json.loads(out)


def _toml(settings: Settings) -> str:
    lines: list[str] = []

    def write(values: dict[str, object], section: str) -> None:
        plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
        if section:
            lines.append(f"[{section}]")
        lines.extend(f"{key} = {json.dumps(value)}" for key, value in plain.items() if value is not None)
        for key, value in values.items():
            if isinstance(value, dict):
                write(value, f"{section}.{key}" if section else key)

    write(settings.model_dump(mode="json"), "")
    return "\n".join(lines)


async def test_a_tenant_from_plan_to_revocation(lockgate: Installation, tmp_path: Path) -> None:
    command = CommandLine(lockgate.parts.settings, tmp_path)
    status, out, err = await command.run("tenant", "plan")
    assert (status, out) == (2, "")
    assert "choose Grant Access" in err

    account_id = lockgate.grants.start(AUTHOR, [Direction.INBOUND], monitor_only=False)
    status, _, err = await command.run("tenant", "verify")
    assert status == 2 and "grant step 1" in err
    await asyncio.to_thread(lockgate.consent, account_id, ConsentStep.MAIL_FLOW)
    await asyncio.to_thread(lockgate.assign_role)
    assert (await lockgate.grants.role_status(account_id)).assigned
    await asyncio.to_thread(lockgate.consent, account_id, ConsentStep.DIRECTORY)
    synced = await command.json("tenant", "sync")
    assert not synced["failed"]

    checks = await command.json("tenant", "verify")
    assert {"pass"} <= {one["outcome"] for one in checks}

    plan = await command.json("tenant", "plan")
    assert [one["kind"] for one in plan["changes"]] == ["create"] * len(plan["changes"])
    assert all(one["reason"] and one["permission"] for one in plan["changes"])
    secrets = [
        field["after"] for one in plan["changes"] for field in one["fields"] if field["name"] == "HeaderContainsWords"
    ]
    assert secrets and all(text.startswith("(secret …") for text in secrets)

    fixed = await command.json("tenant", "fix", "audit-log", "rich-text-format")
    assert [one["resource"] for one in fixed["changes"] if one["kind"] == "update"] == ["remote domain"]
    assert (await command.json("tenant", "fix"))["digest"] == plan["digest"]

    status, _, err = await command.run("tenant", "apply", "--digest", "0" * 64)
    assert status == 2 and "look at the new one" in err
    status, out, _ = await command.run("tenant", "apply", answer="n\n")
    assert status == 1 and plan["digest"] in out
    assert lockgate.grants.account(account_id).status is AccountStatus.READY
    applied = await command.json("tenant", "apply", "--digest", plan["digest"])
    assert applied["sentence"] == "Inline Protection is in service."
    assert {stage["state"] for stage in applied["stages"]} == {"done"}

    upgraded = await command.json("tenant", "upgrade-outbound", "--account", "contoso")
    assert upgraded["changes"]
    assert (await command.run("tenant", "apply", "--yes"))[0] == 0
    [shown] = await command.json("tenant", "status")
    assert shown["directions"] == {"inbound": "live", "outbound": "live"}

    status, out, err = await command.run("tenant", "bypass", "inbound")
    assert status == 0, err
    assert "half an hour" in out
    [shown] = await command.json("tenant", "status")
    assert shown["directions"] == {"inbound": "bypassed", "outbound": "live"}
    assert (await command.run("tenant", "bypass", "inbound"))[0] == 2
    assert (await command.run("tenant", "bypass", "inbound", "--off"))[0] == 0

    status, out, _ = await command.run("tenant", "plan", "--removal")
    assert status == 0 and " 1. delete mail flow rule" in out and "Stays: The applications of Lockgate" in out
    status, _, _ = await command.run("tenant", "revoke", answer="n\n")
    assert status == 1
    assert (await command.run("tenant", "revoke", "--yes"))[0] == 0
    assert await command.json("tenant", "status") == []
    assert not lockgate.simulation.control("GET", f"/tenants/{CONTOSO}/exchange/TransportRule").json()


async def test_the_doctor_finds_a_running_installation_fit_and_says_what_is_wrong(
    lockgate: Installation, tmp_path: Path
) -> None:
    command = CommandLine(lockgate.parts.settings, tmp_path)
    answers = await command.json("doctor")
    grades = {one["question"]: one["grade"] for one in answers}
    assert grades["Gateway port"] == "pass" and grades["Gateway certificate"] == "pass"
    assert grades["Microsoft 365 (graph)"] == "pass" and grades["Database"] == "pass"
    assert grades["Console port"] == "warn", "no console runs here"

    assert grades["ARC key"] == "pass", "sealing is off"

    wrong = lockgate.parts.settings.model_dump(mode="json")
    wrong["gateway"]["key"] = wrong["microsoft365"]["mail_flow_app"]["key"]
    wrong["microsoft365"]["source_addresses"] = []
    found = {
        one["question"]: one
        for one in await CommandLine(Settings.model_validate(wrong), tmp_path).json("doctor", status=1)
    }
    assert (
        found["Gateway certificate"]["grade"] == "fail" and "cannot be used" in found["Gateway certificate"]["detail"]
    )
    assert found["Source addresses"]["grade"] == "fail" and found["Source addresses"]["fix"]


async def test_the_doctor_says_which_record_the_arc_key_needs_and_is_content_with_it(
    lockgate: Installation, tmp_path: Path
) -> None:
    tree = lockgate.parts.settings.model_dump(mode="json")
    tree["arc"] = {"domain": HOST, "selector": "lockgate", "key": tree["microsoft365"]["mail_flow_app"]["key"]}
    command = CommandLine(Settings.model_validate(tree), tmp_path)

    async def answer(status: int) -> dict[str, str]:
        [one] = [one for one in await command.json("doctor", status=status) if one["question"] == "ARC key"]
        return dict(one)

    said = await answer(1)
    assert said["grade"] == "fail" and "has no TXT record" in said["detail"]
    name, _, text = said["fix"].removeprefix("Publish this record: ").partition(". IN TXT ")
    strings = re.findall(r'"([^"]*)"', text)
    assert len(strings) == 2 and all(len(one) <= 255 for one in strings), "as a zone file wants them"
    record = {"name": name, "type": "TXT", "texts": [public_record(another_key())]}
    lockgate.simulation.control("POST", "/dns", [record])
    assert (await answer(1))["detail"] == f"{name} has another key than arc.key"
    lockgate.simulation.control("POST", "/dns", [{**record, "texts": ["".join(strings)]}])
    assert (await answer(0))["detail"] == f"published for lockgate._domainkey.{HOST}"


def another_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
