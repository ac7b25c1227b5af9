"""A tenant of the simulation verified over HTTPS and DNS, as the product does it; and evidence made by hand."""

from collections.abc import Mapping
from datetime import UTC, datetime

from lockgate.bootstrap.microsoft365 import PublishedTexts
from lockgate.microsoft365.directory_sync import Organisation
from lockgate.microsoft365.exchange_client import Json
from lockgate.microsoft365.installation import Installation
from lockgate.microsoft365.survey import Survey
from lockgate.microsoft365.verification import Check, Evidence, Outcome, gather, verify
from lockgate.model.envelope import Direction
from lockgate.model.errors import TemporaryError
from lockgate.model.service_account import AccountStatus, ConsentStep, ServiceAccount
from lockgate.model.tenant import AcceptedDomain, Protection
from lockgate.settings import Settings
from m365_simulator.seed import CONTOSO
from tests.lockgate.microsoft365.conftest import Tenant
from tests.lockgate.microsoft365.test_plan_and_apply import LIVE

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SEALER = "seals.contoso.example"


def ours(host: str = LIVE.gateway_host, sealer: str = SEALER) -> Installation:
    return Installation(LIVE.installation, host, LIVE.source_addresses, lambda: NOW, sealer=sealer)


def account(*directions: Direction, granted: tuple[ConsentStep, ...] = ()) -> ServiceAccount:
    """A service account of the tenant; for both directions unless some are named."""
    wanted = dict.fromkeys(directions or Direction, Protection.OFF)
    consents = dict.fromkeys((ConsentStep.MAIL_FLOW, *granted), NOW)
    return ServiceAccount("a", CONTOSO, "Contoso", AccountStatus.READY, wanted, False, NOW, "ada", consents)


async def graph_is_away() -> Organisation:
    raise TemporaryError("Microsoft Graph does not answer; try again later.")


async def verified(
    tenant: Tenant, installation: Installation | None = None, who: ServiceAccount | None = None
) -> dict[str, Check]:
    """Every check by id; DNS is the simulation's."""
    texts = PublishedTexts(Settings(nameservers=(tenant.simulation.addresses["dns"],)))
    found = await gather(tenant.exchange, installation or ours(), who or account(), graph_is_away, texts)
    return {check.question.id: check for check in verify(found)}


def by_hand(*domains: str, **extras: list[Json]) -> Evidence:
    """Evidence with these accepted domains and these answers, by the noun of the Get- cmdlet."""
    raw: Mapping[str, list[Json]] = {f"Get-{noun}": found for noun, found in extras.items()}
    return Evidence(Survey(tuple(AcceptedDomain(one) for one in domains), {}, raw), ours())


def check(evidence: Evidence, question: str) -> Check:
    return next(one for one in verify(evidence) if one.question.id == question)


def outcomes(checks: Mapping[str, Check]) -> dict[str, Outcome]:
    """What is not as it should be; Safe Links is never known."""
    return {
        name: one.outcome for name, one in checks.items() if one.outcome is not Outcome.PASS and name != "safe-links"
    }
