"""Port 25 in both directions: our own door as Exchange comes to it, and the tenant's as we come to it."""

import re
import ssl
import time
from collections.abc import AsyncIterator

from lockgate.bootstrap.parts import next_hops
from lockgate.bootstrap.tenant_fitness.conversation import Conversation, NoConversation, converse
from lockgate.bootstrap.tenant_fitness.subject import Subject
from lockgate.lookups.dns import DnsLookups
from lockgate.model.errors import LockgateError, TemporaryError
from lockgate.model.fitness import Answer, Grade
from lockgate.smtp.tls import client_context

IN, OUT, SEEN = "Port 25 from outside", "Port 25 to the organisation", "Source address as the tenant sees it"
INWARD = "Exchange connects to this name on port 25, wants STARTTLS, and delivers only to a certificate that proves it."
OUTWARD = "Mail goes back to the tenant's own host on port 25, over TLS, with our certificate."
SEEN_AS = "Rules and lists of the tenant name the addresses that returned mail comes from; another one is a stranger's."
WITHOUT_NAME = "Certificate without a name asked for"
CLAIMED = re.compile(r"\[([0-9A-Fa-f.:]+)\]")  # Exchange greets by address: `250-HOST Hello [192.0.2.1]`
FIXES = {
    "connect": "Let the world reach port {port} of this machine (firewall, provider, port forwarding), and start "
    "`lockgate serve`. From inside a network with one-way forwarding this can fail although Exchange gets through: "
    "then ask from outside.",
    "greeting": "Another mail server or a filter answers on this port; take it away.",
    "ehlo": "Another mail server or a filter answers on this port; take it away.",
    "starttls": "A filter on the way takes STARTTLS away (often a firewall's mail inspection); switch it off.",
    "tls": "Use a certificate of a public authority for {name}, with all intermediate certificates in the file.",
}


async def door_answers(subject: Subject) -> AsyncIterator[Answer]:
    """Our door first, then the tenant's."""
    yield await _inward(subject)
    if subject.settings.gateway.names:
        yield await _without_a_name(subject)
    async for answer in _outward(subject):
        yield answer


async def _inward(subject: Subject) -> Answer:
    name = subject.gateway_host
    try:
        found = await _knock(subject, client_context(None, subject.settings.gateway.peer_ca), name)
    except NoConversation as failure:
        fix = FIXES.get(failure.stage, FIXES["connect"]).format(port=subject.port, name=name)
        return Answer(IN, Grade.FAIL, str(failure), fix, INWARD)
    if subject.settings.gateway.hostname not in found.greeting:
        return Answer(IN, Grade.FAIL, f"somebody else answers: {found.greeting[:100]}", FIXES["greeting"], INWARD)
    return Answer(IN, Grade.PASS, f"{name} answers and proves its name over {found.tls}", "", INWARD)


async def _without_a_name(subject: Subject) -> Answer:
    """A gateway with several names shows the first certificate to who does not say which name it came for."""
    meaning = "Whether Exchange names the host that it came for (SNI) is not documented."
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        found = await _knock(subject, context, "")
    except NoConversation as failure:
        return Answer(WITHOUT_NAME, Grade.WARN, str(failure), "See above.", meaning)
    gateway = subject.settings.gateway
    missing = sorted({gateway.hostname.lower(), *(one.hostname.lower() for one in gateway.names)} - found.names)
    if missing:
        fix = (
            "Put all names into gateway.certificate, and give each organisation a certificate with its own name alone "
            "under [[gateway.names]]."
        )
        return Answer(WITHOUT_NAME, Grade.WARN, f"does not carry {', '.join(missing)}", fix, meaning)
    return Answer(WITHOUT_NAME, Grade.PASS, "carries all names", "", meaning)


async def _knock(subject: Subject, context: ssl.SSLContext, name: str) -> Conversation:
    host = subject.gateway_host
    try:
        addresses = await DnsLookups(subject.settings.nameservers, time.monotonic).addresses(host)
    except TemporaryError as error:
        raise NoConversation("connect", str(error)) from error
    if not addresses:
        raise NoConversation("connect", f"{host} has no address")
    return await converse(addresses[0], subject.port, host, context, name)


async def _outward(subject: Subject) -> AsyncIterator[Answer]:
    host = await subject.mail_host()
    if not host:
        fix = "Give a domain of it with --domain, or grant access; and check that its MX records are Microsoft's."
        yield Answer(OUT, Grade.WARN, "the organisation's mail host is not known", fix, OUTWARD)
        return
    try:
        [hop, *_] = await next_hops(subject.settings).locate(host)
        context = client_context(subject.identity, subject.settings.gateway.peer_ca)
        found = await converse(hop.host, hop.port, subject.gateway_host, context, host)
    except (NoConversation, LockgateError) as failure:
        fix = "Let this machine connect to port 25 of *.mail.protection.outlook.com; many providers open it on request."
        yield Answer(OUT, Grade.FAIL, f"{host}: {failure}", fix, OUTWARD)
        return
    yield Answer(OUT, Grade.PASS, f"{host} answers over {found.tls}", "", OUTWARD)
    yield _seen(subject, found.hello)


def _seen(subject: Subject, hello: str) -> Answer:
    named, wanted = CLAIMED.search(hello), subject.settings.microsoft365.source_addresses
    if named is None:
        return Answer(SEEN, Grade.WARN, f"the host does not say it: {hello[:100]}", "Compare it yourself.", SEEN_AS)
    if named[1] not in wanted:
        fix = f"Set microsoft365.source_addresses to {named[1]}, or send from what is set; then apply the plan."
        return Answer(SEEN, Grade.FAIL, f"{named[1]}, set is {', '.join(wanted) or 'none'}", fix, SEEN_AS)
    return Answer(SEEN, Grade.PASS, named[1], "", SEEN_AS)
