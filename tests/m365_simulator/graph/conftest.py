"""A seeded tenant behind the real Graph app, and callers with real tokens."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from m365_simulator import seed
from m365_simulator.graph.app import create_app
from m365_simulator.identity.permissions import GRAPH, permissions_of
from m365_simulator.identity.tokens import sign
from m365_simulator.settings import Settings
from m365_simulator.world import ServicePrincipal, Tenant, World

APP_ID = "11111111-2222-4333-8444-555555555555"
OBJECT_ID = "66666666-7777-4888-9999-aaaaaaaaaaaa"
SETTINGS = Settings(Path("unused"))
EVERYTHING = [permission.value for permission in permissions_of(GRAPH)]


@dataclass
class Graph:
    """A caller with a token."""

    world: World
    client: httpx.AsyncClient
    token: str

    @property
    def tenant(self) -> Tenant:
        return self.world.tenants[seed.CONTOSO]

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith("https:") else f"/v1.0{path}"
        content = {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        all_headers = {"Authorization": f"Bearer {self.token}", **names}
        return await self.client.request(method, url, headers=all_headers, **content)

    async def get(self, path: str, **headers: str) -> dict[str, Any]:
        answer = await self.send("GET", path, **headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def error(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """Status and code of a refusal."""
        answer = await self.send(method, path, body, **headers)
        assert answer.status_code >= 400, answer.text
        inner = answer.json()["error"]["innerError"]
        assert inner["request-id"]
        return answer.status_code, answer.json()["error"]["code"]

    async def pages(self, path: str, **headers: str) -> tuple[list[list[dict[str, Any]]], dict[str, Any]]:
        """All pages of a collection, and the last answer."""
        found, answer = [], await self.get(path, **headers)
        while True:
            found.append(answer["value"])
            if "@odata.nextLink" not in answer:
                return found, answer
            answer = await self.get(answer["@odata.nextLink"], **headers)


def graph_token(world: World, roles: list[str], **others: Any) -> str:
    """An app-only token (or, with `upn` and `scp`, a delegated one) as the login host issues it."""
    claims = {"aud": "https://graph.microsoft.com", "tid": seed.CONTOSO, "appid": APP_ID, "oid": OBJECT_ID}
    return sign(world, {**claims, "roles": [*roles], "wids": [], **others})


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
async def graph(world: World) -> AsyncIterator[Graph]:
    transport = httpx.ASGITransport(app=create_app(world, SETTINGS))
    async with httpx.AsyncClient(transport=transport, base_url="https://graph.microsoft.com") as client:
        yield Graph(world, client, graph_token(world, EVERYTHING))


@pytest.fixture
def with_roles(graph: Graph) -> Callable[..., None]:
    """Replaces the caller's token by one with only these permissions."""

    def replaced(*roles: str, **others: Any) -> None:
        graph.token = graph_token(graph.world, list(roles), **others)

    return replaced
