"""Is this installation fit to run? Reads and connects, never changes; each answer says what to do.

Rule: a question that cannot be answered is a failure with its cause, and does not stop the others.
"""

import asyncio
import stat
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import dns.exception
import httpx
from cryptography import x509

from lockgate.bootstrap.arc import arc_sealer, publishing_problem
from lockgate.bootstrap.clouds import cloud
from lockgate.bootstrap.link_fitness import link_fitness
from lockgate.bootstrap.microsoft365 import MailHosts, authorities, registrations
from lockgate.bootstrap.parts import Parts, identity, open_parts
from lockgate.bootstrap.scanner_fitness import scanner_fitness
from lockgate.lookups.next_hops import resolver
from lockgate.model.clock import system_clock
from lockgate.model.errors import LockgateError
from lockgate.model.fitness import Answer, Grade
from lockgate.model.service_account import ServiceAccount
from lockgate.settings import Settings
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.letters import Letters
from lockgate.storage.outbox import Outbox
from lockgate.storage.service_accounts import ServiceAccounts

SOON = timedelta(days=21)  # before a certificate ends
OLD = timedelta(hours=1)  # of a message that waits in the outbox
PATIENCE = 5.0  # seconds for one connection


async def examine(settings: Settings) -> list[Answer]:
    """Every question in order."""
    answers = [_data_directory(settings), *_certificate(settings), *_settings(settings), *_applications(settings)]
    answers += await asyncio.gather(
        _gateway(settings),
        _console(settings),
        _nameservers(settings),
        _arc(settings),
        *(one() for one in _microsoft(settings)),
        *scanner_fitness(settings.scanners, settings.detection.yara_rules),
        *link_fitness(settings.click_time),
    )
    try:
        with open_parts(settings) as parts:
            answers.append(Answer("Database", Grade.PASS, "opened; its tables are up to date"))
            answers += await _stored(parts)
    except (LockgateError, OSError) as error:
        answers.append(Answer("Database", Grade.FAIL, str(error), "See database_url, blob_url and data_directory."))
    return answers


def _data_directory(settings: Settings) -> Answer:
    folder, question = settings.data_directory, "Data directory"
    try:
        mode = folder.stat().st_mode
    except FileNotFoundError:
        return Answer(question, Grade.WARN, f"{folder} is not there; it is made at the first start")
    except OSError as error:
        return Answer(question, Grade.FAIL, f"{folder}: {error.strerror}", "Give the account of Lockgate access to it.")
    if stat.S_IMODE(mode) & 0o077:
        fix = f"chmod 700 {folder}: the key that secrets are sealed with is in it."
        return Answer(question, Grade.FAIL, f"others may look into {folder}", fix)
    return Answer(question, Grade.PASS, f"{folder}, closed to others")


def _certificate(settings: Settings) -> Iterator[Answer]:
    question = "Gateway certificate"
    try:
        certificate = x509.load_pem_x509_certificate(identity(settings.gateway).certificate.read_bytes())
    except (LockgateError, OSError, ValueError) as error:
        yield Answer(question, Grade.FAIL, str(error), "Set gateway.certificate and gateway.key to a matching pair.")
        return
    yield _validity(question, certificate)
    names = _names(certificate)
    if settings.gateway.hostname.lower() in names:
        yield Answer("Gateway name", Grade.PASS, settings.gateway.hostname)
    else:
        fix = "Set gateway.hostname to a name of the certificate."
        yield Answer("Gateway name", Grade.FAIL, f"the certificate is for {', '.join(sorted(names))}", fix)


def _settings(settings: Settings) -> Iterator[Answer]:
    if settings.microsoft365.source_addresses:
        yield Answer("Source addresses", Grade.PASS, ", ".join(settings.microsoft365.source_addresses))
    else:
        fix = "Set microsoft365.source_addresses to the public IPv4 addresses from which mail goes back."
        yield Answer("Source addresses", Grade.FAIL, "none: no plan can be made", fix)
    address = settings.console.public_url
    if address.startswith("https://"):
        yield Answer("Console address", Grade.PASS, address)
    else:
        fix = "Set console.public_url to the https address that browsers use; Microsoft redirects only there."
        yield Answer("Console address", Grade.WARN, address, fix)


