"""'Enterprise applications': what is listed, and revoking consent by hand."""

import jwt

from m365_simulator.identity.directory_roles import EXCHANGE_ADMINISTRATOR, assign_role
from m365_simulator.seed import CONTOSO
from tests.m365_simulator.simulation import EMPLOYEE, EXCHANGE_SCOPE, GRAPH_SCOPE, Simulation

REQUIRED = {
    "Microsoft Graph": ["Domain.Read.All"],
    "Office 365 Exchange Online": ["Exchange.ManageAsApp"],
}


def test_revoking_disabling_and_deleting_take_effect_on_the_next_token(simulation: Simulation) -> None:
    application = simulation.register(REQUIRED)
    simulation.consent(application)
    tenant = simulation.world.tenants[CONTOSO]
    (principal,) = tenant.service_principals.values()
    assign_role(simulation.world, tenant, EXCHANGE_ADMINISTRATOR, principal.id, actor="test")
    browser = simulation.browser()
    listing = simulation.sign_in(browser, simulation.addresses["portal"] + "/entra-id/applications")
    page = browser.open(listing.link(f'tr[data-app-id="{application.client_id}"] a'))
    assert page.text("#roles") == "Exchange administrator"
    assert len(page.texts("#permissions tbody tr")) == 2

    page = browser.submit(page, 'tr[data-permission="Domain.Read.All"] form')
    assert len(page.texts("#permissions tbody tr")) == 1
    claims = jwt.decode(simulation.app_token(application, GRAPH_SCOPE), options={"verify_signature": False})
    assert "roles" not in claims

    page = browser.submit(page, 'form[action$="/enable"]', "#toggle-enabled")
    assert page.text("#enabled") == "No"
    answer = simulation.msal_client(application).acquire_token_for_client([EXCHANGE_SCOPE])
    assert answer["error_codes"] == [7000112]

    page = browser.submit(page, 'form[action$="/delete"]', "#delete")
    assert page.texts("#applications tbody tr") == ["No applications found"]
    answer = simulation.msal_client(application).acquire_token_for_client([EXCHANGE_SCOPE])
    assert answer["error_codes"] == [700016]
    assert all(item.principal_id != principal.id for item in tenant.role_assignments.values())
    operations = [record.body["Operation"] for record in tenant.audit]
    assert operations[-1] == "Remove service principal."


def test_an_employee_sees_but_cannot_change(simulation: Simulation) -> None:
    application = simulation.register(REQUIRED)
    simulation.consent(application)
    (principal,) = simulation.world.tenants[CONTOSO].service_principals.values()
    browser = simulation.browser()
    url = f"{simulation.addresses['portal']}/entra-id/applications/{principal.id}"
    page = simulation.sign_in(browser, url, EMPLOYEE)
    assert page.text("h1") == "Lockgate | Permissions" and page.tree.css_first("#delete") is None
    assert browser.client.post(url + "/delete", data={}).status_code == 403
    assert principal.id in simulation.world.tenants[CONTOSO].service_principals
