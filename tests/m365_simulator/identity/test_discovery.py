"""Metadata documents: issuers per tenant and the template of shared authorities."""

from m365_simulator.seed import CONTOSO
from tests.m365_simulator.simulation import Simulation


def test_a_domain_leads_to_the_tenants_own_metadata(simulation: Simulation) -> None:
    login = simulation.addresses["login"]
    document = simulation.http.get(f"{login}/contoso.example/v2.0/.well-known/openid-configuration").json()
    assert document["issuer"] == f"{login}/{CONTOSO}/v2.0"
    assert document["token_endpoint"] == f"{login}/{CONTOSO}/oauth2/v2.0/token"
    assert simulation.http.get(document["jwks_uri"]).json()["keys"][0]["kty"] == "RSA"


def test_shared_authorities_answer_the_tenantid_template(simulation: Simulation) -> None:
    login = simulation.addresses["login"]
    for name in ("common", "organizations"):
        document = simulation.http.get(f"{login}/{name}/v2.0/.well-known/openid-configuration").json()
        assert document["issuer"] == login + "/{tenantid}/v2.0"
        assert document["authorization_endpoint"] == f"{login}/{name}/oauth2/v2.0/authorize"


def test_an_unknown_tenant_is_an_error_with_a_code(simulation: Simulation) -> None:
    url = f"{simulation.addresses['login']}/nowhere.example/v2.0/.well-known/openid-configuration"
    response = simulation.http.get(url)
    assert (response.status_code, response.json()["error_codes"]) == (400, [90002])


def test_instance_discovery_names_this_host_as_an_authority(simulation: Simulation) -> None:
    login = simulation.addresses["login"]
    query = {"api-version": "1.1", "authorization_endpoint": f"{login}/{CONTOSO}/oauth2/v2.0/authorize"}
    document = simulation.http.get(f"{login}/common/discovery/instance", params=query).json()
    assert document["tenant_discovery_endpoint"].startswith(f"{login}/{CONTOSO}/")
    assert document["metadata"][0]["aliases"] == [login.removeprefix("https://")]
