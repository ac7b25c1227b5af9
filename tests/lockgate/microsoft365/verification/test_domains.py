"""Domains in Exchange, in the directory and in the DNS."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from lockgate.bootstrap.microsoft365 import PublishedTexts
from lockgate.microsoft365.directory_sync import DirectorySync
from lockgate.microsoft365.graph_client import GraphClient
from lockgate.microsoft365.verification import Outcome, Unread, gather
from lockgate.microsoft365.verification.sender_policy import MOST_LOOKUPS, SenderPolicy, sender_policy
from lockgate.model.errors import TemporaryError
from lockgate.model.service_account import ConsentStep
from lockgate.settings import Settings
from lockgate.storage.engine import open_database
from m365_simulator.seed import CONTOSO
from tests.lockgate.microsoft365.conftest import Tenant
from tests.lockgate.microsoft365.verification.verified import (
    NOW,
    account,
    by_hand,
    check,
    graph_is_away,
    ours,
    verified,
)
from tests.m365_simulator.simulation import GRAPH_SCOPE
from tests.patience import PATIENCE

SAME, SENDERS, CERTIFICATE = "domains-agree", "spf-record", "certificate-name"
GRANTED = account(granted=(ConsentStep.DIRECTORY,))


@pytest.fixture
async def directory(tenant: Tenant, tmp_path: Path) -> AsyncIterator[DirectorySync]:
    """The tenant's real Graph, with an application that may read domains."""
    simulation = tenant.simulation
    application = simulation.register(
        {"Microsoft Graph": ["Domain.Read.All", "Organization.Read.All"]}, "Lockgate Directory"
    )
    await asyncio.to_thread(simulation.consent, application)

    async def token(_fresh: bool) -> str:
        return await asyncio.to_thread(simulation.app_token, application, GRAPH_SCOPE)

    database = open_database(f"sqlite:///{tmp_path / 'lockgate.db'}")
    async with httpx.AsyncClient(verify=simulation.tls, timeout=PATIENCE, trust_env=False) as http:
        graph = GraphClient(http, simulation.addresses["graph"], token, asyncio.sleep)
        yield DirectorySync(graph, database, CONTOSO, lambda: NOW)
    database.close()


def published(tenant: Tenant) -> PublishedTexts:
    return PublishedTexts(Settings(nameservers=(tenant.simulation.addresses["dns"],)))


async def test_the_directory_and_exchange_agree(tenant: Tenant, directory: DirectorySync) -> None:
    found = await gather(tenant.exchange, ours(), GRANTED, directory.organisation, published(tenant))
    assert check(found, SAME).outcome is Outcome.PASS
    await asyncio.to_thread(
        tenant.simulation.control, "POST", f"/tenants/{CONTOSO}/domains", {"name": "new.example", "is_verified": True}
    )
    known = await directory.organisation()  # as if Exchange had not yet heard of the new domain
    later = check(replace(found, graph_domains=known.domains), SAME)
    assert later.outcome is Outcome.WARN and "new.example" in later.detail and later.fix


async def test_a_domain_that_the_directory_has_not_verified_is_named() -> None:
    found = replace(by_hand("contoso.example", "old.example"), graph_domains=("contoso.example",))
    assert check(found, SAME).outcome is Outcome.WARN
    assert "no verified domain old.example" in check(found, SAME).detail


async def test_a_graph_that_is_not_granted_or_away_is_unknown(tenant: Tenant) -> None:
    waiting = (await verified(tenant))[SAME]
    assert waiting.outcome is Outcome.UNKNOWN and "grant it" in waiting.detail
    away = (await verified(tenant, who=GRANTED))[SAME]
    assert away.outcome is Outcome.UNKNOWN and "does not answer" in away.detail


