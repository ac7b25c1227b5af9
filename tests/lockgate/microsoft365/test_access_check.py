"""Each way to lose access is recognised by what Microsoft answers, and is over once it is repaired."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from lockgate.bootstrap.microsoft365 import NAMES
from lockgate.microsoft365 import clouds
from lockgate.microsoft365.access_check import Trouble, trouble
from lockgate.microsoft365.identity import Identity, Registration
from lockgate.microsoft365.tenant_access import TenantAccess
from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.errors import TemporaryError
from lockgate.model.service_account import AccountStatus, ConsentStep, ServiceAccount
from lockgate.model.tenant import Protection
from lockgate.model.tenant_care import TroubleCause
from m365_simulator.seed import CONTOSO
from tests.lockgate.microsoft365.people import assign_role, open_assignments, remove_role
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import (
    EXCHANGE_SCOPE,
    GRAPH_SCOPE,
    REDIRECT_URI,
    Application,
    Page,
    Simulation,
    new_credential,
)
from tests.patience import PATIENCE
from tests.scenarios.protected_tenant import PERMISSIONS

__all__ = ["running", "simulation"]
SCOPES = (EXCHANGE_SCOPE, GRAPH_SCOPE)
STEPS = (ConsentStep.MAIL_FLOW, ConsentStep.DIRECTORY)
NOW = system_clock()


@dataclass
class Organisation:
    """Contoso, with two applications that it has consented to, and what its people can do to them."""

    simulation: Simulation
    applications: tuple[Application, Application]
    access: TenantAccess
    waits: list[float]

    async def trouble(self) -> Trouble | None:
        account = ServiceAccount(
            "a1", CONTOSO, "Contoso", AccountStatus.ACTIVE, {Direction.INBOUND: Protection.LIVE}, False, NOW, "x",
            consents=dict.fromkeys(STEPS, NOW), role_seen_at=NOW,
        )  # fmt: skip
        return await trouble(self.access, account)

    @property
    def mail_flow(self) -> str:
        return self.applications[0].client_id

    def page_of(self, client_id: str) -> Page:
        """Enterprise applications > the application."""
        browser = self.simulation.browser()
        listed = self.simulation.sign_in(browser, self.simulation.addresses["portal"] + "/entra-id/applications")
        row = listed.tree.css_first(f'tr[data-app-id="{client_id}"] a')
        assert row is not None
        self.browser = browser
        return browser.open(f"{self.simulation.addresses['portal']}{row.attributes['href']}")

    def press(self, client_id: str, end: str, button: str = "") -> None:
        page = self.page_of(client_id)
        self.browser.submit(page, f'form[action$="/{end}"]', button)

    def consent_again(self) -> None:
        for application, scope in zip(self.applications, SCOPES, strict=True):
            self.simulation.consent(application, scope)

    def upload(self, step: ConsentStep, *certificates: str) -> None:
        """The publisher's registration has these certificates from now on."""
        client_id, name = self.applications[STEPS.index(step)].client_id, NAMES[step]
        wanted = [{"resource": resource, "values": values} for resource, values in PERMISSIONS[name].items()]
        body = {
            "display_name": name, "client_id": client_id, "required": wanted, "redirect_uris": [REDIRECT_URI],
            "certificate_pems": list(certificates),
        }  # fmt: skip
        self.simulation.control("POST", "/registrations", body)

    def switch(self, name: str, value: object) -> None:
        self.simulation.control("POST", "/switches", {name: value})

    def later(self, step: timedelta) -> None:
        self.simulation.control("POST", "/time", {"advance_seconds": step.total_seconds()})

    def assign_until(self, minutes: int) -> None:
        """With Privileged Identity Management: the role, active for so many minutes."""
        remove_role(self.simulation, self.mail_flow)
        self.simulation.control("POST", f"/tenants/{CONTOSO}/pim", {"enabled": True})
        browser = self.simulation.browser()
        add = browser.open(open_assignments(self.simulation, browser).link("#add-assignments"))
        found = browser.submit(browser.open(add.link("#select-members")), "#search-form", q=self.mail_flow)
        member = found.tree.css_first("#results input")
        assert member is not None
        chosen = browser.submit(found, "#select-form", "#select", member=str(member.attributes["value"]))
        end = f"{system_clock() + timedelta(minutes=minutes):%Y-%m-%dT%H:%M}"
        fields = {"justification": "for now", "permanent": "", "end": end}
        browser.submit(browser.open(chosen.link("#tab-setting")), "#assign-form", "#assign", **fields)


