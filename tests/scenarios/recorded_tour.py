"""A tour through everything that Lockgate does in a tenant, so that the tenant's history holds every kind of request.

Nothing is imitated: the requests in the history are those that the product sent. Other administrators get in the way
often enough that everything of ours has to be written anew.
"""

import asyncio
import base64
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lockgate.bootstrap.durable import starting
from lockgate.bootstrap.housekeeping import start_due
from lockgate.bootstrap.pull_back import pull_back_requests
from lockgate.microsoft365.exchange_client import ExchangeClient, Json
from lockgate.microsoft365.exchange_roles import READING
from lockgate.microsoft365.plan import Plan
from lockgate.microsoft365.pull_back_requests import PullBackRequests
from lockgate.microsoft365.resources.routed_people import NAME
from lockgate.microsoft365.resources.transport_rules import CLEAN, LISTS, STORED, strip_rule_name
from lockgate.microsoft365.tasks import Task
from lockgate.model.envelope import Direction
from lockgate.model.fixes import Fix
from lockgate.model.pull_back import CopyState, Destination
from lockgate.model.service_account import ConsentStep
from lockgate.model.tenant_care import Reach
from lockgate.model.trace import MessageTrace
from lockgate.reporting.trace_search import TraceSearch
from lockgate.storage.traces import TraceFilter
from m365_simulator.seed import CONTOSO
from tests.m365_simulator.simulation import Simulation, running_simulation
from tests.scenarios.exports import export
from tests.scenarios.protected_tenant import AUTHOR, HOST, Installation, installation
from tests.scenarios.test_care import somebody_else
from tests.scenarios.test_narrow_role import object_id

SPOILT = {"RequireTls": False, "RestrictDomainsToCertificate": False, "IsTransportRuleScoped": False,
          "UseMXRecord": True, "SetSCL": 9, "StopRuleProcessing": True, "RuleErrorAction": "Defer",
          "Mode": "Audit", "ConnectorType": "Partner", "Enabled": False, "SenderDomains": ["smtp:other.example;1"],
          "TlsSettings": "EncryptionOnly", "SmartHosts": ["other.example"]}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """Every request that reached the simulated Microsoft, ours by `steps`; the tenant's exports around it."""

    calls: list[Json]
    steps: dict[str, ConsentStep]
    before: str
    during: str
    after: str
    removal: Plan
    told: str  # by the stage of the revocation that removes


def recorded() -> Record:
    """Start a simulated Microsoft and an installation that seals, and make the tour."""

    async def run(folder: Path, simulation: Simulation) -> Record:
        sealing = {"domain": HOST, "selector": "lockgate", "key": folder / "app.key"}
        async with installation(simulation, folder, arc=sealing) as lockgate:
            return await tour(lockgate)

    with tempfile.TemporaryDirectory() as name, running_simulation(Path(name) / "m365") as simulation:
        return asyncio.run(run(Path(name), simulation))


async def tour(lockgate: Installation) -> Record:
    """From the first consent to the last clean-up."""
    rooms = {"Identity": "Rooms", "Name": "Rooms", "Guid": "rooms", "RecipientFilter": "Name -like 'Room*'"}
    put = f"/tenants/{CONTOSO}/exchange/DynamicDistributionGroup/Rooms"
    lockgate.simulation.control("PUT", put, rooms)
    async with somebody_else(lockgate.simulation) as admin:
        await _live_a_little(admin)
        account_id = await _granted(lockgate, admin)
        before = await export(admin)
        await _applied(lockgate, account_id)
        await asyncio.to_thread(lockgate.consent, account_id, ConsentStep.ACTIVITY)
        await _done(lockgate, account_id, Task.ACTIVITY)
        await lockgate.grants.verification(account_id)
        lockgate.grants.choose_fixes(account_id, Fix, AUTHOR)
        lockgate.grants.upgrade(account_id, Direction.OUTBOUND, AUTHOR)
        lockgate.grants.pilot(account_id, Reach(domains=("contoso.example",)), AUTHOR)
        await _applied(lockgate, account_id)
        during = await export(admin)
        await _taken_back(lockgate)
        await _spoil(lockgate, admin)
        await _watched(lockgate, account_id)
        lockgate.grants.choose_fixes(account_id, set(Fix) - {Fix.RICH_TEXT}, AUTHOR)
        await _applied(lockgate, account_id)
        for on in (True, False):
            lockgate.grants.bypass(account_id, Direction.INBOUND, on=on, author=AUTHOR)
            await _done(lockgate, account_id, Task.SWITCH)
        await _rotated(lockgate, account_id)
        await _people(lockgate, account_id, admin)
        lockgate.grants.sync(account_id, AUTHOR)
        await _done(lockgate, account_id, Task.SYNC)
        removal = await lockgate.grants.removal_plan(account_id)
        lockgate.grants.revoke(account_id, AUTHOR)
        told = await _done(lockgate, account_id, Task.REVOKE)
        after = await export(admin)
    calls: list[Json] = lockgate.simulation.control("GET", "/history").json()
    return Record(calls, _steps(lockgate), before, during, after, removal, told)


