"""The gateway's certificate as the tenant judges it: whose name, vouched for by whom, and good for what."""

from collections.abc import Iterator
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from lockgate.bootstrap.gateway import peer_authorities
from lockgate.bootstrap.tenant_fitness.conversation import dns_names
from lockgate.bootstrap.tenant_fitness.subject import Subject
from lockgate.model.errors import ConfigurationError
from lockgate.model.fitness import Answer, Grade

INSIDE, CHAIN, USE = "Certificate: name in an accepted domain", "Certificate: public chain", "Certificate: as a client"
WHOSE = "Exchange takes mail for returned by us, and for this organisation's, by the name in our certificate alone."
VOUCHED = "Exchange hands mail over only to a certificate that a public authority vouches for, up to a known root."
CLIENT = "We show the same certificate as a client when mail goes back. Authorities have begun to leave that use out."


def certificate_answers(subject: Subject) -> Iterator[Answer]:
    """What the file says; that the running gateway shows it is asked at the door."""
    try:
        chain = x509.load_pem_x509_certificates(subject.identity.certificate.read_bytes())
    except (ConfigurationError, OSError, ValueError) as error:
        yield Answer(INSIDE, Grade.FAIL, str(error), "Set gateway.certificate and gateway.key to a pair.", WHOSE)
        return
    yield _inside(subject, chain[0])
    yield _vouched(chain, subject.gateway_host, _authorities(subject), subject.clock())
    yield _as_a_client(chain[0])


def _inside(subject: Subject, certificate: x509.Certificate) -> Answer:
    host, names = subject.gateway_host, dns_names(certificate)
    if host not in names:
        fix = f"Take a certificate for {host}, or set gateway.hostname (or [[gateway.names]]) to a name of this one."
        return Answer(INSIDE, Grade.FAIL, f"it is for {', '.join(sorted(names))}, not {host}", fix, WHOSE)
    if subject.account is None:
        detail = f"the organisation's accepted domains are not known yet; {host} must be one of them"
        return Answer(INSIDE, Grade.WARN, detail, "See that it is added and verified; it is asked again later.", WHOSE)
    if not any(domain.covers(host) for domain in subject.domains):
        fix = (
            f"Add {host} to the organisation's domains and verify it (Microsoft 365 admin center > Settings > Domains)."
        )
        return Answer(INSIDE, Grade.FAIL, f"{host} is none of the accepted domains", fix, WHOSE)
    others = sorted(name for name in names - {host} if _elsewhere(name, subject))
    if others and subject.settings.gateway.names:
        fix = f"Show this organisation a certificate for {host} alone: an entry under [[gateway.names]]."
        return Answer(INSIDE, Grade.WARN, f"it also carries {', '.join(others)}", fix, WHOSE)
    return Answer(INSIDE, Grade.PASS, host, "", WHOSE)


def _elsewhere(name: str, subject: Subject) -> bool:
    return not any(domain.covers(name) or name.endswith("." + domain.name) for domain in subject.domains)


def _authorities(subject: Subject) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(peer_authorities(subject.settings.gateway).read_bytes())


def _vouched(chain: list[x509.Certificate], host: str, roots: list[x509.Certificate], now: datetime) -> Answer:
    verifier = PolicyBuilder().store(Store(roots)).time(now).build_server_verifier(x509.DNSName(host))
    try:
        path = verifier.verify(chain[0], chain[1:])
    except (VerificationError, ValueError) as error:
        fix = "Put the whole chain into the file (certificate, then intermediates), of a public authority."
        return Answer(CHAIN, Grade.FAIL, f"not vouched for: {str(error)[:200]}", fix, VOUCHED)
    return Answer(CHAIN, Grade.PASS, f"by {path[-1].subject.rfc4514_string()}", "", VOUCHED)


def _as_a_client(certificate: x509.Certificate) -> Answer:
    try:
        uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return Answer(USE, Grade.PASS, "its use is not limited", "", CLIENT)
    if ExtendedKeyUsageOID.CLIENT_AUTH in uses or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in uses:
        return Answer(USE, Grade.PASS, "allowed", "", CLIENT)
    fix = "Ask the authority for one that allows client authentication; whether Exchange insists is not documented."
    return Answer(USE, Grade.WARN, "it is for servers only", fix, CLIENT)