async def test_a_certificate_outside_the_accepted_domains_fails(tenant: Tenant) -> None:
    assert (await verified(tenant))[CERTIFICATE].outcome is Outcome.PASS
    below = await verified(tenant, ours("gw2.contoso.example"))
    assert below[CERTIFICATE].outcome is Outcome.FAIL and "below contoso" in below[CERTIFICATE].detail
    outside = await verified(tenant, ours("gw.elsewhere.example"))
    assert outside[CERTIFICATE].outcome is Outcome.FAIL


def publish(tenant: Tenant, name: str, *texts: str) -> None:
    tenant.simulation.control("POST", "/dns", [{"name": name, "type": "TXT", "texts": list(texts)}])


async def test_the_senders_policies_are_read_from_the_dns(tenant: Tenant) -> None:
    fine = (await verified(tenant))[SENDERS]
    assert fine.outcome is Outcome.PASS and fine.detail.startswith("1 ")  # not the gateway's, not Microsoft's own
    publish(tenant, "contoso.example", "v=spf1 ip4:198.51.100.1 -all")
    without = (await verified(tenant))[SENDERS]
    assert without.outcome is Outcome.WARN and "contoso.example does not name Microsoft" in without.detail
    assert "include:spf.protection.outlook.com" in without.fix
    publish(tenant, "contoso.example", "v=spf1 include:_hosts.contoso.example ~all", "v=spf10 is something else")
    publish(tenant, "_hosts.contoso.example", "v=spf1 redirect=_more.contoso.example")
    publish(tenant, "_more.contoso.example", "V=SPF1 Include:SPF.Protection.Outlook.com -all")
    assert (await verified(tenant))[SENDERS].outcome is Outcome.PASS


async def test_a_dns_that_does_not_answer_is_unknown(tenant: Tenant) -> None:
    async def silent(domain: str) -> list[str]:
        raise TemporaryError(f"TXT of {domain} could not be looked up")

    found = check(await gather(tenant.exchange, ours(), account(), graph_is_away, silent), SENDERS)
    assert found.outcome is Outcome.UNKNOWN and "contoso.example could not be looked up" in found.detail


@pytest.mark.parametrize(
    ("records", "policy"),
    [
        ([], SenderPolicy.NO_RECORD),
        (["google-site-verification=1"], SenderPolicy.NO_RECORD),
        (["v=spf1 -all", "v=spf1 include:spf.protection.outlook.com"], SenderPolicy.SEVERAL_RECORDS),
        (["v=spf1 -include:spf.protection.outlook.com ?all"], SenderPolicy.WITHOUT_MICROSOFT),
        (["v=spf1 +include:spf.protection.outlook.com ?all"], SenderPolicy.NAMES_MICROSOFT),
        (["v=spf1 include:spf.protection.office365.us -all"], SenderPolicy.NAMES_MICROSOFT),
        (["v=spf1 include:%{i}.hosts.example -all"], SenderPolicy.WITHOUT_MICROSOFT),
    ],
)
async def test_what_a_record_says(records: list[str], policy: SenderPolicy) -> None:
    async def texts(domain: str) -> list[str]:
        assert "%" not in domain
        return records

    assert await sender_policy("contoso.example", texts) is policy


async def test_records_that_name_each_other_end() -> None:
    asked: list[str] = []

    async def endless(domain: str) -> list[str]:
        asked.append(domain)
        return [f"v=spf1 include:{domain} include:a.{domain} -all"]

    assert await sender_policy("x.example", endless) is SenderPolicy.WITHOUT_MICROSOFT
    assert len(asked) <= MOST_LOOKUPS + 1


async def test_a_domain_that_was_looked_up_and_failed_does_not_hide_a_wrong_one() -> None:
    policies: dict[str, SenderPolicy | Unread] = {
        "a.example": Unread("TXT of a.example could not be looked up"),
        "b.example": SenderPolicy.NO_RECORD,
    }
    found = check(replace(by_hand(), sender_policies=policies), SENDERS)
    assert found.outcome is Outcome.WARN and found.detail == "b.example has no SPF record"
