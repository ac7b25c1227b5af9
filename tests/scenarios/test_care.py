"""A tenant in service whose people do as people do: switch rules off, change objects, take roles away.

Whoever changes something in the tenant here is another application with the role, over the same admin API.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from lockgate.bootstrap.housekeeping import start_due
from lockgate.microsoft365.care import NEXT
from lockgate.microsoft365.exchange_client import ExchangeClient, Json
from lockgate.microsoft365.plan import ChangeKind, Plan
from lockgate.microsoft365.resources.routed_people import NAME
from lockgate.microsoft365.resources.transport_rules import routing_rule_name
from lockgate.microsoft365.tasks import Task
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.fixes import Fix
from lockgate.model.lifecycle import State
from lockgate.model.notification import NotificationKind
from lockgate.model.policy import Targets
from lockgate.model.risk import AccountSign, Sign
from lockgate.model.service_account import ConsentStep, ServiceAccount
from lockgate.model.tenant import Protection
from lockgate.model.tenant_care import Reach, RotationPhase
from lockgate.storage.account_signs import AccountSigns
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.notifications import Notifications
from lockgate.storage.policies import PolicyStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.tenants import TenantCache
from lockgate.storage.traces import TraceFilter, Traces
from lockgate.storage.under_way import UnderWay
from m365_simulator.seed import CONTOSO
from tests.lockgate.microsoft365.people import assign_role, remove_role
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import EXCHANGE_SCOPE, Simulation
from tests.patience import PATIENCE
from tests.scenarios.protected_tenant import AUTHOR, Installation, installation, protected

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario
RULE = routing_rule_name(Direction.INBOUND)


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(simulation, tmp_path) as running_installation:
        yield running_installation


@asynccontextmanager
async def somebody_else(simulation: Simulation) -> AsyncIterator[ExchangeClient]:
    """Another administrator's script in the tenant."""
    script = simulation.register({"Office 365 Exchange Online": ["Exchange.ManageAsApp"]}, "Night script")
    await asyncio.to_thread(simulation.consent, script, EXCHANGE_SCOPE)
    await asyncio.to_thread(assign_role, simulation, script.client_id)

    async def token(_: bool) -> str:
        return await asyncio.to_thread(simulation.app_token, script, EXCHANGE_SCOPE)

    async with httpx.AsyncClient(verify=simulation.tls, timeout=PATIENCE, trust_env=False) as http:
        yield ExchangeClient(http, simulation.addresses["exchange"], CONTOSO, token, asyncio.sleep)


def objects(lockgate: Installation, noun: str) -> list[Json]:
    found: list[Json] = lockgate.simulation.control("GET", f"/tenants/{CONTOSO}/exchange/{noun}").json()
    return found


def rule(lockgate: Installation, name: str = RULE) -> Json:
    return next(one for one in objects(lockgate, "TransportRule") if one["Name"] == name)


def told(lockgate: Installation) -> list[NotificationKind]:
    """What administrators were told, in order; the certificates of tests end within a month, which is told too."""
    with lockgate.parts.database.read() as unit:
        kinds = [one.notification.kind for one in reversed(Notifications(unit).newest())]
    return [one for one in kinds if one is not NotificationKind.CERTIFICATE_ENDS]


def requires_tls(lockgate: Installation) -> bool:
    """Whether gateways trust in the tenant's rule for it."""
    tenant = TenantCache(lockgate.parts.database, lockgate.parts.vault).by_id(CONTOSO)
    assert tenant is not None
    return tenant.can_require_tls


async def looked_at(lockgate: Installation, account_id: str) -> ServiceAccount:
    lockgate.grants.watch(account_id, AUTHOR)
    progress = await lockgate.until(account_id, Task.WATCH)
    assert not progress.failed, progress
    return lockgate.grants.account(account_id)


