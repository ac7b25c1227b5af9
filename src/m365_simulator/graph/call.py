"""One request to Graph: who asks, in which tenant, with which options; and the answers that all endpoints share."""

import json
from dataclasses import dataclass
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from m365_simulator.exchange_admin.recipient_index import find_user
from m365_simulator.graph.errors import bad_request, not_found
from m365_simulator.graph.pages import Pages
from m365_simulator.identity.tokens import TokenClaims
from m365_simulator.world import JsonValue, Properties, Tenant, User, World


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has been let in. `options` are the query options, lower case and without the `$`."""

    world: World
    pages: Pages
    request: Request
    content: bytes
    claims: TokenClaims
    tenant: Tenant
    options: dict[str, str]

    @property
    def root(self) -> str:
        """`https://host/v1.0`, as links are written."""
        url = self.request.url
        version = url.path.split("/")[1]
        return f"{url.scheme}://{url.netloc}/{version}"

    @property
    def permissions(self) -> frozenset[str]:
        """What the token carries: application roles or delegated scopes."""
        return self.claims.roles | self.claims.scopes

    def part(self, name: str) -> str:
        """A variable part of the path."""
        return str(self.request.path_params[name])

    def header(self, name: str) -> str:
        """A request header, or the empty text."""
        return str(self.request.headers.get(name, ""))

    def prefers(self, preference: str) -> bool:
        """Whether a `Prefer` header names this preference (quotes and case do not matter)."""
        return preference.lower() in self.header("prefer").lower().replace('"', "")

    @property
    def select(self) -> list[str]:
        """The names in `$select`."""
        return [name.strip() for name in self.options.get("select", "").split(",") if name.strip()]

    def top(self, default: int, largest: int) -> int:
        """`$top`, or what `Prefer: odata.maxpagesize` says, within the collection's limits."""
        for part in self.header("prefer").split(","):
            name, _, size = part.strip().partition("=")
            if name.lower() == "odata.maxpagesize" and size.isdigit() and int(size) > 0:
                return min(int(size), largest)
        written = self.options.get("top", "")
        if not written:
            return default
        if not written.isdigit() or not 1 <= int(written) <= largest:
            raise bad_request(f"Invalid page size specified: '{written}'. Must be between 1 and {largest} inclusive.")
        return int(written)

    def json(self) -> Properties:
        """The request's body. Raises GraphError 400 when it is not a JSON object."""
        try:
            parsed = json.loads(self.content or b"null")
        except ValueError:
            raise bad_request("Unable to read JSON request payload.", "BadRequest") from None
        if not isinstance(parsed, dict):
            raise bad_request("Empty Payload. JSON content expected.", "BadRequest")
        return cast(Properties, parsed)

    def user(self) -> User:
        """The user in the path, by id or user principal name; for /me whoever is signed in. Raises GraphError 404."""
        name = str(self.request.path_params.get("user", self.claims.object_id))
        found = self.tenant.users.get(name.lower()) or find_user(self.tenant, name)
        if found is None or name.lower() not in {found.id, found.user_principal_name.lower(), found.mail.lower()}:
            raise not_found(name)
        return found


def answer(value: Properties, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON with Graph's content type."""
    media = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
    return JSONResponse(value, status, headers, media_type=media)


def nothing() -> Response:
    """204."""
    return Response(status_code=204)


def collection(call: Call, context: str, value: list[JsonValue], next_link: str = "", count: int = -1) -> Response:
    """A page of a collection; `count` below zero is left out."""
    found: Properties = {"@odata.context": f"{call.root}/$metadata#{context}"}
    if count >= 0:
        found["@odata.count"] = count
    if next_link:
        found["@odata.nextLink"] = next_link
    found["value"] = value
    return answer(found)