async def _live_a_little(exchange: ExchangeClient) -> None:
    """A tenant that others have shaped before us, with what a careless product would disturb."""
    for number, name in enumerate(("Legal footer", "No executables", "Mark outside mail")):
        await exchange.run(
            "New-TransportRule", Name=name, Priority=number, FromScope="NotInOrganization", PrependSubject=f"[{name}] "
        )
    await exchange.run("Disable-TransportRule", Identity="No executables", Confirm=False)
    await exchange.run("New-InboundConnector", Name="Scanner", SenderDomains=["print.contoso.example"])
    await exchange.run("New-OutboundConnector", Name="Partner", RecipientDomains=["partner.example"])
    addresses = ["198.51.100.9", "203.0.113.0/24", "198.51.100.1"]
    await exchange.run("Set-HostedConnectionFilterPolicy", Identity="Default", IPAllowList=addresses,
                       IPBlockList=["203.0.113.77"])  # fmt: skip
    await exchange.run("Set-ArcConfig", Identity="Default", ArcTrustedSealers=["z.lists.example", "a.lists.example"])
    await exchange.run("New-TenantAllowBlockListSpoofItems", Identity="Default", Action="Allow", SpoofType="External",
                       SpoofedUser="*", SendingInfrastructure="203.0.113.0/24")  # fmt: skip
    await exchange.run("Set-HostedContentFilterPolicy", Identity="Default", MarkAsSpamSpfRecordHardFail="On")
    await exchange.run("Set-RemoteDomain", Identity="Default", TNEFEnabled=True)
    await exchange.run("Set-AdminAuditLogConfig", UnifiedAuditLogIngestionEnabled=False)


async def _granted(lockgate: Installation, admin: ExchangeClient) -> str:
    """All consents; first a role of Exchange's own that is not enough, then Exchange administrator."""
    account_id = lockgate.grants.start(AUTHOR, [Direction.INBOUND], monitor_only=False)
    await asyncio.to_thread(lockgate.consent, account_id, ConsentStep.MAIL_FLOW)
    app = lockgate.parts.settings.microsoft365.mail_flow_app.client_id
    mine = await asyncio.to_thread(object_id, lockgate.simulation, app)
    await admin.run("New-ServicePrincipal", AppId=app, ObjectId=mine, DisplayName="Lockgate")
    await admin.run("New-ManagementRoleAssignment", App=mine, Role=READING)
    assert "lacks" in (await lockgate.grants.role_status(account_id)).sentence
    new = {"IsDehydrated": True}  # a state in which no cmdlet can put an organisation
    lockgate.simulation.control("PATCH", f"/tenants/{CONTOSO}/exchange/OrganizationConfig/Default", new)
    await asyncio.to_thread(lockgate.assign_role)
    assert (await lockgate.grants.role_status(account_id)).assigned
    await asyncio.to_thread(lockgate.consent, account_id, ConsentStep.DIRECTORY)
    await _done(lockgate, account_id, Task.PROVISION)
    return account_id


def _steps(lockgate: Installation) -> dict[str, ConsentStep]:
    """Our applications by client id."""
    mine = lockgate.parts.settings.microsoft365
    apps = (mine.mail_flow_app, mine.directory_app, mine.activity_app)
    return {app.client_id: step for app, step in zip(apps, ConsentStep, strict=True)}


async def _spoil(lockgate: Installation, admin: ExchangeClient) -> None:
    """Another administrator changes every property of our objects that we look after, and the order of our rules."""
    kinds: Mapping[str, tuple[str, ...]] = {
        "InboundConnector": ("ConnectorType", "SenderDomains", "RequireTls", "RestrictDomainsToCertificate",
                             "TlsSenderCertificateName", "Enabled"),
        "OutboundConnector": ("ConnectorType", "IsTransportRuleScoped", "UseMXRecord", "SmartHosts", "TlsSettings",
                              "TlsDomain", "Enabled"),
    }  # fmt: skip
    await admin.run("Set-TransportRule", Identity=strip_rule_name(Direction.INBOUND), Priority=0)
    for noun, names in kinds.items():
        for one in _ours(lockgate, noun):
            _patch(lockgate, noun, one, {name: SPOILT.get(name, "other.example") for name in names})
    [rule] = [one for one in _objects(lockgate, "TransportRule") if one["Name"] == CLEAN]
    other: dict[str, object] = {name: ["other.example"] if name in LISTS else "X-Other" for name in STORED}
    other |= {"FromScope": "InOrganization", "SentToScope": "InOrganization", "State": "Disabled"}
    _patch(lockgate, "TransportRule", rule, {**other, **{name: SPOILT[name] for name in STORED if name in SPOILT}})
    for item in _objects(lockgate, "TenantAllowBlockListSpoofItems"):
        if item["SendingInfrastructure"] != "203.0.113.0/24":
            _patch(lockgate, "TenantAllowBlockListSpoofItems", item, {"Action": "Block"})


def _objects(lockgate: Installation, noun: str) -> list[Json]:
    found: list[Json] = lockgate.simulation.control("GET", f"/tenants/{CONTOSO}/exchange/{noun}").json()
    return found


