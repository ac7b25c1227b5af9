"""App-only tokens: what msal gets, what the token says, and every way to be refused."""

import base64
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from m365_simulator.identity.directory_roles import EXCHANGE_ADMINISTRATOR, assign_role
from m365_simulator.identity.permissions import EXCHANGE, GRAPH, RESOURCES
from m365_simulator.identity.tokens import InvalidToken, verify_bearer
from m365_simulator.seed import CONTOSO, FABRIKAM
from m365_simulator.world import Clock, ServicePrincipal
from tests.m365_simulator.simulation import (
    EXCHANGE_SCOPE,
    GRAPH_SCOPE,
    Application,
    Simulation,
    new_credential,
)

REQUIRED = {
    "Microsoft Graph": ["Domain.Read.All", "User.Read.All"],
    "Office 365 Exchange Online": ["Exchange.ManageAsApp"],
}
Claims = dict[str, object]


@pytest.fixture
def application(simulation: Simulation) -> Application:
    return simulation.register(REQUIRED)


def principal_of(simulation: Simulation) -> ServicePrincipal:
    (principal,) = simulation.world.tenants[CONTOSO].service_principals.values()
    return principal


def assertion(simulation: Simulation, application: Application, algorithm: str = "PS256", **change: object) -> str:
    """A client assertion made here, independent of msal."""
    now = int(Clock().now().timestamp())
    claims: Claims = {
        "aud": f"{simulation.addresses['login']}/{CONTOSO}/oauth2/v2.0/token",
        "iss": application.client_id,
        "sub": application.client_id,
        "jti": str(uuid.uuid4()),
        "nbf": now,
        "exp": now + 600,
        **change,
    }
    thumbprint = base64.urlsafe_b64encode(application.credential.thumbprint).decode().rstrip("=")
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, application.credential.key, algorithm, headers={"x5t#S256": thumbprint})


def ask(simulation: Simulation, application: Application, tenant: str = CONTOSO, **change: str) -> dict[str, Any]:
    """One token request; empty fields are left out."""
    form = {
        "grant_type": "client_credentials",
        "client_id": application.client_id,
        "scope": GRAPH_SCOPE,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(simulation, application),
        **change,
    }
    form = {name: value for name, value in form.items() if value}
    response = simulation.http.post(f"{simulation.addresses['login']}/{tenant}/oauth2/v2.0/token", data=form)
    answer: dict[str, Any] = response.json()
    return {**answer, "status": response.status_code}


def test_msal_gets_a_token_per_resource_with_the_roles_consented_for_it(
    simulation: Simulation, application: Application
) -> None:
    simulation.consent(application)
    client = simulation.msal_client(application)
    found = {}
    for resource, scope in ((GRAPH, GRAPH_SCOPE), (EXCHANGE, EXCHANGE_SCOPE)):
        answer = client.acquire_token_for_client([scope])
        assert "access_token" in answer, answer
        header = f"Bearer {answer['access_token']}"
        found[resource] = verify_bearer(simulation.world, header, RESOURCES[resource].audiences)
    assert found[GRAPH].roles == {"Domain.Read.All", "User.Read.All"}
    assert found[EXCHANGE].roles == {"Exchange.ManageAsApp"} and found[EXCHANGE].wids == frozenset()
    assert found[GRAPH].tenant_id == CONTOSO and found[GRAPH].is_app_only
    assert found[GRAPH].object_id == principal_of(simulation).id


def test_a_token_is_only_good_for_its_own_resource(simulation: Simulation, application: Application) -> None:
    simulation.consent(application)
    header = f"Bearer {simulation.app_token(application, GRAPH_SCOPE)}"
    with pytest.raises(InvalidToken, match="audience"):
        verify_bearer(simulation.world, header, RESOURCES[EXCHANGE].audiences)


