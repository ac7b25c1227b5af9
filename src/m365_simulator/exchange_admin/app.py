"""The HTTP face of the Exchange admin API: InvokeCommand, `$batch` and the module file (microsoft-365.md §3.1)."""

import json
import secrets
from collections import OrderedDict
from typing import cast
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from m365_simulator.exchange_admin.authorisation import Refusal, admit, exported
from m365_simulator.exchange_admin.execution import Result, execute
from m365_simulator.exchange_admin.failures import CmdletFailure, body, plain_body
from m365_simulator.exchange_admin.invocation import Caller
from m365_simulator.settings import Settings
from m365_simulator.world import JsonValue, Properties, Tenant, World, new_guid

DEFAULT_PAGE, LARGEST_PAGE, BATCH_LIMIT = 1000, 1000, 20
KEPT_RESULTS = 64
V2_NOUNS = {
    "acceptedDomain": "AcceptedDomain",
    "distributionGroupMember": "DistributionGroupMember",
    "dynamicDistributionGroupMember": "DynamicDistributionGroupMember",
    "mailbox": "Mailbox",
    "mailboxFolderPermission": "MailboxFolderPermission",
    "organizationConfig": "OrganizationConfig",
}


def create_app(world: World, settings: Settings) -> Starlette:
    """The ASGI app of outlook.office365.com's /adminapi."""
    del settings
    service = _Service(world)
    world.reset_hooks.append(service.unfinished.clear)
    return Starlette(
        routes=[
            Route("/adminapi/{version}/{tenant}/InvokeCommand", service.invoke, methods=["POST"]),
            Route("/adminapi/{version}/{tenant}/$batch", service.batch, methods=["POST"]),
            Route("/adminapi/{version}/{tenant}/EXOModuleFile", service.module_file, methods=["GET"]),
            Route("/adminapi/v2.0/{tenant}/{endpoint}", service.official, methods=["POST"]),
        ]
    )