async def test_a_rule_switched_off_in_exchange_is_a_bypass_and_left_alone(lockgate: Installation) -> None:
    account_id = await protected(lockgate, Direction.INBOUND, Direction.OUTBOUND)
    assert requires_tls(lockgate), "the rule was made and read back"
    with lockgate.parts.database.write() as unit:  # as a version left it that did not know the rule
        ServiceAccounts(unit, lockgate.parts.vault).change(account_id, lambda now: replace(now, tls_rule_seen=False))
    assert not requires_tls(lockgate), "nobody has looked whether it is there"
    assert not (await looked_at(lockgate, account_id)).deviations
    assert requires_tls(lockgate)
    async with somebody_else(lockgate.simulation) as script:
        await script.run("Disable-TransportRule", Identity=RULE, Confirm=False)
    account = await looked_at(lockgate, account_id)
    assert account.protection(Direction.INBOUND) is Protection.BYPASSED
    assert account.protection(Direction.OUTBOUND) is Protection.LIVE
    assert account.bypassed_by == {Direction.INBOUND: "somebody"}
    assert not account.deviations
    plan = await lockgate.grants.plan(account_id)
    assert plan.is_empty, plan
    assert rule(lockgate)["State"] == "Disabled"
    assert told(lockgate) == [NotificationKind.BYPASS_ADOPTED]

    lockgate.grants.bypass(account_id, Direction.INBOUND, on=False, author=AUTHOR)
    assert not (await lockgate.until(account_id, Task.SWITCH)).failed
    assert rule(lockgate)["State"] == "Enabled"
    assert not lockgate.grants.account(account_id).bypassed_by


async def test_a_plan_that_comes_before_the_watch_leaves_the_emergency_exit_alone_too(lockgate: Installation) -> None:
    account_id = await protected(lockgate, Direction.INBOUND)
    async with somebody_else(lockgate.simulation) as script:
        await script.run("Disable-TransportRule", Identity=RULE, Confirm=False)
    assert (await lockgate.grants.plan(account_id)).is_empty
    assert lockgate.grants.account(account_id).protection(Direction.INBOUND) is Protection.BYPASSED


def somebody_takes_an_account_over(lockgate: Installation) -> None:
    """Sign-ins of Ada's account from three networks, and a rule that keeps answers from her."""

    def happened(content_type: str, **fields: object) -> None:
        record = {"content_type": content_type, "fields": {"UserId": "ada@contoso.example", **fields}}
        lockgate.simulation.control("POST", f"/tenants/{CONTOSO}/audit", record)

    for client in ("192.0.2.1", "198.51.100.7", "203.0.113.9"):
        happened("Audit.AzureActiveDirectory", RecordType=15, Operation="UserLoggedIn", ClientIP=client)
    deeds = {"Name": ".", "ForwardTo": "eve@evil.example", "DeleteMessage": "True"}
    parameters = [{"Name": name, "Value": value} for name, value in deeds.items()]
    happened("Audit.Exchange", RecordType=1, Operation="New-InboxRule", Parameters=parameters)


def signs(lockgate: Installation) -> list[AccountSign]:
    now = lockgate.parts.clock()
    with lockgate.parts.database.read() as unit:
        return AccountSigns(unit).between(now - timedelta(days=1), now + timedelta(days=1))


async def test_what_others_changed_is_told_with_who_and_repaired_by_a_plan(lockgate: Installation) -> None:
    account_id = await protected(lockgate, Direction.INBOUND)
    answer = await asyncio.to_thread(lockgate.consent, account_id, ConsentStep.ACTIVITY)
    assert not (await lockgate.until(account_id, Task.ACTIVITY)).failed, answer
    async with somebody_else(lockgate.simulation) as script:
        await script.run("Set-OutboundConnector", Identity="Lockgate inbound: to the gateway", Enabled=False)
        await script.run("Remove-TransportRule", Identity="Lockgate inbound: strip our header", Confirm=False)
    await asyncio.to_thread(somebody_takes_an_account_over, lockgate)
    account = await looked_at(lockgate, account_id)
    async with asyncio.timeout(60):
        # The feed tells of whole seconds that are over.
        while not all(one.by for one in account.deviations) or len(signs(lockgate)) < 2:
            account = await looked_at(lockgate, account_id)
    found = {one.name: one for one in account.deviations}
    assert set(found) == {"Lockgate inbound: to the gateway", "Lockgate inbound: strip our header"}
    assert found["Lockgate inbound: to the gateway"].what == "Enabled is False, not True"
    assert found["Lockgate inbound: to the gateway"].by.startswith("ServicePrincipal_")
    assert "(Set-OutboundConnector)" in found["Lockgate inbound: to the gateway"].by
    assert "(Remove-TransportRule)" in found["Lockgate inbound: strip our header"].by

    details = {one.sign: one.detail for one in signs(lockgate)}
    assert details[Sign.INBOX_RULE] == "The inbox rule '.' forwards to eve@evil.example, deletes mail."
    assert details[Sign.PLACES].startswith("Signed in from 3 networks within an hour")
    assert {one.address for one in signs(lockgate)} == {"ada@contoso.example"}

    plan = await lockgate.grants.plan(account_id)
    lockgate.grants.apply(account_id, plan.digest, AUTHOR)
    assert not (await lockgate.until(account_id, Task.APPLY)).failed
    assert not (await looked_at(lockgate, account_id)).deviations
    assert told(lockgate) == [NotificationKind.DRIFT_FOUND, NotificationKind.DRIFT_REPAIRED]


