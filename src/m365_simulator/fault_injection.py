"""The wrapper around every simulated web API: it writes each request into the history and applies armed faults.

Fault kinds (`World.faults`; parameters in brackets): `status` [status, body, headers], `throttle` [retry_after,
status], `empty-403`, `delay` [seconds], `garbage`, `drop` (connection cut before any answer), `drop-mid-response`
(cut after the headers), `lose-response` (the request takes effect, then the connection is cut), `never-act` and
`never-answer` (without and with effect, and no answer for as long as the client waits).
"""

import asyncio
import json
from collections.abc import Mapping
from typing import cast
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from m365_simulator.identity.tokens import unverified_claims
from m365_simulator.world import Call, Fault, JsonValue, Properties, World

KINDS = frozenset((
    "status", "throttle", "empty-403", "delay", "garbage", "drop", "drop-mid-response", "lose-response", "never-act",
    "never-answer",
))  # fmt: skip
TRANSPORT = "m365_simulator.transport"
RECORDED_BODY_BYTES = 65536
SECRET_FIELDS = {"passwd", "password", "client_secret", "client_assertion", "code", "code_verifier"}
DETAIL = "m365_simulator.detail"


def note(scope: Scope, **detail: JsonValue) -> None:
    """Add facts to the history entry of the request that is being answered."""
    cast(Properties, scope.setdefault(DETAIL, {})).update(detail)


def record_and_inject(app: ASGIApp, world: World, surface: str) -> ASGIApp:
    """`app` with history and faults; `surface` is the name under which both are kept."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        body = await _read_body(receive)
        call = _call(world, surface, scope, body)
        world.history.append(call)

        async def recording_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                call.status = int(message["status"])
            await send(message)

        scope[DETAIL] = call.detail
        fault = world.take_fault(surface, call.target)
        if fault is not None:
            call.detail["fault"] = fault.kind
        await _answer(app, scope, _replay(body, receive), recording_send, fault)

    return wrapped


async def _answer(app: ASGIApp, scope: Scope, receive: Receive, send: Send, fault: Fault | None) -> None:
    if fault is None:
        await app(scope, receive, send)
        return
    parameters = fault.parameters
    match fault.kind:
        case "delay":
            await asyncio.sleep(_number(parameters.get("seconds"), 1.0))
            await app(scope, receive, send)
        case "status":
            await _send_status(send, int(_number(parameters.get("status"), 500)), parameters)
        case "throttle":
            headers: Properties = {"retry-after": str(int(_number(parameters.get("retry_after"), 1)))}
            body: Properties = {"error": {"code": "TooManyRequests", "message": "Too many requests."}}
            status = int(_number(parameters.get("status"), 429))
            await _send_status(send, status, {"headers": headers, "body": body})
        case "empty-403":
            await _send_status(send, 403, {})
        case "garbage":
            await _send_status(send, 200, {"body": "<html>upstream gateway</html>"})
        case "drop":
            await _cut(scope, receive)
        case "drop-mid-response":
            headers_only = [(b"content-type", b"application/json"), (b"content-length", b"4096")]
            await send({"type": "http.response.start", "status": 200, "headers": headers_only})
            await send({"type": "http.response.body", "body": b'{"value": [', "more_body": True})
            await _cut(scope, receive)
        case "lose-response":
            await app(scope, receive, _discard)
            await _cut(scope, receive)
        case "never-act":
            await _until_gone(receive)
        case "never-answer":
            await app(scope, receive, _discard)
            await _until_gone(receive)
        case unknown:
            raise ValueError(f"no such fault kind: {unknown}")


async def _send_status(send: Send, status: int, parameters: Mapping[str, JsonValue]) -> None:
    body = parameters.get("body")
    content = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
    headers = [(b"content-length", str(len(content)).encode())]
    if content:
        headers.append((b"content-type", b"text/html" if isinstance(body, str) else b"application/json"))
    extra = parameters.get("headers")
    if isinstance(extra, dict):
        headers.extend((name.lower().encode(), str(value).encode()) for name, value in extra.items())
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _cut(scope: Scope, receive: Receive) -> None:
    transport = scope.get("extensions", {}).get(TRANSPORT)
    if not isinstance(transport, asyncio.Transport):
        raise ConnectionAbortedError("this server does not let a fault cut its connections")
    transport.abort()
    await _until_gone(receive)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _discard(message: Message) -> None:
    """An answer that never arrives."""
    del message


async def _read_body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed


def _call(world: World, surface: str, scope: Scope, body: bytes) -> Call:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    claims = unverified_claims(headers.get("authorization")) if "authorization" in headers else {}
    detail: Properties = {}
    if app_id := claims.get("appid"):
        detail["app_id"] = str(app_id)
    query = scope["query_string"].decode("latin-1")
    target = scope["path"] + (f"?{query}" if query else "")
    content = _content(headers.get("content-type", ""), body)
    if content is not None:
        detail["body"] = content
    if cmdlet := _cmdlet(content):
        detail["cmdlet"] = cmdlet
        target += f"#{cmdlet}"
    tenant_id = str(claims.get("tid", "")) or _tenant_in_path(world, scope["path"])
    return Call(world.clock.now(), surface, scope["method"], target, 0, tenant_id, detail)


def _content(content_type: str, body: bytes) -> JsonValue:
    """The request's body for the history: JSON as it is, forms without their secrets, anything else not at all."""
    if not body or len(body) > RECORDED_BODY_BYTES:
        return None
    text = body.decode("utf-8", "replace")
    if "x-www-form-urlencoded" in content_type:
        return {key: "***" if key in SECRET_FIELDS else value for key, value in parse_qsl(text)}
    if "json" in content_type:
        try:
            return cast(JsonValue, json.loads(text))
        except ValueError:
            return None
    return None


def _cmdlet(content: JsonValue) -> str:
    command = content.get("CmdletInput") if isinstance(content, dict) else None
    name = command.get("CmdletName") if isinstance(command, dict) else None
    return name if isinstance(name, str) else ""


def _tenant_in_path(world: World, path: str) -> str:
    for segment in path.split("/"):
        tenant = world.tenant_by_name(segment) if "." in segment or len(segment) == 36 else None
        if tenant is not None:
            return tenant.id
    return ""


def _number(value: JsonValue, default: float) -> float:
    return float(value) if isinstance(value, int | float | str) else default
