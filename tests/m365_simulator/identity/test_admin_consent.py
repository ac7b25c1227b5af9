"""Admin consent through the pages: accepted, declined, refused, and what the application gets back."""

import pytest

from m365_simulator.identity.permissions import EXCHANGE, GRAPH, MANAGEMENT
from m365_simulator.seed import CONTOSO, FABRIKAM, PASSWORDS
from tests.m365_simulator.simulation import (
    ADMIN,
    EMPLOYEE,
    EXCHANGE_ADMIN,
    EXCHANGE_SCOPE,
    GRAPH_SCOPE,
    REDIRECT_URI,
    Application,
    Simulation,
    callback,
)

REQUIRED = {
    "Microsoft Graph": ["Domain.Read.All", "User.Read.All", "User.Read"],
    "Office 365 Exchange Online": ["Exchange.ManageAsApp"],
}


@pytest.fixture
def application(simulation: Simulation) -> Application:
    return simulation.register(REQUIRED)


def test_the_page_lists_every_permission_in_words_with_application_and_publisher(
    simulation: Simulation, application: Application
) -> None:
    page = simulation.sign_in(simulation.browser(), simulation.consent_url(application))
    assert page.text("#application") == "Lockgate"
    assert page.text("#publisher") == "unverified publisher"
    listed = page.texts("li[data-permission]")
    assert len(listed) == 4
    assert any(text.startswith("Manage Exchange As Application") for text in listed)
    assert page.texts("h2") == ["Microsoft Graph", "Office 365 Exchange Online"]
    assert simulation.world.tenants[CONTOSO].service_principals == {}


def test_accepting_creates_the_service_principal_and_answers_tenant_state_and_scopes(
    simulation: Simulation, application: Application
) -> None:
    browser = simulation.browser()
    page = simulation.sign_in(browser, simulation.consent_url(application))
    answer = callback(browser.submit(page, "#consent-form", "#accept"))
    assert (answer["admin_consent"], answer["tenant"], answer["state"]) == ("True", CONTOSO, "s-1")
    assert "https://graph.microsoft.com/Domain.Read.All" in answer["scope"].split()
    assert "https://outlook.office365.com/Exchange.ManageAsApp" in answer["scope"].split()
    (principal,) = simulation.world.tenants[CONTOSO].service_principals.values()
    assert principal.app_id == application.client_id
    assert {resource: len(ids) for resource, ids in principal.granted.items()} == {GRAPH: 3, EXCHANGE: 1}


def test_declining_v2_still_carries_admin_consent_true(simulation: Simulation, application: Application) -> None:
    browser = simulation.browser()
    page = simulation.sign_in(browser, simulation.consent_url(application))
    answer = callback(browser.submit(page, "#consent-form", "#cancel"))
    assert answer["error"] == "consent_required"
    assert answer["error_description"].startswith("AADSTS65004")
    assert (answer["admin_consent"], answer["state"], answer["tenant"]) == ("True", "s-1", CONTOSO)
    assert simulation.world.tenants[CONTOSO].service_principals == {}


def test_v1_covers_everything_registered_and_declines_with_permission_denied(
    simulation: Simulation, application: Application
) -> None:
    url = (
        f"{simulation.addresses['login']}/common/adminconsent?client_id={application.client_id}"
        f"&redirect_uri={REDIRECT_URI}&state=v1"
    )
    browser = simulation.browser()
    page = simulation.sign_in(browser, url)
    assert len(page.texts("li[data-permission]")) == 4
    answer = callback(browser.submit(page, "#consent-form", "#cancel"))
    assert answer["error"] == "permission_denied" and "admin_consent" not in answer
    page = browser.open(url)
    answer = callback(browser.submit(page, "#consent-form", "#accept"))
    assert answer == {"admin_consent": "True", "tenant": CONTOSO, "state": "v1"}


@pytest.mark.parametrize("person", [EMPLOYEE, EXCHANGE_ADMIN])
def test_only_global_and_privileged_role_administrators_may_consent_to_graph_permissions(
    simulation: Simulation, application: Application, person: str
) -> None:
    browser = simulation.browser()
    page = simulation.sign_in(browser, simulation.consent_url(application), person)
    assert page.text("h1") == "Need admin approval"
    assert page.tree.css_first("#accept") is None
    answer = callback(browser.submit(page, "#consent-form", "#cancel", decision="accept"))
    assert answer["error"] == "access_denied" and "AADSTS90094" in answer["error_description"]
    assert simulation.world.tenants[CONTOSO].service_principals == {}