def _ours(lockgate: Installation, noun: str) -> list[Json]:
    return [one for one in _objects(lockgate, noun) if "lockgate:" in str(one.get("Comment"))]


def _patch(lockgate: Installation, noun: str, one: Json, values: Mapping[str, object]) -> None:
    key = one.get("Guid") or one["Identity"]
    lockgate.simulation.control("PATCH", f"/tenants/{CONTOSO}/exchange/{noun}/{key}", dict(values))


async def _applied(lockgate: Installation, account_id: str) -> None:
    plan = await lockgate.grants.plan(account_id)
    assert not plan.conflicts, plan.conflicts
    lockgate.grants.apply(account_id, plan.digest, AUTHOR)
    await _done(lockgate, account_id, Task.APPLY)
    assert (await lockgate.grants.plan(account_id)).is_empty


async def _watched(lockgate: Installation, account_id: str) -> None:
    await asyncio.sleep(1)  # the activity feed is asked up to the present second, which is left out
    lockgate.grants.watch(account_id, AUTHOR)
    await _done(lockgate, account_id, Task.WATCH)
    assert lockgate.grants.account(account_id).deviations


async def _taken_back(lockgate: Installation) -> None:
    """A delivered message goes to a folder, back, and into our quarantine."""
    content = (
        b"From: Nora Lind <n@no-policy.example>\r\nTo: lena.vogel@contoso.example\r\nSubject: Taken back\r\n"
        b"Message-ID: <tour@no-policy.example>\r\n\r\nHello Lena,\r\n\r\nsee you on Tuesday.\r\n\r\nNora\r\n"
    )
    new = {"mail_from": "n@no-policy.example", "recipients": ["lena.vogel@contoso.example"],
           "content_base64": base64.b64encode(content).decode()}  # fmt: skip
    await asyncio.to_thread(lockgate.simulation.control, "POST", "/internet", new)
    with starting(lockgate.parts.settings) as starts:
        requests = pull_back_requests(lockgate.parts, starts)
        trace = await _traced(lockgate, "Taken back")
        asked = requests.pull_back(trace.id, Destination.JUNK, AUTHOR, everywhere=False)
        await _ended(requests, trace.id)
        requests.put_back(trace.id, asked.id, AUTHOR)
        await _ended(requests, trace.id)
        requests.pull_back(trace.id, Destination.QUARANTINE, AUTHOR, everywhere=False)
        await _ended(requests, trace.id)


async def _traced(lockgate: Installation, words: str) -> MessageTrace:
    async with asyncio.timeout(60):
        while not (found := TraceSearch(lockgate.parts.database).page(TraceFilter(words=words)).traces):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return found[0]


async def _ended(requests: PullBackRequests, message_id: str) -> None:
    async with asyncio.timeout(60):
        while requests.standing(message_id)[0].asked.ended_at is None:  # noqa: ASYNC110 - workflows tell nobody
            await asyncio.sleep(0.1)
    assert not requests.standing(message_id)[0].counts.get(CopyState.FAILED)


async def _people(lockgate: Installation, account_id: str, admin: ExchangeClient) -> None:
    """A pilot of people in a group of ours, which somebody changes; then everybody, so that the group goes."""
    lockgate.grants.pilot(account_id, Reach(people=("lena.vogel@contoso.example",)), AUTHOR)
    await _applied(lockgate, account_id)
    open_to_all = {"HiddenFromAddressListsEnabled": False, "MemberJoinRestriction": "Open",
                   "MemberDepartRestriction": "Open", "RequireSenderAuthenticationEnabled": False,
                   "PrimarySmtpAddress": "found@contoso.example"}  # fmt: skip
    await admin.run("Set-DistributionGroup", Identity=NAME, BypassSecurityGroupManagerCheck=True, **open_to_all)
    await _applied(lockgate, account_id)
    lockgate.grants.pilot(account_id, Reach(people=("tom.becker@contoso.example",)), AUTHOR)
    await _applied(lockgate, account_id)
    lockgate.grants.pilot(account_id, Reach(), AUTHOR)
    await _applied(lockgate, account_id)


async def _rotated(lockgate: Installation, account_id: str) -> None:
    """All phases: the later ones are begun by housekeeping."""
    lockgate.grants.rotate(account_id, AUTHOR)
    await _done(lockgate, account_id, Task.ROTATE)
    while (rotation := lockgate.grants.account(account_id).rotation) is not None:
        await asyncio.to_thread(start_due, lockgate.parts, lockgate.grants.starts, (), set())
        async with asyncio.timeout(60):
            while lockgate.grants.account(account_id).rotation == rotation:  # noqa: ASYNC110 - it is in the database
                await asyncio.sleep(0.1)
        await _done(lockgate, account_id, Task.ROTATE)


async def _done(lockgate: Installation, account_id: str, task: Task) -> str:
    """Wait for the end of a task; everything that its stages say."""
    progress = await lockgate.until(account_id, task)
    assert not progress.failed, progress
    return " ".join(stage.detail for stage in progress.stages)