def _applications(settings: Settings) -> Iterator[Answer]:
    question = "Applications"
    try:
        found = registrations(settings.microsoft365)
        certificates = {one.name: x509.load_pem_x509_certificate(one.certificate.encode()) for one in found.values()}
    except (LockgateError, ValueError) as error:
        yield Answer(question, Grade.FAIL, str(error), "docs/operations.md says how the applications are set up.")
        return
    if len(found) < 2:
        fix = "Set microsoft365.mail_flow_app and directory_app; docs/operations.md says how."
        yield Answer(question, Grade.FAIL, f"{len(found)} of 3 are set up", fix)
    for name, certificate in certificates.items():
        yield _validity(f"Application {name}", certificate)


async def _gateway(settings: Settings) -> Answer:
    question, gateway = "Gateway port", settings.gateway
    host = "127.0.0.1" if gateway.listen in ("0.0.0.0", "::") else gateway.listen  # noqa: S104 - compared, not bound
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(host, gateway.port)
            greeting = (await reader.readline()).decode(errors="replace").strip()
            writer.close()
    except OSError:
        return Answer(question, Grade.WARN, f"nobody listens on {host}:{gateway.port}", "Start `lockgate serve`.")
    if gateway.hostname in greeting:
        return Answer(question, Grade.PASS, greeting)
    return Answer(
        question, Grade.FAIL, f"somebody else answers: {greeting}", "Stop the other mail server on this port."
    )


async def _console(settings: Settings) -> Answer:
    question, console = "Console port", settings.console
    host = "127.0.0.1" if console.listen in ("0.0.0.0", "::") else console.listen  # noqa: S104 - compared, not bound
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(host, console.port)
            writer.close()
    except OSError:
        return Answer(question, Grade.WARN, f"nobody listens on {host}:{console.port}", "Start `lockgate serve`.")
    return Answer(question, Grade.PASS, f"{host}:{console.port} answers")


async def _nameservers(settings: Settings) -> Answer:
    name = settings.gateway.hostname
    try:
        found = await resolver(settings.nameservers).resolve(name, "A", lifetime=PATIENCE, raise_on_no_answer=False)
    except dns.exception.DNSException as error:
        fix = "The tenant's connector finds the gateway by this name: give it an A record, and check nameservers."
        return Answer("DNS", Grade.WARN, f"{name}: {error}", fix)
    return Answer("DNS", Grade.PASS, f"{name}: {', '.join(str(one) for one in found) or 'no A record'}")


async def _arc(settings: Settings) -> Answer:
    question = "ARC key"
    try:
        sealer = arc_sealer(settings)
    except LockgateError as error:
        return Answer(question, Grade.FAIL, str(error), "Give arc.key a key file, or empty the section [arc].")
    if sealer is None:
        return Answer(question, Grade.PASS, "off: mail goes back unsealed; docs/operations.md says what a seal is for")
    problem = await publishing_problem(settings, sealer)
    if problem is not None:
        return Answer(question, Grade.FAIL, problem.what, f"Publish this record: {problem.record}")
    return Answer(question, Grade.PASS, f"published for {sealer.selector}._domainkey.{sealer.domain}")


def _microsoft(settings: Settings) -> Iterator[Callable[[], Awaitable[Answer]]]:
    try:
        hosts = cloud(settings.microsoft365)
        trust = authorities(settings.microsoft365)
    except (LockgateError, OSError) as error:
        why = str(error)
        yield lambda: _said(Answer("Microsoft 365", Grade.FAIL, why, "See microsoft365.cloud."))
        return

    def asking(name: str, address: str) -> Callable[[], Awaitable[Answer]]:
        return lambda: _reached(name, address, httpx.AsyncClient(verify=trust, timeout=PATIENCE, trust_env=False))

    for name in ("login", "graph", "exchange", "activity"):
        yield asking(name, getattr(hosts, name))