def test_a_form_of_another_session_changes_nothing(simulation: Simulation, application: Application) -> None:
    browser = simulation.browser()
    page = simulation.sign_in(browser, simulation.consent_url(application))
    refused = browser.submit(page, "#consent-form", "#accept", form_token="forged")
    assert refused.response.status_code == 400
    assert simulation.world.tenants[CONTOSO].service_principals == {}


def test_an_administrator_of_another_tenant_consents_only_for_that_tenant(
    simulation: Simulation, application: Application
) -> None:
    browser = simulation.browser()
    url = simulation.consent_url(application, tenant="organizations")
    page = simulation.sign_in(browser, url, "admin@fabrikam.example", PASSWORDS[FABRIKAM])
    answer = callback(browser.submit(page, "#consent-form", "#accept"))
    assert answer["tenant"] == FABRIKAM
    assert simulation.world.tenants[CONTOSO].service_principals == {}
    assert len(simulation.world.tenants[FABRIKAM].service_principals) == 1


def test_a_person_of_another_tenant_is_refused_where_the_tenant_is_named(
    simulation: Simulation, application: Application
) -> None:
    url = simulation.consent_url(application, tenant="contoso.example")
    page = simulation.sign_in(simulation.browser(), url, "admin@fabrikam.example", PASSWORDS[FABRIKAM])
    assert page.text("#error").startswith("AADSTS50020")


@pytest.mark.parametrize(
    ("tenant", "change", "code"),
    [
        ("common", {}, 900023),
        ("nowhere.example", {}, 90002),
        (CONTOSO, {"redirect_uri": REDIRECT_URI + "/"}, 50011),
        (CONTOSO, {"client_id": "5a6b0d8e-0000-4000-8000-000000000000"}, 700016),
        (CONTOSO, {"client_id": ""}, 900144),
        (CONTOSO, {"scope": ""}, 28003),
        (CONTOSO, {"scope": "https://manage.office.com/.default"}, 650057),
        (CONTOSO, {"scope": "https://graph.example/.default"}, 500011),
        (CONTOSO, {"scope": f"{GRAPH_SCOPE} {EXCHANGE_SCOPE}"}, 28000),
    ],
)
def test_requests_that_cannot_be_trusted_are_told_to_the_person_not_to_the_application(
    simulation: Simulation, application: Application, tenant: str, change: dict[str, str], code: int
) -> None:
    page = simulation.browser().open(simulation.consent_url(application, tenant, **change))
    assert page.text("#error").startswith(f"AADSTS{code}:")
    assert "location" not in page.response.headers


def test_a_later_consent_adds_to_what_was_granted_before(simulation: Simulation, application: Application) -> None:
    simulation.consent(application)
    wider = {**REQUIRED, "Office 365 Management APIs": ["ActivityFeed.Read"]}
    body = {
        "display_name": "Lockgate",
        "client_id": application.client_id,
        "redirect_uris": [REDIRECT_URI],
        "required": [{"resource": name, "values": values} for name, values in wider.items()],
    }
    simulation.control("POST", "/registrations", body)
    simulation.consent(application)
    (principal,) = simulation.world.tenants[CONTOSO].service_principals.values()
    assert set(principal.granted) == {GRAPH, EXCHANGE, MANAGEMENT}


def test_sign_in_refuses_with_the_code_that_fits(simulation: Simulation, application: Application) -> None:
    url = simulation.consent_url(application)
    for person, password, code in (
        (ADMIN, "wrong", 50126),
        ("nobody@contoso.example", "x", 50034),
        ("noah.whitfield@contoso.example", "", 50057),
    ):
        page = simulation.sign_in(simulation.browser(), url, person, password)
        assert page.text("#error").startswith(f"AADSTS{code}:"), person
    operations = [record.body["Operation"] for record in simulation.world.tenants[CONTOSO].audit]
    assert operations == ["UserLoginFailed", "UserLoginFailed"]