class _Service:
    """Holds what paging needs between two requests: results of several pages, by an opaque word."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.unfinished: OrderedDict[str, list[Properties]] = OrderedDict()

    async def invoke(self, request: Request) -> Response:
        """POST InvokeCommand; POSTed again to a nextLink it continues."""
        return self._answer(request, await _json_body(request))

    async def official(self, request: Request) -> Response:
        """The published preview API: the same body, but only for the nouns it covers (§3.2)."""
        content = await _json_body(request)
        command = content.get("CmdletInput")
        name = str(command.get("CmdletName", "")) if isinstance(command, dict) else ""
        endpoint = request.path_params["endpoint"].lower()
        noun = next((noun for known, noun in V2_NOUNS.items() if known.lower() == endpoint), None)
        if noun is None or name.partition("-")[2].lower() != noun.lower():
            text = f"The cmdlet '{name}' isn't supported by this endpoint."
            return JSONResponse(plain_body("BadRequest", text), 400)
        return self._answer(request, content)

    def _answer(self, request: Request, content: Properties) -> Response:
        admitted = admit(self.world, request.headers.get("authorization"), request.path_params["tenant"])
        if isinstance(admitted, Refusal):
            return _refused(admitted)
        page = _page_size(request.headers.get("prefer", ""))
        status, answer = self._invoke(admitted, content, dict(request.query_params), page, str(request.url))
        return Response(status_code=status) if answer is None else JSONResponse(answer, status, _headers())

    def _invoke(
        self, admitted: tuple[Tenant, Caller], content: Properties, query: dict[str, str], page: int, url: str
    ) -> tuple[int, Properties | None]:
        tenant, caller = admitted
        cookie = query.get("$skiptoken", "")
        try:
            if cookie:
                word, _, offset = cookie.partition(".")
                if word not in self.unfinished or not offset.isdigit():
                    return 400, plain_body("BadRequest", "The page token is unknown or has expired.")
                return 200, self._page(tenant, Result(self.unfinished[word], []), query, page, url)
            result = execute(self.world, tenant, caller, content.get("CmdletInput"))
        except CmdletFailure as failure:
            return failure.status, body(failure)
        if isinstance(result, Refusal):
            return result.status, result.body
        return 200, self._page(tenant, result, query, page, url)

    def _page(self, tenant: Tenant, result: Result, query: dict[str, str], page: int, url: str) -> Properties:
        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}"
        select = query.get("$select", "")
        word, _, offset = query.get("$skiptoken", "").partition(".")
        start = int(offset or 0)
        end = start + page
        answer: Properties = {
            "@odata.context": f"{root}/adminapi/beta/{tenant.id}/$metadata#Collection(Edm.ComplexType)",
            "adminapi.warnings@odata.type": "#Collection(String)",
            "@adminapi.warnings": list(result.warnings),
            "value": [_shown(item, select) for item in result.value[start:end]],
        }
        if end < len(result.value):
            chosen = f"$select={select}&" if select else ""
            word = word or self._kept(result.value)
            answer["@odata.nextLink"] = f"{root}{parts.path}?{chosen}$skiptoken={word}.{end}"
        return answer

    def _kept(self, value: list[Properties]) -> str:
        word = secrets.token_urlsafe(18)
        self.unfinished[word] = value
        while len(self.unfinished) > KEPT_RESULTS:
            self.unfinished.popitem(last=False)
        return word

    async def batch(self, request: Request) -> Response:
        """POST $batch of InvokeCommands. Each is answered under its id; a failure does not stop the others."""
        admitted = admit(self.world, request.headers.get("authorization"), request.path_params["tenant"])
        if isinstance(admitted, Refusal):
            return _refused(admitted)
        requests = (await _json_body(request)).get("requests")
        if not isinstance(requests, list) or len(requests) > BATCH_LIMIT:
            return JSONResponse(plain_body("BadRequest", f"A batch holds 1 to {BATCH_LIMIT} requests."), 400)
        goes_on = "odata.continue-on-error" in request.headers.get("prefer", "").lower()
        responses: list[JsonValue] = []
        for item in requests:
            response = self._one_of_batch(request, admitted, item if isinstance(item, dict) else {})
            responses.append(response)
            if not goes_on and cast(int, response["status"]) >= 400:
                break
        return JSONResponse({"responses": responses}, headers=_headers())

    def _one_of_batch(self, request: Request, admitted: tuple[Tenant, Caller], item: Properties) -> Properties:
        target = urlsplit(str(item.get("url", "")))
        content, identifier = item.get("body"), item.get("id")
        if not target.path.endswith("/InvokeCommand") or str(item.get("method", "")).upper() != "POST":
            failed = plain_body("BadRequest", "Only POST of InvokeCommand can be batched.")
            return {"id": identifier, "status": 400, "body": failed}
        page = _page_size(_prefer(item.get("headers")))
        base = f"{request.url.scheme}://{request.url.netloc}{target.path}"
        parsed = content if isinstance(content, dict) else {}
        status, answer = self._invoke(admitted, parsed, dict(parse_qsl(target.query)), page, base)
        return {"id": identifier, "status": status, "headers": {"Content-Type": "application/json"}, "body": answer}

    async def module_file(self, request: Request) -> Response:
        """GET EXOModuleFile: which cmdlets this principal may call. Without a role it is refused like a call."""
        admitted = admit(self.world, request.headers.get("authorization"), request.path_params["tenant"])
        if isinstance(admitted, Refusal):
            return _refused(admitted)
        wanted = request.headers.get("commandname", "*")
        names = {name.strip().lower() for name in wanted.split(",")}
        found = [c.name for c in exported(admitted[1]) if wanted == "*" or c.name.lower() in names]
        if self.world.switches.get("module_file_lists", True) is not True:
            return JSONResponse({"value": []}, headers=_headers())
        value = {"exportedCmdlets": sorted(found), "version": request.query_params.get("Version", "3.0.0")}
        return JSONResponse({"value": [value]}, headers=_headers())


async def _json_body(request: Request) -> Properties:
    try:
        content = json.loads(await request.body() or b"{}")
    except ValueError:
        return {}
    return cast(Properties, content) if isinstance(content, dict) else {}


def _refused(refusal: Refusal) -> Response:
    headers = {**_headers(), **({"WWW-Authenticate": 'Bearer realm=""'} if refusal.status == 401 else {})}
    if refusal.body is None:
        return Response(status_code=refusal.status, headers=headers)
    return JSONResponse(refusal.body, refusal.status, headers)


def _headers() -> dict[str, str]:
    return {"request-id": new_guid(), "X-BEServer": "SIM01A001"}


def _page_size(prefer: str) -> int:
    for part in prefer.split(","):
        name, _, value = part.strip().partition("=")
        if name.lower() == "odata.maxpagesize" and value.strip().isdigit():
            return max(1, min(int(value), LARGEST_PAGE))
    return DEFAULT_PAGE


def _shown(item: Properties, select: str) -> Properties:
    wanted = {name.strip().lower() for name in select.split(",") if name.strip()}
    return {k: v for k, v in item.items() if not k.startswith("_") and (not wanted or k.lower() in wanted)}


def _prefer(headers: JsonValue) -> str:
    if not isinstance(headers, dict):
        return ""
    return next((str(value) for name, value in headers.items() if name.lower() == "prefer"), "")
