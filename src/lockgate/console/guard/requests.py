"""What is refused before any page sees it: a host that is not ours, and bodies beyond the limit.

Rule: the limit is kept while the body arrives; a `Content-Length` is believed only when it is too large.
"""

import re

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LIMIT = 1024 * 1024  # bytes of a form
MESSAGE_LIMIT = 40 * 1024 * 1024  # where a whole message may be uploaded
TAKES_MESSAGES = re.compile(r"(/api/v1/accounts/[^/]+)?/policies(/[^/]+)?/try|/api/v1/reported-mail")
ANY_HOST = ("/healthz", "/metrics")  # asked by machines that know only our address


class TooLarge(Exception):
    """The body is longer than the limit."""


class RequestLimits:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 400 or 413, or pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["path"] not in ANY_HOST and _hostname(headers.get("host", "")) != self._host:
            refusal = f"This console is reached under the name {self._host} only.\n"
            await PlainTextResponse(refusal, 400)(scope, receive, send)
            return
        limit = MESSAGE_LIMIT if TAKES_MESSAGES.fullmatch(scope["path"]) else LIMIT
        await self._within(limit, headers, scope, receive, send)

    async def _within(self, limit: int, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        counted, begun = 0, False

        async def counting() -> Message:
            nonlocal counted
            message = await receive()
            counted += len(message.get("body", b""))
            if counted > limit:
                raise TooLarge
            return message

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            if _length(headers) > limit:
                raise TooLarge
            await self._app(scope, counting, noting)
        except TooLarge:
            if not begun:
                await PlainTextResponse(f"Send at most {limit} bytes.\n", 413)(scope, receive, send)


def _hostname(host: str) -> str:
    if host.startswith("["):  # an IPv6 address
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _length(headers: Headers) -> int:
    given = headers.get("content-length", "0")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
