"""The code flow: sign-in, user consent, PKCE, nonce, single use, and errors that reach the application."""

import base64
import hashlib
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from m365_simulator.seed import CONTOSO
from tests.m365_simulator.simulation import (
    ADMIN,
    EMPLOYEE,
    REDIRECT_URI,
    Application,
    Browser,
    Simulation,
    callback,
)

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def application(simulation: Simulation) -> Application:
    return simulation.register({"Microsoft Graph": ["User.Read", "Domain.Read.All"]})


def authorize_url(simulation: Simulation, application: Application, **change: str) -> str:
    query = {
        "client_id": application.client_id,
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": "openid profile",
        "state": "st",
        "nonce": "n-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **change,
    }
    query = {name: value for name, value in query.items() if value}
    return f"{simulation.addresses['login']}/organizations/oauth2/v2.0/authorize?{urlencode(query)}"


def signed_in_callback(simulation: Simulation, application: Application, **change: str) -> dict[str, str]:
    """Sign in, accept what is asked, and read what came back."""
    browser = simulation.browser()
    page = simulation.sign_in(browser, authorize_url(simulation, application, **change))
    return callback(browser.submit(page, "#consent-form", "#accept"))


def redeem(simulation: Simulation, application: Application, code: str, /, **change: str) -> dict[str, Any]:
    """Redeem a code with msal's assertion builder and an otherwise plain request."""
    client = simulation.msal_client(application, "organizations")
    url = f"{simulation.addresses['login']}/organizations/oauth2/v2.0/token"
    assertion = client.client.client_assertion()
    form = {
        "grant_type": "authorization_code",
        "client_id": application.client_id,
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion if isinstance(assertion, str) else assertion.decode(),
        **change,
    }
    answer: dict[str, Any] = simulation.http.post(url, data=form).json()
    return answer


def id_token_claims(simulation: Simulation, token: str, client_id: str) -> dict[str, Any]:
    """Validate an id token as a client has to."""
    keys = simulation.http.get(f"{simulation.addresses['login']}/{CONTOSO}/discovery/v2.0/keys").json()
    key = jwt.PyJWK(next(key for key in keys["keys"] if key["kid"] == jwt.get_unverified_header(token)["kid"]))
    issuer = f"{simulation.addresses['login']}/{CONTOSO}/v2.0"
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=client_id, issuer=issuer)
    return claims


def test_the_code_flow_ends_in_an_id_token_that_names_tenant_and_person(
    simulation: Simulation, application: Application
) -> None:
    answer = signed_in_callback(simulation, application)
    assert answer["state"] == "st"
    tokens = redeem(simulation, application, answer["code"])
    claims = id_token_claims(simulation, tokens["id_token"], application.client_id)
    assert (claims["tid"], claims["nonce"], claims["preferred_username"]) == (CONTOSO, "n-1", ADMIN)
    user = simulation.world.tenants[CONTOSO].user_by_address(ADMIN)
    assert user is not None and claims["oid"] == user.id and claims["sub"] != user.id


def test_consent_is_asked_once_and_not_at_all_after_an_admin_consent_to_user_read(
    simulation: Simulation, application: Application
) -> None:
    browser = simulation.browser()
    url = authorize_url(simulation, application)
    page = simulation.sign_in(browser, url)
    assert page.texts("li[data-permission]") == ["Sign you in (openid)", "View your basic profile (profile)"]
    callback(browser.submit(page, "#consent-form", "#accept"))
    assert "code" in callback(browser.open(url))
    simulation.consent(application)
    assert "code" in callback(simulation.sign_in(simulation.browser(), url, EMPLOYEE))


def test_a_declined_sign_in_goes_back_as_access_denied(simulation: Simulation, application: Application) -> None:
    browser = simulation.browser()
    page = simulation.sign_in(browser, authorize_url(simulation, application))
    answer = callback(browser.submit(page, "#consent-form", "#cancel"))
    assert (answer["error"], answer["state"]) == ("access_denied", "st")


def test_a_code_is_good_for_one_redemption(simulation: Simulation, application: Application) -> None:
    code = signed_in_callback(simulation, application)["code"]
    assert "id_token" in redeem(simulation, application, code)
    again = redeem(simulation, application, code)
    assert (again["error"], again["error_codes"]) == ("invalid_grant", [54005])


