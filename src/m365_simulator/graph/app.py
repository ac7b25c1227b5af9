"""The HTTP face of Microsoft Graph: which endpoint needs which permission, and what happens before it runs.

Order: token, permission, throttling, endpoint. Both `/v1.0` and `/beta` are served alike.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from m365_simulator.graph import batch
from m365_simulator.graph.call import Call
from m365_simulator.graph.endpoints import ENDPOINTS, Endpoint
from m365_simulator.graph.errors import GraphError, access_denied, denied, response
from m365_simulator.graph.pages import Pages
from m365_simulator.graph.throttling import Throttle, price
from m365_simulator.identity.permissions import GRAPH, RESOURCES
from m365_simulator.identity.tokens import InvalidToken, TokenClaims, verify_bearer
from m365_simulator.settings import Settings
from m365_simulator.world import World, new_guid

AUDIENCES = RESOURCES[GRAPH].audiences


def create_app(world: World, settings: Settings) -> Starlette:
    """The ASGI app of graph.microsoft.com."""
    del settings
    graph = _Graph(world)
    world.reset_hooks.append(graph.forget)
    routes = [Route("/{version}/$batch", graph.batch, methods=["POST"])]
    routes += [Route("/{version}" + e.path, graph.endpoint(e), methods=[e.method]) for e in ENDPOINTS]
    graph.app = Starlette(routes=routes, exception_handlers={HTTPException: graph.unknown})
    return graph.app


@dataclass
class _Graph:
    """What outlives a request: started collections and spent resource units."""

    world: World

    def __post_init__(self) -> None:
        self.pages, self.throttle = Pages(), Throttle()
        self.app = Starlette()

    def forget(self) -> None:
        """After a reset."""
        self.pages.forget()
        self.throttle.spent.clear()

    def endpoint(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint with everything that comes before it."""

        async def answered(request: Request) -> Response:
            try:
                return await self._answered(request, endpoint)
            except GraphError as error:
                return response(self.world, error, request.headers.get("client-request-id", ""))

        return answered

    async def _answered(self, request: Request, endpoint: Endpoint) -> Response:
        claims = self._claims(request)
        tenant = self.world.tenants[claims.tenant_id]
        _check_permission(claims, endpoint)
        options = {name.lower().removeprefix("$"): value for name, value in request.query_params.items()}
        headers: dict[str, str] = {}
        if endpoint.cost:
            units = price(endpoint.cost, options)
            headers = self.throttle.charge(self.world, tenant, claims.app_id, units)
        call = Call(self.world, self.pages, request, await request.body(), claims, tenant, options)
        found = await endpoint.run(call)
        found.headers.update(headers)
        found.headers["request-id"] = new_guid()
        return found

    def _claims(self, request: Request) -> TokenClaims:
        try:
            return verify_bearer(self.world, request.headers.get("authorization"), AUDIENCES)
        except InvalidToken as problem:
            raise GraphError(401, problem.code, problem.message, {"WWW-Authenticate": 'Bearer realm=""'}) from None

    async def batch(self, request: Request) -> Response:
        """POST /$batch."""
        try:
            self._claims(request)
            return await batch.run(self.app, request)
        except GraphError as error:
            return response(self.world, error, request.headers.get("client-request-id", ""))

    async def unknown(self, request: Request, error: Exception) -> Response:
        """A path or method that is not simulated, in Graph's words."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        segment = request.url.path.rpartition("/")[2]
        text = f"Resource not found for the segment '{segment}'."
        problem = GraphError(status, "BadRequest" if status == 404 else "Request_BadRequest", text)
        return response(self.world, problem, request.headers.get("client-request-id", ""))


def _check_permission(claims: TokenClaims, endpoint: Endpoint) -> None:
    held = claims.scopes if claims.upn else claims.roles
    if not held & endpoint.permissions or (endpoint.also and not held & endpoint.also):
        raise access_denied() if endpoint.is_mail else denied()
