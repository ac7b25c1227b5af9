"""Which of the gateway's names an organisation is to know it by."""

import pytest

from lockgate.microsoft365.installation import Installation
from lockgate.model.clock import system_clock
from lockgate.model.tenant import AcceptedDomain

GATEWAY = Installation(
    "id", "gw.provider.example", ("192.0.2.1",), system_clock, other_names=("gw.contoso.example", "mx.fabrikam.example")
)


@pytest.mark.parametrize(
    ("domains", "name"),
    [
        ((AcceptedDomain("contoso.example"), AcceptedDomain("gw.contoso.example")), "gw.contoso.example"),
        ((AcceptedDomain("fabrikam.example", match_subdomains=True),), "mx.fabrikam.example"),
        ((AcceptedDomain("contoso.example"),), "gw.contoso.example"),  # one step away: verification says which
        ((AcceptedDomain("contoso.example"), AcceptedDomain("mx.fabrikam.example")), "mx.fabrikam.example"),
        ((AcceptedDomain("nearcontoso.example"),), "gw.provider.example"),
        ((), "gw.provider.example"),
    ],
)
def test_an_organisation_knows_the_gateway_by_a_name_in_its_own_domain(
    domains: tuple[AcceptedDomain, ...], name: str
) -> None:
    assert GATEWAY.serving(domains).gateway_host == name
