"""Giving the application the Exchange administrator role by hand, as the grant procedure describes it."""

import jwt
import pytest

from m365_simulator.identity.directory_roles import EXCHANGE_ADMINISTRATOR
from m365_simulator.seed import CONTOSO
from m365_simulator.world import RoleAssignment
from tests.m365_simulator.simulation import (
    ADMIN,
    EMPLOYEE,
    EXCHANGE_ADMIN,
    EXCHANGE_SCOPE,
    Application,
    Browser,
    Page,
    Simulation,
)


@pytest.fixture
def application(simulation: Simulation) -> Application:
    application = simulation.register({"Office 365 Exchange Online": ["Exchange.ManageAsApp"]})
    simulation.consent(application, EXCHANGE_SCOPE)
    return application


def open_assignments(simulation: Simulation, browser: Browser, person: str) -> Page:
    """Microsoft Entra ID > Roles and administrators > Exchange administrator."""
    home = simulation.sign_in(browser, simulation.addresses["portal"] + "/", person)
    overview = browser.open(home.link("#entra-id"))
    roles = browser.open(overview.link("#roles-and-administrators"))
    row = next(node for node in roles.tree.css("#roles a") if node.text() == "Exchange administrator")
    return browser.open(simulation.addresses["portal"] + str(row.attributes["href"]))


def application_assignments(simulation: Simulation) -> list[RoleAssignment]:
    tenant = simulation.world.tenants[CONTOSO]
    return [item for item in tenant.role_assignments.values() if item.principal_id in tenant.service_principals]


@pytest.mark.parametrize("person", [EXCHANGE_ADMIN, ADMIN])
def test_without_pim_search_by_application_id_and_add(
    simulation: Simulation, application: Application, person: str
) -> None:
    browser = simulation.browser()
    assignments = open_assignments(simulation, browser, person)
    assert assignments.text("h1") == "Exchange administrator | Assignments"
    assert assignments.text("#add-assignments") == "+ Add assignments"
    add = browser.open(assignments.link("#add-assignments"))
    assert add.tree.css_first("#results") is None
    found = browser.submit(add, "#search-form", q=application.client_id)
    assert len(found.texts("#results li")) == 1
    member = found.tree.css_first("#results input")
    assert member is not None
    listed = browser.submit(found, "#add-form", "#add", member=str(member.attributes["value"]))
    assert listed.text("h1") == "Exchange administrator | Assignments"
    assert any(application.client_id in row for row in listed.texts("#assignments tbody tr"))
    (assignment,) = application_assignments(simulation)
    assert assignment.role_template_id == EXCHANGE_ADMINISTRATOR and assignment.schedule is None
    claims = jwt.decode(simulation.app_token(application, EXCHANGE_SCOPE), options={"verify_signature": False})
    assert claims["wids"] == [EXCHANGE_ADMINISTRATOR]


def select_member(simulation: Simulation, browser: Browser, application: Application) -> Page:
    """With PIM, up to the 'Setting' tab."""
    assignments = open_assignments(simulation, browser, EXCHANGE_ADMIN)
    add = browser.open(assignments.link("#add-assignments"))
    assert add.text("#select-members") == "No member selected"
    search = browser.open(add.link("#select-members"))
    assert search.text("h1") == "Select a member"
    found = browser.submit(search, "#search-form", q=application.client_id)
    member = found.tree.css_first("#results input")
    assert member is not None
    chosen = browser.submit(found, "#select-form", "#select", member=str(member.attributes["value"]))
    assert chosen.text("#select-members") == "1 Member(s) selected"
    return browser.open(chosen.link("#tab-setting"))


def test_with_pim_select_a_member_justify_and_assign(simulation: Simulation, application: Application) -> None:
    simulation.control("POST", f"/tenants/{CONTOSO}/pim", {"enabled": True})
    browser = simulation.browser()
    setting = select_member(simulation, browser, application)
    refused = browser.submit(setting, "#assign-form", "#assign")
    assert refused.text("#error") == "A justification is required."
    assert application_assignments(simulation) == []
    reason = "Mail flow protection <b>by Lockgate</b>"
    listed = browser.submit(setting, "#assign-form", "#assign", justification=reason)
    assert listed.tree.css_first("#tab-active[aria-current]") is not None
    rows = listed.texts("#assignments tbody tr")
    assert any(application.client_id in row and "Permanent" in row and reason in row for row in rows)
    assert "<b>by Lockgate</b>" not in listed.response.text
    (assignment,) = application_assignments(simulation)
    assert assignment.justification == reason
    assert assignment.schedule is not None and assignment.schedule["expiration"] == {"type": "noExpiration"}


def test_with_pim_an_assignment_that_ends_lapses(simulation: Simulation, application: Application) -> None:
    simulation.control("POST", f"/tenants/{CONTOSO}/pim", {"enabled": True})
    browser = simulation.browser()
    setting = select_member(simulation, browser, application)
    end = simulation.world.clock.now().replace(year=simulation.world.clock.now().year + 1)
    fields = {"justification": "for a year", "permanent": "", "end": f"{end:%Y-%m-%dT%H:%M}"}
    browser.submit(setting, "#assign-form", "#assign", **fields)
    assert len(application_assignments(simulation)) == 1
    simulation.control("POST", "/time", {"advance_seconds": 367 * 86400})
    page = browser.open(f"{simulation.addresses['portal']}/entra-id/roles/{EXCHANGE_ADMINISTRATOR}/assignments")
    assert not any(application.client_id in row for row in page.texts("#assignments tbody tr"))
    assert application_assignments(simulation) == []


def test_adding_twice_says_so_and_removing_takes_the_role_away(
    simulation: Simulation, application: Application
) -> None:
    browser = simulation.browser()
    assignments = open_assignments(simulation, browser, ADMIN)
    add_url = assignments.link("#add-assignments") + f"?q={application.client_id}"
    principal_id = next(iter(simulation.world.tenants[CONTOSO].service_principals))
    for message in ("Successfully added assignment", "The assignment exists already"):
        listed = browser.submit(browser.open(add_url), "#add-form", "#add", member=principal_id)
        assert listed.text("#message") == message
    row = f'tr[data-principal="{principal_id}"] form'
    listed = browser.submit(listed, row)
    assert listed.text("#message") == "Assignment removed"
    assert application_assignments(simulation) == []


def test_somebody_without_the_right_can_look_but_not_add(simulation: Simulation, application: Application) -> None:
    browser = simulation.browser()
    assignments = open_assignments(simulation, browser, EMPLOYEE)
    assert assignments.tree.css_first("#add-assignments") is None
    url = f"{simulation.addresses['portal']}/entra-id/roles/{EXCHANGE_ADMINISTRATOR}/add"
    assert browser.open(url).response.status_code == 403


def test_a_switch_keeps_exchange_administrators_from_assigning(
    simulation: Simulation, application: Application
) -> None:
    simulation.control("POST", "/switches", {"exchange_administrator_may_assign_roles": False})
    page = open_assignments(simulation, simulation.browser(), EXCHANGE_ADMIN)
    assert page.text("#not-allowed")


def test_a_forged_form_changes_nothing(simulation: Simulation, application: Application) -> None:
    browser = simulation.browser()
    open_assignments(simulation, browser, ADMIN)
    principal_id = next(iter(simulation.world.tenants[CONTOSO].service_principals))
    url = f"{simulation.addresses['portal']}/entra-id/roles/{EXCHANGE_ADMINISTRATOR}/add"
    response = browser.client.post(url, data={"member": principal_id, "form_token": "forged"})
    assert response.status_code == 403 and application_assignments(simulation) == []