async def test_new_secrets_phase_by_phase_while_mail_flows(lockgate: Installation) -> None:
    account_id = await protected(lockgate, Direction.INBOUND)
    before = rule(lockgate)
    lockgate.grants.rotate(account_id, AUTHOR)
    with pytest.raises(InvalidInput):
        lockgate.grants.rotate(account_id, AUTHOR)
    old = before["SetHeaderValue"]
    stamped, accepted = [], []
    for phase in (RotationPhase.INTRODUCED, RotationPhase.IN_USE, None):
        progress = await lockgate.until(account_id, Task.ROTATE)
        assert not progress.failed, progress
        rotation = lockgate.grants.account(account_id).rotation
        assert (rotation.phase if rotation else None) is phase
        now = rule(lockgate)
        stamped.append(now["SetHeaderValue"])
        accepted.append(set(now["ExceptIfHeaderContainsWords"]))
        await delivered(lockgate, f"in phase {phase}")
        if rotation:
            assert NEXT[rotation.phase] is not rotation.phase
            await asyncio.to_thread(start_due, lockgate.parts, lockgate.grants.starts, (), set())
            await changing(lockgate, account_id, rotation.phase)
    assert stamped[0] == old and stamped[1] == stamped[2] != old
    assert [len(words) for words in accepted] == [2, 2, 1]
    assert accepted[2].isdisjoint(before["ExceptIfHeaderContainsWords"])
    with lockgate.parts.database.read() as unit:
        secrets = ServiceAccounts(unit, lockgate.parts.vault).secrets(account_id)
    assert secrets.route[Direction.INBOUND] == (stamped[2],)


async def changing(lockgate: Installation, account_id: str, phase: RotationPhase) -> None:
    """Wait until the phase is over."""
    async with asyncio.timeout(60):
        while (rotation := lockgate.grants.account(account_id).rotation) and rotation.phase is phase:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def delivered(lockgate: Installation, subject: str) -> None:
    """One message from the Internet is inspected and lands in Lena's inbox, once."""
    new = to_lena(subject)
    [outcome] = (await asyncio.to_thread(lockgate.simulation.control, "POST", "/internet", new)).json()
    assert outcome["code"] == 250, outcome
    async with asyncio.timeout(60):
        while len(found := mailbox(lockgate, subject)) != 1:  # noqa: ASYNC110 - it is on its way
            await asyncio.sleep(0.1)
    assert found[0]["folder"].lower() == "inbox"


def to_lena(subject: str) -> dict[str, object]:
    """A message from the Internet, for the control API."""
    content = (
        f"From: Nora <nora@no-policy.example>\r\nTo: lena.vogel@contoso.example\r\nSubject: {subject}\r\n"
        "Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <" + subject.replace(" ", ".") + "@no-policy.example>\r\n"
        "\r\nSee you on Thursday.\r\n"
    ).encode()
    return {
        "mail_from": "nora@no-policy.example", "recipients": ["lena.vogel@contoso.example"],
        "content_base64": base64.b64encode(content).decode(),
    }  # fmt: skip


def mailbox(lockgate: Installation, subject: str) -> list[Json]:
    found: list[Json] = lockgate.simulation.control("GET", "/mailboxes/lena.vogel@contoso.example").json()
    return [one for one in found if one["subject"] == subject]


async def test_a_pilot_group_first_then_everybody(lockgate: Installation) -> None:
    account_id = await protected(lockgate, Direction.INBOUND)
    with pytest.raises(InvalidInput, match="No group"):
        lockgate.grants.pilot(account_id, Reach("nobody@contoso.example"), AUTHOR)
    with lockgate.parts.database.read() as unit:
        group = min(one.mail.lower() for one in DirectoryStore(unit, CONTOSO).groups() if one.mail)
    for reach, words in ((Reach(group), [group]), (Reach(), [])):
        lockgate.grants.pilot(account_id, reach, AUTHOR)
        assert not (await looked_at(lockgate, account_id)).deviations  # a wish is not yet how it was left
        plan = await lockgate.grants.plan(account_id)
        assert [change.name for change in plan.changes] == [RULE]
        lockgate.grants.apply(account_id, plan.digest, AUTHOR)
        assert not (await lockgate.until(account_id, Task.APPLY)).failed
        assert [one.lower() for one in rule(lockgate).get("SentToMemberOf") or ()] == words
        assert lockgate.grants.account(account_id).reach == reach


