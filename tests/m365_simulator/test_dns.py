"""The simulated DNS, asked by dnspython over UDP and TCP."""

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from tests.m365_simulator.simulation import Simulation
from tests.patience import PATIENCE


def ask(simulation: Simulation, name: str, record_type: str, *, tcp: bool = False) -> dns.message.Message:
    host, _, port = simulation.addresses["dns"].partition(":")
    query = dns.message.make_query(name, record_type)
    if tcp:
        return dns.query.tcp(query, host, timeout=PATIENCE, port=int(port))
    return dns.query.udp(query, host, timeout=PATIENCE, port=int(port))


def texts(answer: dns.message.Message) -> list[str]:
    return [item.to_text() for rrset in answer.answer for item in rrset]


@pytest.mark.parametrize("tcp", [False, True])
def test_tenant_domains_lead_to_exchange_online_protection(simulation: Simulation, tcp: bool) -> None:
    answer = ask(simulation, "contoso.example", "MX", tcp=tcp)
    assert answer.flags & dns.flags.AA
    assert texts(answer) == ["0 contoso-example.mail.protection.outlook.com."]
    address = ask(simulation, "contoso-example.mail.protection.outlook.com", "A", tcp=tcp)
    assert texts(address) == ["127.0.0.1"]
    (spf,) = texts(ask(simulation, "contoso.example", "TXT", tcp=tcp))
    assert "include:spf.protection.outlook.com" in spf


def test_names_without_the_type_exist_and_other_names_do_not(simulation: Simulation) -> None:
    empty = ask(simulation, "contoso.example", "AAAA")
    assert (empty.rcode(), empty.answer) == (dns.rcode.NOERROR, [])
    parent = ask(simulation, "protection.outlook.com", "A")
    assert parent.rcode() == dns.rcode.NOERROR
    for name in ("nowhere.example", "other-example.mail.protection.outlook.com", "example.com"):
        assert ask(simulation, name, "A").rcode() == dns.rcode.NXDOMAIN


def test_outside_domains_have_mail_hosts_and_policies(simulation: Simulation) -> None:
    assert texts(ask(simulation, "northwind.example", "MX")) == ["10 mx.northwind.example."]
    assert texts(ask(simulation, "_dmarc.northwind.example", "TXT")) == ['"v=DMARC1; p=reject"']
    assert ask(simulation, "_dmarc.no-policy.example", "TXT").rcode() == dns.rcode.NXDOMAIN


def test_published_records_are_answered_and_long_ones_come_over_tcp(simulation: Simulation) -> None:
    key = "v=DKIM1; k=rsa; p=" + "A" * 700
    records = [
        {"name": "s1._domainkey.contoso.example", "type": "TXT", "texts": [key]},
        {"name": "www.contoso.example", "type": "CNAME", "texts": ["contoso.example."]},
        {"name": "Bad.Example", "type": "A", "texts": ["not an address"]},
    ]
    simulation.control("POST", "/dns", records)
    short = ask(simulation, "s1._domainkey.contoso.example", "TXT")
    assert short.flags & dns.flags.TC
    whole = ask(simulation, "s1._domainkey.contoso.example", "TXT", tcp=True)
    assert b"".join(whole.answer[0][0].strings).decode() == key
    assert texts(ask(simulation, "WWW.contoso.example", "A")) == ["contoso.example.", "127.0.0.1"]
    assert ask(simulation, "bad.example", "A").rcode() == dns.rcode.SERVFAIL
    simulation.control("POST", "/dns", [{"name": "www.contoso.example", "type": "CNAME", "texts": []}])
    assert ask(simulation, "www.contoso.example", "A").rcode() == dns.rcode.NXDOMAIN


def test_rubbish_is_not_answered_and_does_no_harm(simulation: Simulation) -> None:
    import socket

    host, _, port = simulation.addresses["dns"].partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
        datagram.sendto(b"\x00\x01rubbish", (host, int(port)))
    assert texts(ask(simulation, "contoso.example", "A")) == ["127.0.0.1"]
