"""The control API: reset, people and groups with their change log, scale, certificates, registrations."""

import ssl

from cryptography import x509

from m365_simulator.seed import CONTOSO
from tests.m365_simulator.simulation import Simulation


def changes(simulation: Simulation) -> list[tuple[str, bool]]:
    return [(change.kind, change.removed) for change in simulation.world.tenants[CONTOSO].changes]


def test_reset_brings_back_the_seeded_world_with_the_same_ids(simulation: Simulation) -> None:
    before = set(simulation.world.tenants[CONTOSO].users)
    simulation.control("DELETE", "/users/tom.becker@contoso.example")
    simulation.control("POST", "/switches", {"anything": 1})
    simulation.control("POST", "/time", {"advance_seconds": 3600})
    simulation.register({"Microsoft Graph": ["User.Read"]})
    simulation.control("POST", "/reset")
    assert set(simulation.world.tenants[CONTOSO].users) == before
    assert simulation.world.switches == {} and simulation.world.registrations == {}
    assert simulation.control("GET", "/time").json()["offset_seconds"] == 0


def test_people_come_change_and_go_and_the_change_log_says_so(simulation: Simulation) -> None:
    body = {"user_principal_name": "new@contoso.example", "aliases": ["neu@contoso.example"], "password": "x"}
    created = simulation.control("POST", "/tenants/contoso/users", body).json()
    user = simulation.world.tenants[CONTOSO].user_by_address("neu@contoso.example")
    assert user is not None and user.id == created["id"]
    assert user.proxy_addresses == ["SMTP:new@contoso.example", "smtp:neu@contoso.example"]
    simulation.control("PATCH", "/users/new@contoso.example", {"display_name": "New", "extra": {"jobTitle": "T"}})
    assert (user.display_name, user.extra["jobTitle"]) == ("New", "T")
    simulation.control("POST", f"/tenants/{CONTOSO}/groups/finance/members/new@contoso.example")
    simulation.control("DELETE", "/users/new@contoso.example")
    assert changes(simulation) == [
        ("user", False),
        ("user", False),
        ("group", False),
        ("group", False),
        ("user", True),
    ]
    group = simulation.world.tenants[CONTOSO].group_by_address("finance@contoso.example")
    assert group is not None and user.id not in group.members


def test_groups_can_hold_groups(simulation: Simulation) -> None:
    body = {"display_name": "Outer", "mail": "outer@contoso.example", "members": ["finance", "admin@contoso.example"]}
    created = simulation.control("POST", f"/tenants/{CONTOSO}/groups", body).json()
    tenant = simulation.world.tenants[CONTOSO]
    finance = tenant.group_by_address("finance@contoso.example")
    assert finance is not None and finance.id in tenant.groups[created["id"]].members
    simulation.control("DELETE", f"/tenants/{CONTOSO}/groups/outer@contoso.example")
    assert created["id"] not in tenant.groups


def test_names_that_do_not_exist_are_404(simulation: Simulation) -> None:
    base = simulation.addresses["control"] + "/_control"
    for method, path in (
        ("DELETE", "/users/nobody@contoso.example"),
        ("POST", "/tenants/nowhere/pim"),
        ("DELETE", f"/tenants/{CONTOSO}/groups/none"),
        ("DELETE", "/registrations/none"),
        ("GET", "/mailboxes/nobody@contoso.example"),
    ):
        assert simulation.http.request(method, base + path, json={"enabled": True}).status_code == 404, path


def test_bulk_fills_a_tenant_for_scale(simulation: Simulation) -> None:
    counts = simulation.control("POST", f"/tenants/{CONTOSO}/bulk", {"users": 2000, "groups": 50}).json()
    tenant = simulation.world.tenants[CONTOSO]
    assert counts == {"users": len(tenant.users), "groups": len(tenant.groups)} and len(tenant.users) > 2000
    assert len({user.user_principal_name for user in tenant.users.values()}) == len(tenant.users)
    assert all(len(group.members) == 20 for group in tenant.groups.values() if group.mail.startswith("group0"))


def test_certificates_for_others_chain_to_the_authority(simulation: Simulation) -> None:
    body = {"names": ["gw.mail.contoso.example", "127.0.0.1"]}
    answer = simulation.control("POST", "/certificates", body).json()
    leaf, authority = x509.load_pem_x509_certificates(answer["certificate_pem"].encode())
    leaf.verify_directly_issued_by(authority)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["gw.mail.contoso.example"]
    with open(simulation.addresses["ca"]) as file:
        assert ssl.PEM_cert_to_DER_cert(file.read()) == ssl.PEM_cert_to_DER_cert(answer["ca_pem"])


def test_a_registration_with_an_unknown_permission_is_refused(simulation: Simulation) -> None:
    body = {"display_name": "X", "required": [{"resource": "Microsoft Graph", "values": ["No.Such"]}]}
    response = simulation.http.post(simulation.addresses["control"] + "/_control/registrations", json=body)
    assert response.status_code == 400 and "No.Such" in response.json()["detail"]


def test_exchange_objects_can_be_changed_behind_the_products_back(simulation: Simulation) -> None:
    tenant = simulation.world.tenants[CONTOSO]
    tenant.exchange.objects.setdefault("TransportRule", {})["r-1"] = {"Name": "Rule", "State": "Enabled"}
    simulation.control("PATCH", f"/tenants/{CONTOSO}/exchange/TransportRule/r-1", {"State": "Disabled"})
    (rule,) = simulation.control("GET", f"/tenants/{CONTOSO}/exchange/TransportRule").json()
    assert rule == {"Name": "Rule", "State": "Disabled"}
    put = f"/tenants/{CONTOSO}/exchange/BlockedConnector/c-1"
    simulation.control("PUT", put, {"ConnectorId": "c-1"})
    assert simulation.control("GET", put.removesuffix("/c-1")).json() == [{"ConnectorId": "c-1"}]
    simulation.control("DELETE", f"/tenants/{CONTOSO}/exchange/TransportRule/r-1")
    assert simulation.control("GET", f"/tenants/{CONTOSO}/exchange/TransportRule").json() == []
