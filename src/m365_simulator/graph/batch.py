"""POST /$batch: up to 20 requests, each answered by the very endpoints that single requests reach (§2.6)."""

import base64
import json
from typing import cast
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Scope

from m365_simulator.graph.errors import GraphError, bad_request
from m365_simulator.world import JsonValue, Properties

LIMIT = 20


async def run(app: ASGIApp, request: Request) -> JSONResponse:
    """Answers a batch; the outer status is 200 whatever happens inside. Raises GraphError for a bad batch."""
    requests = _requests(await request.body())
    outcomes: dict[str, Properties] = {}
    waiting = list(requests)
    while waiting:
        ready = [item for item in waiting if all(str(needed) in outcomes for needed in _needs(item))]
        if not ready:
            raise bad_request("The dependencies of the batch can't be resolved.", "BadRequest")
        for item in ready:
            waiting.remove(item)
            outcomes[str(item["id"])] = await _one(app, request, item, outcomes)
    return JSONResponse({"responses": list(outcomes.values())})


def _requests(content: bytes) -> list[Properties]:
    try:
        parsed = json.loads(content or b"null")
    except ValueError:
        parsed = None
    listed = parsed.get("requests") if isinstance(parsed, dict) else None
    if not isinstance(listed, list) or not listed or not all(isinstance(item, dict) for item in listed):
        raise bad_request("Invalid batch payload format.", "BadRequest")
    if len(listed) > LIMIT:
        raise bad_request(
            f"Number of batch request steps exceeds the maximum value of {LIMIT}.", "MaximumValueExceeded"
        )
    ids = [str(item.get("id", "")) for item in listed]
    if "" in ids or len(set(ids)) != len(ids):
        raise bad_request("Every request of a batch needs an id of its own.", "BadRequest")
    return cast(list[Properties], listed)


def _needs(item: Properties) -> list[JsonValue]:
    needed = item.get("dependsOn")
    return needed if isinstance(needed, list) else []


async def _one(app: ASGIApp, request: Request, item: Properties, outcomes: dict[str, Properties]) -> Properties:
    identifier = str(item["id"])
    if any(cast(int, outcomes[str(needed)]["status"]) >= 400 for needed in _needs(item)):
        error: JsonValue = {"error": {"code": "FailedDependency", "message": "A dependency failed."}}
        return {"id": identifier, "status": 424, "headers": {}, "body": error}
    try:
        scope, content = _inner_scope(request, item)
    except GraphError as problem:
        wrong: JsonValue = {"error": {"code": problem.code, "message": problem.message}}
        return {"id": identifier, "status": problem.status, "headers": {}, "body": wrong}
    status, headers, answered = await _call(app, scope, content)
    shown: JsonValue = _body(headers.get("content-type", ""), answered)
    kept: Properties = {name: value for name, value in headers.items() if name != "content-length"}
    return {"id": identifier, "status": status, "headers": kept, "body": shown}


def _inner_scope(request: Request, item: Properties) -> tuple[Scope, bytes]:
    target = urlsplit(str(item.get("url", "")))
    content, headers = item.get("body"), item.get("headers")
    sent = {str(name).lower(): str(value) for name, value in headers.items()} if isinstance(headers, dict) else {}
    if content is not None and "content-type" not in sent:
        raise bad_request("Write requests must contain the Content-Type header declaration.", "BadRequest")
    body = (
        content.encode() if isinstance(content, str) else json.dumps(content).encode() if content is not None else b""
    )
    version = request.url.path.split("/")[1]
    path = "/" + version + "/" + target.path.lstrip("/")
    raw = [
        (b"authorization", request.headers.get("authorization", "").encode()),
        (b"host", request.url.netloc.encode()),
    ]
    raw += [(name.encode(), value.encode()) for name, value in sent.items()]
    scope: Scope = {
        **request.scope,
        "method": str(item.get("method", "GET")).upper(),
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": target.query.encode(),
        "headers": raw,
    }
    for name in ("path_params", "endpoint", "route", "state"):
        scope.pop(name, None)
    return scope, body


async def _call(app: ASGIApp, scope: Scope, content: bytes) -> tuple[int, dict[str, str], bytes]:
    status, headers, chunks = 500, dict[str, str](), list[bytes]()

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = int(message["status"])
            headers.update((name.decode(), value.decode()) for name, value in message["headers"])
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    return status, headers, b"".join(chunks)


def _body(content_type: str, content: bytes) -> JsonValue:
    if not content:
        return None
    if "json" in content_type:
        return cast(JsonValue, json.loads(content))
    return base64.b64encode(content).decode()
