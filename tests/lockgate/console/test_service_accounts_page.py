"""Service accounts on the dashboard and on their own pages: states, what can be done, and what is started by it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import httpx
import pytest
from playwright.sync_api import Page, expect

from lockgate.console.parts import ConsoleParts
from lockgate.microsoft365 import clouds
from lockgate.microsoft365.consent import Consents
from lockgate.microsoft365.grant import GrantService
from lockgate.microsoft365.identity import Identity
from lockgate.microsoft365.installation import Installation
from lockgate.microsoft365.proof import Seen, Submit
from lockgate.microsoft365.provisioning import Provisioning
from lockgate.microsoft365.tasks import MAIL_UNDER_WAY, Task
from lockgate.microsoft365.tenant_access import TenantAccess
from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.service_account import AccountStatus, ConsentStep, ServiceAccount, StageState, SyncCounts
from lockgate.model.settling import Settling
from lockgate.model.tenant import AcceptedDomain, Protection
from lockgate.model.tenant_care import Deviation, TroubleCause, Watchdog
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.progress import Stages
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.users import Role
from tests.contracts.records import TENANT, a_recipient, a_trace
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console
from tests.patience import PATIENCE

NOW = system_clock()
GRANTED = {ConsentStep.MAIL_FLOW: NOW, ConsentStep.DIRECTORY: NOW}
CONTOSO = ServiceAccount(
    "contoso", TENANT, "Contoso", AccountStatus.ACTIVE, {Direction.INBOUND: Protection.LIVE}, False, NOW, "ada",
    consents=GRANTED, role_seen_at=NOW, domains=(AcceptedDomain("contoso.example"),), last_sync=NOW,
    counts=SyncCounts(41, 7, 2), next_hop="contoso-example.mail.protection.outlook.com",
)  # fmt: skip


@dataclass
class Remembered:
    """Starts nothing here; a controller would."""

    started: list[tuple[str, ...]] = field(default_factory=list)

    def start(self, workflow: str, workflow_id: str, *arguments: str) -> None:
        self.started.append((workflow, *arguments))


STARTS = Remembered()


def with_grants(parts: ConsoleParts) -> ConsoleParts:
    """The parts with the real grant service; no test here needs Microsoft to answer."""

    async def nowhere(_domains: object) -> str:
        return ""

    def submit(_host: str) -> Submit:
        raise NotImplementedError

    def seen(_tenant: str) -> Seen:
        raise NotImplementedError

    async def no_texts(_domain: str) -> list[str]:
        return []

    identity = Identity(clouds.named("global"), {})
    work = Provisioning(
        TenantAccess(identity, httpx.AsyncClient(timeout=PATIENCE), asyncio.sleep), parts.database, parts.vault,
        Installation("0123456789abcdef", "gw.mail.contoso.example", (), system_clock), nowhere, submit, seen, bytes,
    )  # fmt: skip
    consents = Consents(identity, parts.database, parts.vault, parts.clock, f"{parts.public_url}/callback", float)
    return replace(parts, grants=GrantService(work, consents, identity, STARTS, parts.new_id, no_texts))


@pytest.fixture
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console with the grant service."""
    with running_console(tmp_path_factory.mktemp("accounts"), with_grants) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        yield running


def put(console: Console, account: ServiceAccount) -> None:
    with console.database.write() as unit:
        ServiceAccounts(unit, console.parts.vault).add(account, Author("ada", NOW))


def account(console: Console) -> ServiceAccount:
    with console.database.read() as unit:
        return ServiceAccounts(unit, console.parts.vault).get(CONTOSO.id)


def test_without_an_organisation_the_dashboard_offers_to_grant_access(console: Console, page: Page) -> None:
    sign_in(page)
    row = page.get_by_role("row").filter(has_text="Exchange Online (Inline Mode)")
    expect(row.get_by_role("link", name="Grant Access")).to_have_attribute("href", "/service-accounts/grant")


