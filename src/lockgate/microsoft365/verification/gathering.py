"""Reads everything that the questions need: Exchange always, Graph when it is granted, and the public DNS.

Rule: only Exchange is indispensable. What else cannot be read is `Unread`, with the sentence that says why.
"""

import asyncio
from collections.abc import Awaitable, Callable

from lockgate.microsoft365 import survey
from lockgate.microsoft365.directory_sync import Organisation
from lockgate.microsoft365.exchange_client import ExchangeClient
from lockgate.microsoft365.installation import Installation
from lockgate.microsoft365.survey import Survey
from lockgate.microsoft365.verification.evidence import Evidence, Unread
from lockgate.microsoft365.verification.sender_policy import SenderPolicy, TextRecords, sender_policy
from lockgate.model.errors import LockgateError, TemporaryError
from lockgate.model.service_account import ConsentStep, ServiceAccount

AT_ONCE = 8  # domains looked up in parallel
LONGEST = 20.0  # seconds for the DNS of all domains together
# Every tenant has one; its records are Microsoft's business.
MICROSOFTS_DOMAINS = (".onmicrosoft.com", ".onmicrosoft.us", ".onmschina.cn", ".partner.onmschina.cn")
NOT_GRANTED = "The permission to sync users and domains is not granted yet: grant it, then verify again."


async def gather(
    exchange: ExchangeClient,
    installation: Installation,
    account: ServiceAccount,
    organisation: Callable[[], Awaitable[Organisation]],
    texts: TextRecords,
) -> Evidence:
    """Everything about one tenant. Raises when Exchange does not answer at all."""
    found = await survey.take(exchange, extras=True)
    return Evidence(
        found,
        installation,
        frozenset(account.directions),
        await _graph_domains(account, organisation),
        await sender_policies(sending_domains(found, installation), texts),
    )


def sending_domains(found: Survey, installation: Installation) -> list[str]:
    """The domains in whose name people write: not Microsoft's own ones, and not the gateway's."""
    names = [domain.name for domain in found.domains]
    return [one for one in names if not one.endswith(MICROSOFTS_DOMAINS) and one != installation.gateway_host]


async def sender_policies(domains: list[str], texts: TextRecords) -> dict[str, SenderPolicy | Unread]:
    """The SPF policy of each domain, several at once, within `LONGEST`."""
    slots = asyncio.Semaphore(AT_ONCE)
    end = asyncio.get_running_loop().time() + LONGEST
    found: dict[str, SenderPolicy | Unread] = {}

    async def read(domain: str) -> None:
        try:
            async with asyncio.timeout_at(end), slots:
                found[domain] = await sender_policy(domain, texts)
        except TemporaryError as error:
            found[domain] = Unread(str(error))
        except TimeoutError:
            found[domain] = Unread(f"The DNS of {domain} did not answer in time.")

    async with asyncio.TaskGroup() as group:
        for domain in domains:
            group.create_task(read(domain))
    return {domain: found[domain] for domain in domains}


async def _graph_domains(
    account: ServiceAccount, organisation: Callable[[], Awaitable[Organisation]]
) -> tuple[str, ...] | Unread:
    if not account.granted(ConsentStep.DIRECTORY):
        return Unread(NOT_GRANTED)
    try:
        return (await organisation()).domains
    except LockgateError as error:
        return Unread(str(error))
