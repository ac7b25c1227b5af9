"""The Exchange client: pages, waits, tokens, and answers that must never be taken for "there is nothing"."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from lockgate.microsoft365.exchange_client import ExchangeClient
from lockgate.microsoft365.exchange_errors import AccessDenied, AlreadyThere, ExchangeError, NotFound, Referenced
from lockgate.microsoft365.exchange_roles import lacking
from lockgate.model.errors import TemporaryError
from m365_simulator.seed import CONTOSO
from tests.lockgate.microsoft365.conftest import Tenant
from tests.lockgate.microsoft365.people import assign_role, remove_role
from tests.patience import PATIENCE


async def test_all_pages_are_read(tenant: Tenant) -> None:
    for number in range(4):
        await tenant.exchange.run("New-TransportRule", Name=f"Rule {number}", SubjectContainsWords=["a"], SetSCL="1")
    bounded = BoundedPages(tenant.exchange.http, 3)
    client = replace(tenant.exchange, http=bounded)  # type: ignore[arg-type]
    found = await client.run("Get-TransportRule", ResultSize="Unlimited")
    assert [rule["Name"] for rule in found] == [f"Rule {number}" for number in range(4)]
    assert bounded.requests == 2


class BoundedPages:
    """The same client, with fewer objects on a page."""

    def __init__(self, http: httpx.AsyncClient, size: int) -> None:
        self.http = http
        self.size = size
        self.requests = 0

    async def post(self, url: str, *, json: object, headers: dict[str, str]) -> httpx.Response:
        self.requests += 1
        return await self.http.post(url, json=json, headers=headers | {"Prefer": f"odata.maxpagesize={self.size}"})


async def test_a_link_to_another_host_gets_no_token(tenant: Tenant) -> None:
    body = {"value": [], "@odata.nextLink": "https://elsewhere.example/adminapi/beta/more"}
    tenant.fault("status", "*#Get-AcceptedDomain", status=200, body=body)
    with pytest.raises(ExchangeError, match="another host"):
        await tenant.exchange.run("Get-AcceptedDomain")


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"value": null}', "<html>sign in</html>"])
async def test_an_answer_without_values_is_not_an_empty_list(tenant: Tenant, body: str) -> None:
    tenant.fault("status", "*#Get-TransportRule", remaining=-1, status=200, body=body)
    with pytest.raises(TemporaryError):
        await tenant.exchange.run("Get-TransportRule")


async def test_pauses_double_and_spread_unless_exchange_says_how_long(tenant: Tenant) -> None:
    tenant.fault("throttle", "*#Get-AcceptedDomain", retry_after=9)
    tenant.fault("status", "*#Get-AcceptedDomain", remaining=2, status=503)
    tenant.fault("drop", "*#Get-AcceptedDomain")
    calm = replace(tenant.exchange, spread=lambda: 0.0)
    assert await calm.run("Get-AcceptedDomain")
    assert tenant.waits == [9.0, 1.0, 2.0, 4.0]


async def test_a_401_asks_for_one_new_token_and_then_believes_it(tenant: Tenant) -> None:
    tenant.fault("status", "*#Get-AcceptedDomain", status=401)
    assert await tenant.exchange.run("Get-AcceptedDomain")
    assert len(tenant.tokens) == 2 and not tenant.waits
    tenant.fault("status", "*#Get-AcceptedDomain", remaining=-1, status=401)
    with pytest.raises(AccessDenied):
        await tenant.exchange.run("Get-AcceptedDomain")
    assert len(tenant.tokens) == 3


async def test_exchanges_refusals_have_types(tenant: Tenant) -> None:
    rule = {"Name": "Mine", "SubjectContainsWords": ["a"], "SetSCL": "1"}
    await tenant.exchange.run("New-TransportRule", **rule)
    with pytest.raises(AlreadyThere):
        await tenant.exchange.run("New-TransportRule", **rule)
    with pytest.raises(NotFound):
        await tenant.exchange.run("Remove-TransportRule", Identity="Yours")
    await tenant.exchange.run(
        "New-OutboundConnector", Name="Out", IsTransportRuleScoped=True, UseMXRecord=False, SmartHosts=["a.example"]
    )
    await tenant.exchange.run("Set-TransportRule", Identity="Mine", RouteMessageOutboundConnector="Out")
    with pytest.raises(Referenced, match="Out"):
        await tenant.exchange.run("Remove-OutboundConnector", Identity="Out")


async def test_a_host_that_is_not_there_is_a_temporary_matter() -> None:
    waits: list[float] = []

    async def token(fresh: bool) -> str:
        return "nothing"

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
        client = ExchangeClient(http, "https://127.0.0.1:1", CONTOSO, token, sleep)
        with pytest.raises(TemporaryError, match="try again later"):
            await client.run("Get-AcceptedDomain")
    assert len(waits) == 6


async def test_what_exchange_would_let_us_run_is_known_if_it_says_so(tenant: Tenant) -> None:
    allowed = await tenant.exchange.allowed()
    assert {"New-TransportRule", "Set-ArcConfig"} <= allowed and not lacking(allowed)
    tenant.simulation.control("POST", "/switches", {"module_file_lists": False})
    assert await tenant.exchange.allowed() == frozenset()


@pytest.mark.parametrize("missing", ["unsupported", "empty-403"])
async def test_a_role_that_came_after_the_token_is_seen_in_a_new_one(tenant: Tenant, missing: str) -> None:
    tenant.simulation.control("POST", "/switches", {"exchange_missing_role": missing})
    client_id = tenant.application.client_id
    await asyncio.to_thread(remove_role, tenant.simulation, client_id)
    with pytest.raises(AccessDenied):
        await tenant.exchange.run("Get-AcceptedDomain")
    await asyncio.to_thread(assign_role, tenant.simulation, client_id)
    assert await tenant.exchange.run("Get-AcceptedDomain")