@pytest.mark.parametrize(
    ("changed", "action"),
    [
        (CONTOSO, "Upgrade for Outbound Protection"),
        (replace(CONTOSO, status=AccountStatus.GRANTING), "Continue"),
        (replace(CONTOSO, status=AccountStatus.ATTENTION, problem="The token was refused."), "See what is wrong"),
        (replace(CONTOSO, directions=dict.fromkeys(Direction, Protection.LIVE)), "Details"),
        (replace(CONTOSO, status=AccountStatus.REVOKED), "Grant Access"),
    ],
)
def test_the_action_fits_the_state(console: Console, changed: ServiceAccount, action: str) -> None:
    put(console, changed)
    with console.client(ADMIN) as client, console.client(VIEWER) as viewer:
        for path in ("/", "/service-accounts/contoso"):
            answer = client.get(path)
            assert answer.status_code == 200
            assert path != "/" or action in answer.text
            assert changed.problem in answer.text
        assert "Upgrade for Outbound" not in viewer.get("/").text


def test_the_banner_asks_for_activity_data_until_it_is_granted(console: Console) -> None:
    put(console, CONTOSO)
    with console.client(ADMIN) as client:
        assert "Grant Permission" in client.get("/").text
        with console.database.write() as unit:
            ServiceAccounts(unit, console.parts.vault).change(
                "contoso", lambda now: replace(now, consents={**GRANTED, ConsentStep.ACTIVITY: NOW})
            )
        assert "Grant Permission" not in client.get("/").text


def test_trouble_with_access_leads_to_exactly_the_step_that_repairs_it(console: Console) -> None:
    put(console, CONTOSO)
    expected = {
        TroubleCause.CERTIFICATE_EXPIRED: 'href="/certificates"',
        TroubleCause.PERMISSION: 'action="/service-accounts/grant/contoso/consent/directory"',
        TroubleCause.APPLICATION_DISABLED: "StartboardApplicationsMenuBlade",
        TroubleCause.ROLE: "RolesManagementMenuBlade",
        TroubleCause.CONDITIONAL_ACCESS: "ConditionalAccessBlade",
        TroubleCause.ORGANISATION_GONE: 'href="/service-accounts/contoso#forget-organisation"',
    }
    with console.client(ADMIN) as client, console.client(VIEWER) as viewer:
        for cause, way in expected.items():
            broken = replace(CONTOSO, trouble="Not let in.", trouble_cause=cause, trouble_step=ConsentStep.DIRECTORY)
            with console.database.write() as unit:
                ServiceAccounts(unit, console.parts.vault).change("contoso", lambda _, now=broken: now)  # type: ignore[misc]
            alert = client.get("/service-accounts/contoso").text.partition("Not let in.")[2][:600]
            assert way in alert, (cause, alert)
            assert way not in viewer.get("/service-accounts/contoso").text.partition("Not let in.")[2][:600]


def test_changes_by_others_are_shown_with_who_when_and_the_way_to_a_repair(console: Console) -> None:
    by = Deviation("mail flow rule", "Lockgate inbound: <b>", "State is Disabled", "eve@contoso.example (Set-X)", NOW)
    put(console, replace(CONTOSO, deviations=(by,), watched_at=NOW, bypassed_by={Direction.INBOUND: "somebody"}))
    with console.client(ADMIN) as client, console.client(VIEWER) as viewer:
        shown = client.get("/service-accounts/contoso/drift").text
        assert "Lockgate inbound: &lt;b&gt;" in shown and "eve@contoso.example (Set-X)" in shown
        assert 'href="/service-accounts/contoso/plan"' in shown and 'action="/service-accounts/contoso/watch"' in shown
        assert "no plan puts it back" in shown and "activity data are not granted" in shown
        assert "every quarter of an hour" in shown
        assert "/watch" not in viewer.get("/service-accounts/contoso/drift").text