async def _said(answer: Answer) -> Answer:
    return answer


async def _reached(name: str, address: str, http: httpx.AsyncClient) -> Answer:
    """Any answer over verified TLS will do."""
    async with http:
        try:
            await http.get(address)
        except httpx.HTTPError as error:
            why = f"{address}: {error or type(error).__name__}"
            return Answer(f"Microsoft 365 ({name})", Grade.FAIL, why, "Let this machine reach it over HTTPS.")
    return Answer(f"Microsoft 365 ({name})", Grade.PASS, address)


async def _stored(parts: Parts) -> list[Answer]:
    with parts.database.read() as unit:
        backlog = Outbox(unit).backlog()
        waiting, oldest = HeldMessages(unit).waiting()
        letters = Letters(unit).waiting()
        accounts = [one for one in ServiceAccounts(unit, parts.vault).all() if one.domains]
    answers = [_outbox(backlog.recipients, backlog.oldest), _letters(*letters)]
    since = f", the oldest since {oldest:%Y-%m-%d}" if oldest else ""
    answers.append(Answer("Quarantine", Grade.PASS, f"{waiting} recipients wait{since}"))
    for account in accounts:
        answers.append(_account(account))
        answers.append(await _mail_host(parts.settings, account))
    return answers


def _outbox(recipients: int, oldest: datetime | None) -> Answer:
    if oldest is not None and system_clock() - oldest > OLD:
        fix = "See the trace of these messages for what the tenant's host answers, and whether a controller runs."
        return Answer("Outbox", Grade.FAIL, f"{recipients} recipients wait, since {oldest:%Y-%m-%d %H:%M}", fix)
    return Answer("Outbox", Grade.PASS, f"{recipients} recipients wait")


def _letters(count: int, oldest: datetime | None, problem: str) -> Answer:
    """Notifications, digests and answers of ours that their server has not taken yet."""
    if oldest is None or system_clock() - oldest <= OLD:
        return Answer("Letters", Grade.PASS, f"{count} wait")
    why = f", the last answer: {problem}" if problem else ""
    fix = "Check [notifications] in the settings, and whether a controller runs; letters are tried again by themselves."
    return Answer("Letters", Grade.FAIL, f"{count} wait, since {oldest:%Y-%m-%d %H:%M}{why}", fix)


def _account(account: ServiceAccount) -> Answer:
    question = f"Service account {account.tenant_name}"
    if account.problem:
        return Answer(question, Grade.FAIL, account.problem, "Open it in the console.")
    return Answer(question, Grade.PASS, account.status.value)


async def _mail_host(settings: Settings, account: ServiceAccount) -> Answer:
    question = f"Mail host of {account.tenant_name}"
    try:
        return Answer(question, Grade.PASS, await MailHosts(settings).find(account.domains))
    except LockgateError as error:
        return Answer(question, Grade.FAIL, str(error), "Check the MX records and this machine's nameservers.")


def _validity(question: str, certificate: x509.Certificate) -> Answer:
    left = certificate.not_valid_after_utc - system_clock()
    until = f"valid until {certificate.not_valid_after_utc:%Y-%m-%d}"
    if left < timedelta(0):
        return Answer(question, Grade.FAIL, until, "Renew it now: nothing works with it any more.")
    if left < SOON:
        return Answer(question, Grade.WARN, until, "Renew it.")
    return Answer(question, Grade.PASS, until)


def _names(certificate: x509.Certificate) -> set[str]:
    with suppress(x509.ExtensionNotFound):
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return {name.lower() for name in names.get_values_for_type(x509.DNSName)}
    return set()