async def test_people_and_policies_are_followed_by_a_group_of_ours(lockgate: Installation) -> None:
    account_id = await protected(lockgate, Direction.INBOUND)
    with pytest.raises(InvalidInput, match="Nobody here"):
        lockgate.grants.pilot(account_id, Reach(people=("nobody@contoso.example",)), AUTHOR)
    plan = await chosen(lockgate, account_id, Reach(people=("lena.vogel@contoso.example",)))
    assert [change.name for change in plan.changes] == [NAME, RULE]
    assert members(lockgate) == ["lena.vogel@contoso.example"]
    [address] = rule(lockgate)["SentToMemberOf"]
    await delivered(lockgate, "to a person of the pilot")
    assert not (await looked_at(lockgate, account_id)).deviations

    with lockgate.parts.database.write() as unit:
        policies = PolicyStore(unit)
        for policy in policies.current(CONTOSO, Direction.INBOUND).policies:
            policies.save(replace(policy, targets=Targets(users=("tom.becker@contoso.example",))), AUTHOR)
    plan = await chosen(lockgate, account_id, Reach(of_policies=True))
    assert [change.name for change in plan.changes] == [NAME]
    assert members(lockgate) == ["tom.becker@contoso.example"]

    with lockgate.parts.database.write() as unit:
        for policy in PolicyStore(unit).current(CONTOSO, Direction.INBOUND).policies:
            wider = Targets(users=("tom.becker@contoso.example", "lena.vogel@contoso.example"))
            PolicyStore(unit).save(replace(policy, targets=wider), AUTHOR)
    lockgate.grants.sync(account_id, AUTHOR)
    assert not (await lockgate.until(account_id, Task.SYNC)).failed
    assert members(lockgate) == ["lena.vogel@contoso.example", "tom.becker@contoso.example"]

    plan = await chosen(lockgate, account_id, Reach())
    assert [(change.kind, change.name) for change in plan.changes] == [
        (ChangeKind.UPDATE, RULE), (ChangeKind.DELETE, NAME),
    ]  # fmt: skip
    assert not rule(lockgate).get("SentToMemberOf") and not members(lockgate), address


async def chosen(lockgate: Installation, account_id: str, reach: Reach) -> Plan:
    """The reach chosen and applied."""
    lockgate.grants.pilot(account_id, reach, AUTHOR)
    plan = await lockgate.grants.plan(account_id)
    lockgate.grants.apply(account_id, plan.digest, AUTHOR)
    progress = await lockgate.until(account_id, Task.APPLY)
    assert not progress.failed, progress
    return plan


def members(lockgate: Installation) -> list[str]:
    """Who is in our group, as Exchange has it."""
    groups = lockgate.simulation.world.tenants[CONTOSO].groups.values()
    users = lockgate.simulation.world.tenants[CONTOSO].users
    return sorted(users[one].mail.lower() for group in groups if group.display_name == NAME for one in group.members)


async def test_a_lost_role_is_recognised_and_over_once_it_is_back(lockgate: Installation) -> None:
    account_id = await protected(lockgate, Direction.INBOUND)
    client_id = lockgate.parts.settings.microsoft365.mail_flow_app.client_id
    await asyncio.to_thread(remove_role, lockgate.simulation, client_id)
    account = await looked_at(lockgate, account_id)
    assert "Somebody has removed the role" in account.trouble, "from here it looks the same as a lapsed assignment"
    assert "Privileged Identity Management has ended" in account.trouble and "permanent" in account.trouble
    await asyncio.to_thread(assign_role, lockgate.simulation, client_id)
    assert not (await looked_at(lockgate, account_id)).trouble
    assert told(lockgate) == [NotificationKind.ACCESS_TROUBLE, NotificationKind.ACCESS_RESTORED]


async def test_a_tenant_that_is_gone_is_forgotten_with_a_list_of_what_stays(lockgate: Installation) -> None:
    account_id = await protected(lockgate, Direction.INBOUND)
    lockgate.grants.choose_fixes(account_id, {Fix.RICH_TEXT}, AUTHOR)
    lockgate.grants.apply(account_id, (await lockgate.grants.plan(account_id)).digest, AUTHOR)
    assert not (await lockgate.until(account_id, Task.APPLY)).failed
    lockgate.simulation.control(
        "POST", "/faults", {"surface": "exchange", "match": "*", "kind": "status", "parameters": {"status": 403},
        "remaining": -1},
    )  # fmt: skip
    lockgate.grants.revoke(account_id, AUTHOR)
    assert (await lockgate.until(account_id, Task.REVOKE)).failed
    assert told(lockgate) == [NotificationKind.TASK_FAILED]
    lockgate.grants.abandon(account_id, AUTHOR)
    progress = await lockgate.until(account_id, Task.ABANDON)
    assert not progress.failed, progress
    assert f"mail flow rule '{RULE}'" in progress.stages[1].detail
    assert "TNEFEnabled of the remote domain 'Default' was None and is False" in progress.stages[1].detail
    assert not lockgate.grants.accounts()