@pytest.fixture
async def contoso(simulation: Simulation) -> AsyncIterator[Organisation]:
    made = [simulation.register(PERMISSIONS[NAMES[step]], NAMES[step]) for step in STEPS]
    where = simulation.addresses
    cloud = clouds.custom(
        where["login"], where["graph"], where["exchange"], where["activity"], where["portal"], where["ca"]
    )
    credential = simulation.credential
    identity = Identity(cloud, {
        step: Registration(NAMES[step], one.client_id, credential.certificate_pem, credential.key_pem)
        for step, one in zip(STEPS, made, strict=True)
    })  # fmt: skip
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async with httpx.AsyncClient(verify=simulation.tls, timeout=PATIENCE, trust_env=False) as http:
        found = Organisation(simulation, (made[0], made[1]), TenantAccess(identity, http, sleep), waits)
        await asyncio.to_thread(found.consent_again)
        await asyncio.to_thread(assign_role, simulation, found.mail_flow)
        assert await found.trouble() is None
        yield found


Act = Callable[[Organisation], object]
WAYS: dict[TroubleCause, tuple[Act, Act, ConsentStep | None]] = {
    TroubleCause.CERTIFICATE_EXPIRED: (
        lambda one: one.later(timedelta(days=31)), lambda one: one.later(timedelta(days=-31)), ConsentStep.MAIL_FLOW
    ),
    TroubleCause.CERTIFICATE_UNKNOWN: (
        lambda one: one.upload(ConsentStep.MAIL_FLOW, new_credential().certificate_pem),
        lambda one: one.upload(ConsentStep.MAIL_FLOW, one.simulation.credential.certificate_pem), ConsentStep.MAIL_FLOW,
    ),
    TroubleCause.CLOCK: (
        lambda one: one.later(timedelta(hours=2)), lambda one: one.later(timedelta(hours=-2)), ConsentStep.MAIL_FLOW
    ),
    TroubleCause.PERMISSION: (
        lambda one: one.press(one.applications[1].client_id, "revoke"), lambda one: one.consent_again(),
        ConsentStep.DIRECTORY,
    ),
    TroubleCause.APPLICATION_DISABLED: (
        lambda one: one.press(one.mail_flow, "enable", "#toggle-enabled"),
        lambda one: one.press(one.mail_flow, "enable", "#toggle-enabled"), ConsentStep.MAIL_FLOW,
    ),
    TroubleCause.APPLICATION_MISSING: (
        lambda one: one.press(one.applications[1].client_id, "delete"), lambda one: one.consent_again(),
        ConsentStep.DIRECTORY,
    ),
    TroubleCause.CONDITIONAL_ACCESS: (
        lambda one: one.switch("conditional_access_blocks", [one.mail_flow]),
        lambda one: one.switch("conditional_access_blocks", None), ConsentStep.MAIL_FLOW,
    ),
    TroubleCause.ROLE: (
        lambda one: remove_role(one.simulation, one.mail_flow),
        lambda one: assign_role(one.simulation, one.mail_flow), None,
    ),
}  # fmt: skip


async def test_every_way_to_lose_access_has_its_name_its_step_and_its_end(contoso: Organisation) -> None:
    for cause, (break_it, repair_it, step) in WAYS.items():
        await asyncio.to_thread(break_it, contoso)
        found = await contoso.trouble()
        assert found is not None and (found.cause, found.step) == (cause, step), found
        assert found.sentence.endswith(".") and "AADSTS" not in found.sentence
        await asyncio.to_thread(repair_it, contoso)
        assert await contoso.trouble() is None, cause


async def test_an_assignment_that_lapses_and_an_organisation_that_is_gone(contoso: Organisation) -> None:
    await asyncio.to_thread(contoso.assign_until, 5)
    assert await contoso.trouble() is None
    await asyncio.to_thread(contoso.later, timedelta(minutes=7))
    found = await contoso.trouble()
    assert found is not None and found.cause is TroubleCause.ROLE and "has ended" in found.sentence
    contoso.simulation.control("DELETE", f"/tenants/{CONTOSO}")
    found = await contoso.trouble()
    assert found is not None and found.cause is TroubleCause.ORGANISATION_GONE


async def test_what_may_be_replication_is_asked_again_and_an_outage_proves_nothing(contoso: Organisation) -> None:
    contoso.switch("consent_propagation_refusals", 2)
    await asyncio.to_thread(contoso.press, contoso.applications[1].client_id, "delete")
    await asyncio.to_thread(contoso.consent_again)
    assert await contoso.trouble() is None
    assert contoso.waits == [10.0, 10.0]
    busy = {
        "surface": "login", "match": "*/token*", "kind": "status", "remaining": 1,
        "parameters": {"status": 400, "body": {"error": "temporarily_unavailable", "error_codes": [90033]}},
    }  # fmt: skip
    contoso.simulation.control("POST", "/faults", busy)
    with pytest.raises(TemporaryError):
        await contoso.trouble()
