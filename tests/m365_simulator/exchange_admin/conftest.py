"""A seeded tenant behind the real admin API, and a caller with a real token."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from m365_simulator import seed
from m365_simulator.exchange_admin.app import create_app
from m365_simulator.identity.directory_roles import EXCHANGE_ADMINISTRATOR
from m365_simulator.identity.tokens import sign
from m365_simulator.settings import Settings
from m365_simulator.world import ServicePrincipal, Tenant, World

APP_ID = "11111111-2222-4333-8444-555555555555"
OBJECT_ID = "66666666-7777-4888-9999-aaaaaaaaaaaa"
SETTINGS = Settings(Path("unused"))


@dataclass
class Exchange:
    """A caller: `ok` expects success and returns the value, `failure` expects a refusal and returns status and text."""

    world: World
    client: httpx.AsyncClient
    token: str

    @property
    def tenant(self) -> Tenant:
        return self.world.tenants[seed.CONTOSO]

    async def post(self, url: str, body: object, **headers: str) -> httpx.Response:
        return await self.client.post(url, json=body, headers={"Authorization": f"Bearer {self.token}", **headers})

    async def invoke(self, cmdlet: str, parameters: dict[str, Any], query: str = "", **headers: str) -> httpx.Response:
        url = f"/adminapi/beta/{seed.CONTOSO}/InvokeCommand{query}"
        return await self.post(url, {"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}}, **headers)

    async def ok(self, cmdlet: str, **parameters: Any) -> list[dict[str, Any]]:
        answer = await self.invoke(cmdlet, parameters)
        assert answer.status_code == 200, answer.text
        value: list[dict[str, Any]] = answer.json()["value"]
        return value

    async def one(self, cmdlet: str, **parameters: Any) -> dict[str, Any]:
        (found,) = await self.ok(cmdlet, **parameters)
        return found

    async def failure(self, cmdlet: str, **parameters: Any) -> tuple[int, str, str]:
        """Status, the last part of the .NET type, and the human text."""
        answer = await self.invoke(cmdlet, parameters)
        assert answer.status_code >= 400, answer.text
        error = answer.json()["error"]
        _, kind, text = error["details"][0]["message"].split("|", 2)
        assert error["innererror"]["internalexception"]["message"] == text
        return answer.status_code, kind.rpartition(".")[2], text


def token(world: World, roles: list[str], wids: list[str], audience: str = "https://outlook.office365.com") -> str:
    """An app-only token as the login host issues it."""
    return sign(
        world,
        {
            "aud": audience,
            "tid": seed.CONTOSO,
            "appid": APP_ID,
            "oid": OBJECT_ID,
            "roles": list(roles),
            "wids": list(wids),
        },
    )


@pytest.fixture(scope="session")
def signing_world() -> World:
    """One signing key for all tests of the session."""
    return World()


@pytest.fixture
def world(signing_world: World) -> World:
    fresh = World(signing_key=signing_world.signing_key)
    seed.fill(fresh, SETTINGS)
    tenant = fresh.tenants[seed.CONTOSO]
    tenant.service_principals[OBJECT_ID] = ServicePrincipal(APP_ID, "Gateway", id=OBJECT_ID)
    return fresh


@pytest.fixture
async def exchange(world: World) -> AsyncIterator[Exchange]:
    transport = httpx.ASGITransport(app=create_app(world, SETTINGS))
    async with httpx.AsyncClient(transport=transport, base_url="https://outlook.office365.com") as client:
        yield Exchange(world, client, token(world, ["Exchange.ManageAsApp"], [EXCHANGE_ADMINISTRATOR]))