async def test_who_does_not_want_to_wait_for_mail_that_exchange_keeps_can_leave_now(lockgate: Installation) -> None:
    account_id = await protected(lockgate, Direction.INBOUND)
    with pytest.raises(InvalidInput, match="No removal waits"):
        lockgate.grants.leave_now(account_id, AUTHOR)
    at_content = {"surface": "smtp", "match": "mx DATA nora*"}  # first from the Internet, then back from the gateway
    come_in = {**at_content, "kind": "delay", "parameters": {"seconds": 0}, "remaining": 1}
    later = {**at_content, "kind": "status", "parameters": {"reply": "451 4.3.2 later"}, "remaining": -1}
    for fault in (come_in, later):
        lockgate.simulation.control("POST", "/faults", fault)
    await asyncio.to_thread(lockgate.simulation.control, "POST", "/internet", to_lena("Too late"))
    await traced(lockgate, "Too late", State.DEFERRED)

    lockgate.grants.revoke(account_id, AUTHOR)
    async with asyncio.timeout(PATIENCE):
        while (waiting := lockgate.grants.waits_for_mail(account_id)) is None:  # noqa: ASYNC110 - it is in the database
            await asyncio.sleep(0.1)
    assert waiting == UnderWay(in_custody=0, in_exchange=1)
    with pytest.raises(InvalidInput, match="about to go"):
        lockgate.grants.bypass(account_id, Direction.INBOUND, on=False, author=AUTHOR)
    assert not lockgate.grants.progress(account_id, Task.REVOKE).finished
    assert lockgate.grants.leave_now(account_id, AUTHOR) == waiting
    progress = await lockgate.until(account_id, Task.REVOKE)
    assert not progress.failed, progress
    assert "mail for 1 recipients waits in Exchange, which returns it to its senders" in progress.stages[1].detail
    assert not objects(lockgate, "OutboundConnector")


async def traced(lockgate: Installation, subject: str, state: State) -> None:
    """Wait until the gateway knows of a message in this state."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with lockgate.parts.database.read() as unit:
                if Traces(unit).search(TraceFilter(words=subject, state=state)):
                    return
            await asyncio.sleep(0.1)


async def test_a_direction_comes_and_goes_and_the_other_notices_nothing(lockgate: Installation) -> None:
    account_id = await protected(lockgate, Direction.OUTBOUND)
    with pytest.raises(InvalidInput, match="only direction"):
        lockgate.grants.remove(account_id, Direction.OUTBOUND, AUTHOR)
    before = everything(lockgate)
    lockgate.grants.upgrade(account_id, Direction.INBOUND, AUTHOR)
    plan = await lockgate.grants.plan(account_id)
    lockgate.grants.apply(account_id, plan.digest, AUTHOR)
    assert not (await lockgate.until(account_id, Task.APPLY)).failed
    assert everything(lockgate) != before
    await delivered(lockgate, "Inbound came later")

    lockgate.grants.remove(account_id, Direction.INBOUND, AUTHOR)
    progress = await lockgate.until(account_id, Task.REMOVE)
    assert not progress.failed, progress
    assert everything(lockgate) == before
    account = lockgate.grants.account(account_id)
    assert account.directions == {Direction.OUTBOUND: Protection.LIVE}
    assert not (await looked_at(lockgate, account_id)).deviations
    assert (await lockgate.grants.plan(account_id)).is_empty
    await delivered(lockgate, "Past the gateway again")
    with lockgate.parts.database.read() as unit:
        assert set(ServiceAccounts(unit, lockgate.parts.vault).secrets(account_id).route) == {Direction.OUTBOUND}


def everything(lockgate: Installation) -> dict[str, list[Json]]:
    """The tenant's mail flow objects, without what tells only when they were written."""
    passing = {"WhenChanged", "WhenChangedUTC", "WhenCreated", "WhenCreatedUTC", "Priority", "RuleVersion"}
    nouns = ("InboundConnector", "OutboundConnector", "TransportRule", "HostedConnectionFilterPolicy", "ArcConfig")
    return {
        noun: [{name: value for name, value in one.items() if name not in passing} for one in objects(lockgate, noun)]
        for noun in nouns
    }