def test_the_watchdog_and_the_removal_of_a_direction_are_asked_for_by_forms(console: Console) -> None:
    put(console, replace(CONTOSO, directions=dict.fromkeys(Direction, Protection.LIVE)))
    STARTS.started.clear()
    with console.client(ADMIN) as client:
        path = "/service-accounts/contoso"
        form = {"on": "true", "minutes": 20, "percent": 40, "resume_minutes": 0}
        assert console.post(client, f"{path}/watchdog", form).status_code == 303
        assert account(console).watchdog == Watchdog(20, 40, 0)
        assert console.post(client, f"{path}/watchdog", {**form, "minutes": 1}).status_code == 400
        assert console.post(client, f"{path}/watchdog", {"on": "false"}).status_code == 303
        assert account(console).watchdog is None
        console.post(client, f"{path}/remove", {"direction": "outbound", "confirm": "yes"})
        assert not STARTS.started
        assert console.post(client, f"{path}/remove", {"direction": "outbound", "confirm": "remove"}).status_code == 303
        assert STARTS.started[0][:3] == ("tenant.remove", "contoso", "outbound")


def test_bypass_sync_and_revoke_are_started_and_audited(console: Console, page: Page) -> None:
    put(console, CONTOSO)
    STARTS.started.clear()
    sign_in(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/service-accounts/contoso")
    expect(page.get_by_text("41 users, 7 groups, 2 domains")).to_be_visible()
    page.get_by_role("button", name="Bypass").click()
    expect(page.get_by_text("Inbound mail is being led past the gateway.")).to_be_visible()
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text("Users, groups and domains are being read.")).to_be_visible()
    page.get_by_text("Revoke access", exact=True).first.click()
    page.get_by_label("Type revoke to confirm").fill("revoke")
    page.get_by_role("button", name="Revoke access").click()
    expect(page.get_by_text("Access is being revoked")).to_be_visible()
    assert [one[0] for one in STARTS.started] == ["tenant.switch", "tenant.sync", "tenant.revoke"]
    assert account(console).status is AccountStatus.REVOKING
    page.goto("/audit")
    expect(page.get_by_role("cell", name="account.revoke")).to_be_visible()


def test_a_task_is_followed_until_it_has_ended(console: Console, page: Page) -> None:
    put(console, CONTOSO)

    def note(state: StageState, detail: str) -> None:
        with console.database.write() as unit:
            Stages(unit, "contoso", "apply").note("Connectors and rules", state, detail, NOW)

    with console.database.write() as unit:
        Stages(unit, "contoso", "apply").begin(["Connectors and rules"], NOW)
    note(StageState.RUNNING, "3 of 12")
    sign_in(page, VIEWER)
    page.goto("/service-accounts/contoso")
    expect(page.get_by_text("3 of 12")).to_be_visible()
    note(StageState.DONE, "12 of 12")
    expect(page.get_by_text("Inline Protection is in service.")).to_be_visible(timeout=60_000)


def test_the_checklist_is_there_before_any_grant(console: Console) -> None:
    with console.client(VIEWER) as client:
        page = client.get("/verification")
        assert "SPF hard fail is off" in page.text
        assert client.get("/service-accounts/none").status_code == 404


def test_a_removal_that_waits_for_mail_can_be_told_to_leave_now(console: Console, page: Page) -> None:
    bypassed = {Direction.INBOUND: Protection.BYPASSED}
    put(console, replace(CONTOSO, status=AccountStatus.REVOKING, directions=bypassed))
    recipients = (a_recipient("ada@contoso.example", State.DEFERRED),)
    seeding.settle(console, Settling(a_trace(at=system_clock(), recipients=recipients)))
    with console.database.write() as unit:
        stages = Stages(unit, CONTOSO.id, Task.REVOKE.value)
        stages.begin(["Routing stopped", MAIL_UNDER_WAY], system_clock())
        stages.note(MAIL_UNDER_WAY, StageState.RUNNING, "Mail for 1 recipients waits.", system_clock())
    sign_in(page)
    page.goto(f"/service-accounts/{CONTOSO.id}")
    expect(page.get_by_text("Mail for 1 recipients is with Exchange")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Leave now").click()
    expect(page.get_by_text("The removal goes on")).to_be_visible()
    with console.database.read() as unit:
        assert any(one.act == "account.leave_now" for one in AuditLog(unit).newest(limit=5))
