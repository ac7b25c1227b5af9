"""The gateway's name in the DNS: where Exchange finds it, and how our addresses are called."""

import time
from collections.abc import AsyncIterator

import dns.reversename

from lockgate.bootstrap.tenant_fitness.subject import Subject
from lockgate.lookups.dns import DnsLookups
from lockgate.model.errors import TemporaryError
from lockgate.model.fitness import Answer, Grade
from lockgate.sender_authentication.spf import evaluate

FORWARD = "Exchange looks up the smart host of its connector by this name, over and over; without an answer mail waits."
IPV6 = "Exchange may then come over IPv6, where nobody listens; its lists for us take IPv4 addresses only."
REVERSE = "Exchange names the host behind an address by its PTR record; one without is met with more suspicion."
HELO = "Reports of ours come with an empty sender, so that SPF is judged by the gateway's own name (RFC 7208 §2.4)."


async def name_answers(subject: Subject) -> AsyncIterator[Answer]:
    """A, AAAA and PTR records, and the SPF record of the name itself."""
    lookups = DnsLookups(subject.settings.nameservers, time.monotonic)
    host = subject.gateway_host
    try:
        yield await _forward(lookups, subject, host)
        yield await _ipv6(lookups, host)
        yield await _reverse(lookups, subject)
        yield await _helo(lookups, subject, host)
    except TemporaryError as error:
        fix = "Check nameservers in the settings and this machine's way to them."
        yield Answer("DNS answers", Grade.FAIL, str(error), fix, FORWARD)


async def _forward(lookups: DnsLookups, subject: Subject, host: str) -> Answer:
    question, found = "Gateway name: A record", await lookups.addresses(host)
    if not found:
        wanted = ", ".join(subject.settings.microsoft365.source_addresses) or "its public IPv4 address"
        return Answer(question, Grade.FAIL, f"{host} has no A record", f"Publish {host}. IN A {wanted}", FORWARD)
    return Answer(question, Grade.PASS, f"{host}: {', '.join(found)}", "", FORWARD)


async def _ipv6(lookups: DnsLookups, host: str) -> Answer:
    question, found = "Gateway name: no AAAA record", await lookups.addresses(host, ipv6=True)
    if found:
        return Answer(question, Grade.WARN, f"{host}: {', '.join(found)}", "Take the AAAA record away.", IPV6)
    return Answer(question, Grade.PASS, "none", "", IPV6)


async def _reverse(lookups: DnsLookups, subject: Subject) -> Answer:
    question, wrong, fine = "Source addresses: PTR records", [], []
    for address in subject.settings.microsoft365.source_addresses:
        names = [str(name).rstrip(".") for name in await lookups.names(str(dns.reversename.from_address(address)))]
        confirmed = [name for name in names if address in await lookups.addresses(name)]
        if confirmed:
            fine.append(f"{address} is {confirmed[0]}")
        else:
            wrong.append(f"{address} " + (f"is {names[0]}, which has another address" if names else "has none"))
    if wrong:
        fix = "Ask the provider of the address for a PTR record whose name has this address as its A record."
        return Answer(question, Grade.WARN, "; ".join(wrong), fix, REVERSE)
    return Answer(question, Grade.PASS, "; ".join(fine) or "no source addresses are set", "", REVERSE)


async def _helo(lookups: DnsLookups, subject: Subject, host: str) -> Answer:
    question = "SPF record of the gateway's name"
    addresses = subject.settings.microsoft365.source_addresses
    results = {address: (await evaluate(address, "", host, lookups)).result for address in addresses}
    refused = [f"{address}: {result}" for address, result in results.items() if result not in ("pass", "none")]
    if refused:
        listed = " ".join(f"ip4:{address}" for address in addresses)
        fix = f'Publish {host}. IN TXT "v=spf1 {listed} -all"; nothing else sends under this name.'
        return Answer(question, Grade.WARN, "; ".join(refused), fix, HELO)
    return Answer(question, Grade.PASS, "allows our addresses, or is not there", "", HELO)
