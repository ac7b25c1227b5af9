"""The simulated tenant for tests of the product's Microsoft side; each test starts with a fresh one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest

from lockgate.microsoft365.exchange_client import ExchangeClient, Json
from m365_simulator.seed import CONTOSO
from tests.lockgate.microsoft365.people import assign_role
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import EXCHANGE_SCOPE, Application, Simulation
from tests.patience import PATIENCE

__all__ = ["running", "simulation"]


@dataclass
class Memory:
    """A journal that a test can look into; implements `ports.Journal`."""

    steps: dict[str, str] = field(default_factory=dict)

    def is_done(self, step: str) -> bool:
        return step in self.steps

    def done(self, step: str, detail: str) -> None:
        self.steps[step] = detail


@dataclass
class Tenant:
    """A tenant with our application in it, the waits that the client asked for, and the tokens that it was given."""

    simulation: Simulation
    application: Application
    exchange: ExchangeClient
    waits: list[float]
    tokens: list[str]

    def objects(self, noun: str) -> list[Json]:
        """What Exchange holds, as another administrator would list it."""
        found: list[Json] = self.simulation.control("GET", f"/tenants/{CONTOSO}/exchange/{noun}").json()
        return found

    def fault(self, kind: str, match: str, remaining: int = 1, **parameters: object) -> None:
        """Arm a fault of the Exchange admin API."""
        body = {
            "surface": "exchange",
            "match": match,
            "kind": kind,
            "parameters": parameters,
            "remaining": remaining,
        }
        self.simulation.control("POST", "/faults", body)


@pytest.fixture
async def tenant(simulation: Simulation) -> AsyncIterator[Tenant]:
    application = simulation.register({"Office 365 Exchange Online": ["Exchange.ManageAsApp"]})
    await asyncio.to_thread(simulation.consent, application, EXCHANGE_SCOPE)
    await asyncio.to_thread(assign_role, simulation, application.client_id)
    waits: list[float] = []
    tokens: list[str] = []

    async def token(fresh: bool) -> str:
        if fresh or not tokens:
            tokens.append(await asyncio.to_thread(simulation.app_token, application, EXCHANGE_SCOPE))
        return tokens[-1]

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async with httpx.AsyncClient(verify=simulation.tls, timeout=PATIENCE, trust_env=False) as http:
        exchange = ExchangeClient(http, simulation.addresses["exchange"], CONTOSO, token, sleep)
        yield Tenant(simulation, application, exchange, waits, tokens)