def test_a_directory_role_shows_only_in_tokens_issued_after_the_assignment(
    simulation: Simulation, application: Application
) -> None:
    simulation.consent(application)
    world, tenant = simulation.world, simulation.world.tenants[CONTOSO]
    before = simulation.app_token(application, EXCHANGE_SCOPE)
    assign_role(world, tenant, EXCHANGE_ADMINISTRATOR, principal_of(simulation).id, actor="test")
    after = simulation.app_token(application, EXCHANGE_SCOPE)
    audiences = RESOURCES[EXCHANGE].audiences
    assert verify_bearer(world, f"Bearer {before}", audiences).wids == frozenset()
    assert verify_bearer(world, f"Bearer {after}", audiences).wids == {EXCHANGE_ADMINISTRATOR}


def test_without_consent_for_a_resource_the_token_has_no_roles_at_all(
    simulation: Simulation, application: Application
) -> None:
    simulation.consent(application)
    answer = ask(simulation, application, scope="https://manage.office.com/.default")
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert "roles" not in claims and claims["aud"] == "https://manage.office.com"


def test_a_tampered_or_expired_token_is_refused(simulation: Simulation, application: Application) -> None:
    simulation.consent(application)
    token = simulation.app_token(application, GRAPH_SCOPE)
    head, body, signature = token.split(".")
    audiences = RESOURCES[GRAPH].audiences
    for header in (None, "", "Basic x", f"Bearer {head}.{body}.{signature[:-4]}AAAA", f"Bearer {head}..x"):
        with pytest.raises(InvalidToken):
            verify_bearer(simulation.world, header, audiences)
    simulation.control("POST", "/time", {"advance_seconds": 3700})
    with pytest.raises(InvalidToken, match="Lifetime"):
        verify_bearer(simulation.world, f"Bearer {token}", audiences)


@pytest.mark.parametrize(
    ("tenant", "change", "status", "error", "code"),
    [
        ("organizations", {}, 400, "invalid_request", 9001023),
        ("00000000-0000-4000-8000-00000000dead", {}, 400, "invalid_request", 90002),
        ("not_a_tenant", {}, 400, "invalid_request", 900023),
        (FABRIKAM, {"client_assertion": "for-fabrikam"}, 400, "unauthorized_client", 700016),
        (CONTOSO, {"client_id": "5a6b0d8e-0000-4000-8000-000000000000"}, 400, "unauthorized_client", 700016),
        (CONTOSO, {"scope": ""}, 400, "invalid_request", 900144),
        (CONTOSO, {"scope": "https://graph.microsoft.com/User.Read"}, 400, "invalid_scope", 70011),
        (CONTOSO, {"scope": f"{GRAPH_SCOPE} {EXCHANGE_SCOPE}"}, 400, "invalid_scope", 28000),
        (CONTOSO, {"scope": "https://localhost/.default"}, 400, "invalid_resource", 500011),
        (CONTOSO, {"grant_type": ""}, 400, "invalid_request", 900144),
        (CONTOSO, {"client_assertion": "", "client_secret": "guess"}, 401, "invalid_client", 7000215),
        (CONTOSO, {"client_assertion": ""}, 401, "invalid_client", 7000218),
        (CONTOSO, {"client_assertion": "not.a.jwt"}, 400, "invalid_request", 50027),
    ],
)
def test_refusals_have_microsofts_error_word_status_and_code(
    simulation: Simulation,
    application: Application,
    tenant: str,
    change: dict[str, str],
    status: int,
    error: str,
    code: int,
) -> None:
    simulation.consent(application)
    if change.get("client_assertion") == "for-fabrikam":
        audience = f"{simulation.addresses['login']}/{FABRIKAM}/oauth2/v2.0/token"
        change = {"client_assertion": assertion(simulation, application, aud=audience)}
    answer = ask(simulation, application, tenant, **change)
    assert (answer["status"], answer["error"], answer["error_codes"]) == (status, error, [code])
    assert answer["error_description"].startswith(f"AADSTS{code}: ")
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} <= set(answer)


def _foreign(simulation: Simulation, application: Application) -> str:
    return assertion(simulation, Application(application.client_id, new_credential()))