def test_a_code_lives_ten_minutes(simulation: Simulation, application: Application) -> None:
    code = signed_in_callback(simulation, application)["code"]
    simulation.control("POST", "/time", {"advance_seconds": 601})
    assert redeem(simulation, application, code)["error_codes"] == [70008]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"code_verifier": "w" * 64}, 501481),
        ({"redirect_uri": REDIRECT_URI + "?x=1"}, 500112),
        ({"code": "0.Aunknown"}, 70000),
        ({"code": ""}, 900144),
        ({"grant_type": "password"}, 70003),
    ],
)
def test_a_wrong_redemption_says_why_and_does_not_use_up_the_code(
    simulation: Simulation, application: Application, change: dict[str, str], code: int
) -> None:
    own = signed_in_callback(simulation, application)["code"]
    answer = redeem(simulation, application, own, **change)
    assert answer["error_codes"] == [code] and answer["trace_id"] and answer["correlation_id"]
    assert "id_token" in redeem(simulation, application, own)


def test_a_code_of_another_application_is_refused(simulation: Simulation, application: Application) -> None:
    code = signed_in_callback(simulation, application)["code"]
    other = simulation.register({"Microsoft Graph": ["User.Read"]}, "Other")
    assert redeem(simulation, other, code)["error_codes"] == [700005]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "carrier_pigeon"}, "invalid_request"),
        ({"scope": ""}, "invalid_request"),
        ({"scope": "openid Not.A.Scope"}, "invalid_scope"),
        ({"response_type": "code id_token", "nonce": ""}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_errors_go_to_the_application_with_state_once_the_redirect_uri_is_known(
    simulation: Simulation, application: Application, change: dict[str, str], error: str
) -> None:
    answer = callback(simulation.browser().open(authorize_url(simulation, application, **change)))
    assert (answer["error"], answer["state"]) == (error, "st")


def test_an_unregistered_redirect_uri_never_gets_anything(simulation: Simulation, application: Application) -> None:
    url = authorize_url(simulation, application, redirect_uri="https://attacker.example/")
    page = simulation.browser().open(url)
    assert page.text("#error").startswith("AADSTS50011:") and "location" not in page.response.headers


def test_form_post_and_fragment_carry_the_same_answer(simulation: Simulation, application: Application) -> None:
    browser = simulation.browser()
    page = simulation.sign_in(browser, authorize_url(simulation, application, response_mode="form_post"))
    form = browser.submit(page, "#consent-form", "#accept")
    fields = {node.attributes["name"]: node.attributes["value"] for node in form.tree.css("#form-post input")}
    assert fields["state"] == "st" and fields["code"]
    url = authorize_url(simulation, application, response_mode="fragment")
    assert "#" in browser.open(url).response.headers["location"]
    hybrid = authorize_url(simulation, application, response_type="code id_token", response_mode="fragment")
    assert {"code", "id_token"} <= set(callback(browser.open(hybrid)))


def test_prompt_login_asks_although_somebody_is_signed_in(simulation: Simulation, application: Application) -> None:
    browser: Browser = simulation.browser()
    page = simulation.sign_in(browser, authorize_url(simulation, application))
    browser.submit(page, "#consent-form", "#accept")
    page = browser.open(authorize_url(simulation, application, prompt="login"))
    assert page.text("h1") == "Sign in"
    answer = browser.submit(page, "#sign-in-form", loginfmt=ADMIN, passwd="Contoso-demo-1")
    assert "code" in callback(answer)


def test_a_sign_in_page_leads_nowhere_but_to_this_host(simulation: Simulation, application: Application) -> None:
    browser = simulation.browser()
    page = browser.open(authorize_url(simulation, application))
    for target in ("https://attacker.example/", "//attacker.example/", "/\\attacker.example"):
        result = browser.submit(page, "#sign-in-form", loginfmt=ADMIN, passwd="Contoso-demo-1", proceed=target)
        assert result.response.status_code == 400 and "location" not in result.response.headers


def test_msal_runs_the_whole_code_flow(simulation: Simulation, application: Application) -> None:
    client = simulation.msal_client(application, "organizations")
    flow = client.initiate_auth_code_flow(["User.Read"], redirect_uri=REDIRECT_URI)
    browser = simulation.browser()
    page = simulation.sign_in(browser, flow["auth_uri"])
    answer = callback(browser.submit(page, "#consent-form", "#accept"))
    result = client.acquire_token_by_auth_code_flow(flow, answer)
    assert result.get("id_token_claims", {}).get("tid") == CONTOSO, result
    assert client.get_accounts(ADMIN)