def _stolen_thumbprint(simulation: Simulation, application: Application) -> str:
    """Signed by another key that claims the registered certificate."""
    credential = new_credential()
    credential.certificate_pem = application.credential.certificate_pem
    return assertion(simulation, Application(application.client_id, credential))


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_foreign, 700027),
        (_stolen_thumbprint, 700027),
        (lambda s, a: assertion(s, a, iss="somebody"), 700021),
        (lambda s, a: assertion(s, a, sub="somebody"), 700021),
        (lambda s, a: assertion(s, a, aud="https://login.microsoftonline.com/x/oauth2/v2.0/token"), 700023),
        (lambda s, a: assertion(s, a, nbf=1, exp=2), 700024),
        (lambda s, a: assertion(s, a, exp=None), 50027),
        (lambda s, a: assertion(s, a, jti=None), 50027),
        (lambda s, a: assertion(s, a, "PS384"), 50027),
    ],
)
def test_the_client_assertion_is_verified_for_real(
    simulation: Simulation,
    application: Application,
    make: Callable[[Simulation, Application], str],
    code: int,
) -> None:
    simulation.consent(application)
    answer = ask(simulation, application, client_assertion=make(simulation, application))
    assert answer["error_codes"] == [code]


def test_a_used_assertion_is_refused_only_where_the_switch_asks_for_it(
    simulation: Simulation, application: Application
) -> None:
    simulation.consent(application)
    once = assertion(simulation, application)
    assert "access_token" in ask(simulation, application, client_assertion=once)
    assert "access_token" in ask(simulation, application, client_assertion=once)
    simulation.control("POST", "/switches", {"refuse_reused_assertions": True})
    assert ask(simulation, application, client_assertion=once)["error_codes"] == [50027]


def test_a_disabled_application_gets_no_token(simulation: Simulation, application: Application) -> None:
    simulation.consent(application)
    principal_of(simulation).enabled = False
    answer = ask(simulation, application)
    assert (answer["error"], answer["error_codes"]) == ("unauthorized_client", [7000112])


def test_consent_may_take_its_time_to_replicate(simulation: Simulation, application: Application) -> None:
    switches = {"consent_propagation_refusals": 2, "consent_propagation_empty_tokens": 1}
    simulation.control("POST", "/switches", switches)
    simulation.consent(application)
    seen: list[object] = []
    for _ in range(4):
        answer = ask(simulation, application)
        if "error" in answer:
            seen.append(answer["error_codes"])
        else:
            claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
            seen.append(claims.get("roles"))
    assert seen == [[700016], [700016], None, ["Domain.Read.All", "User.Read.All"]]


def test_a_role_may_take_its_time_to_replicate(simulation: Simulation, application: Application) -> None:
    simulation.consent(application)
    simulation.control("POST", "/switches", {"role_propagation_tokens": 1})
    tenant = simulation.world.tenants[CONTOSO]
    assign_role(simulation.world, tenant, EXCHANGE_ADMINISTRATOR, principal_of(simulation).id, actor="test")
    seen = []
    for _ in range(2):
        token = ask(simulation, application, scope=EXCHANGE_SCOPE)["access_token"]
        seen.append(jwt.decode(token, options={"verify_signature": False}).get("wids"))
    assert seen == [None, [EXCHANGE_ADMINISTRATOR]]


def test_rs256_with_the_old_thumbprint_still_works(simulation: Simulation, application: Application) -> None:
    import hashlib

    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    simulation.consent(application)
    certificate = x509.load_pem_x509_certificate(application.credential.certificate_pem.encode())
    sha1 = hashlib.sha1(certificate.public_bytes(Encoding.DER), usedforsecurity=False).digest()
    claims = jwt.decode(assertion(simulation, application), options={"verify_signature": False})
    thumbprint = base64.urlsafe_b64encode(sha1).decode()
    old = jwt.encode(claims, application.credential.key, "RS256", headers={"x5t": thumbprint})
    assert "access_token" in ask(simulation, application, client_assertion=old)
