"""Microsoft Graph with an app-only token: pages, throttling, expired delta links (microsoft-365.md §2.2, §2.6).

Rule: what cannot be read is an error and never an empty answer. 429 and 5xx are tried again after Retry-After, or after
pauses that double; a 401 is tried once more with a fresh token.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from lockgate.model.errors import PermanentError, TemporaryError

Json = dict[str, Any]
TRIES = 6
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds
# Error codes of a 40x that mean the same as 410 (microsoft-365.md §2.2).
STATE_LOST = frozenset({"syncStateNotFound", "resyncRequired", "Directory_ExpiredPageToken"})
PAGE = 999  # objects per page that we prefer; Graph may send fewer


class DeltaExpired(Exception):
    """The delta link is too old (410), or a page's link was forgotten: everything has to be read anew."""


class Forbidden(PermanentError):
    """The token does not allow it: a permission is missing or was revoked."""


class NotFound(PermanentError):
    """There is no such object, or not any more (404)."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a collection; the last one of a delta has `delta_link`."""

    items: list[Json]
    delta_link: str


@dataclass(frozen=True, slots=True)
class GraphClient:
    """One tenant's Graph. `token` gives an access token (`fresh` asks for a new one), `sleep` waits seconds."""

    http: httpx.AsyncClient
    base: str
    token: Callable[[bool], Awaitable[str]]
    sleep: Callable[[float], Awaitable[None]]

    async def get(self, path: str, **query: str) -> Json:
        """One object; raises Forbidden, PermanentError (404 and the like) or TemporaryError."""
        return await self.request("GET", f"{self.base}/v1.0{path}", params=query)

    async def pages(self, path: str, **query: str) -> AsyncIterator[Page]:
        """Every page of a collection or a delta; `path` may be a whole link. Raises DeltaExpired for an old link."""
        url = path if path.startswith("https://") else f"{self.base}/v1.0{path}"
        parameters: dict[str, str] | None = query or None
        while url:
            body = await self.request("GET", url, params=parameters)
            yield Page(body.get("value", []), body.get("@odata.deltaLink", ""))
            url, parameters = body.get("@odata.nextLink", ""), None

    async def request(
        self, method: str, url: str, *, params: dict[str, str] | None = None, json: object = None, text: str = ""
    ) -> Json:
        """One call, tried again where that may help. `text` is a body that is not JSON, such as base64 MIME."""
        return _body(await self._answer(method, url, params=params, json=json, text=text))

    async def content(self, path: str) -> bytes:
        """What is no JSON, such as a message as MIME."""
        answer = await self._answer("GET", f"{self.base}/v1.0{path}")
        if answer.is_error:
            _body(answer)  # raises what it means
        return answer.content

    async def _answer(
        self, method: str, url: str, *, params: dict[str, str] | None = None, json: object = None, text: str = ""
    ) -> httpx.Response:
        fresh = False
        trouble = "no answer"
        for attempt in range(TRIES):
            try:
                headers = await self._headers(fresh=fresh)
                if text:
                    headers["Content-Type"] = "text/plain"
                answer = await self.http.request(
                    method, url, params=params, json=json, content=text.encode() or None, headers=headers
                )
            except httpx.TransportError as error:
                trouble = type(error).__name__
                await self.sleep(pause_before(attempt, ""))
                continue
            if answer.status_code == 401 and not fresh:
                fresh = True
                continue
            if answer.status_code not in (429, 500, 502, 503, 504):
                return answer
            trouble = f"status {answer.status_code}"
            await self.sleep(pause_before(attempt, answer.headers.get("Retry-After", "")))
        raise TemporaryError(f"Microsoft Graph does not answer ({trouble}); try again later.")

    async def _headers(self, *, fresh: bool) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {await self.token(fresh)}",
            # Several preferences in one field are allowed (RFC 7240 §2).
            "Prefer": f'odata.maxpagesize={PAGE}, IdType="ImmutableId"',
        }


def pause_before(attempt: int, retry_after: str) -> float:
    """Seconds before the next try: what the server asks for, else doubling from one second."""
    if retry_after.isdigit():
        return min(float(retry_after), 10 * LONGEST_PAUSE)
    return min(FIRST_PAUSE * 2.0**attempt, LONGEST_PAUSE)


def _body(answer: httpx.Response) -> Json:
    if answer.status_code == 410 or (answer.is_client_error and _code(answer) in STATE_LOST):
        raise DeltaExpired
    if answer.status_code in (401, 403):
        raise Forbidden(
            "Microsoft Graph refuses the application: a permission is missing or was revoked. Grant access again."
        )
    if answer.status_code == 404:
        raise NotFound(f"Microsoft Graph answered 404: {_reason(answer)}")
    if answer.is_error:
        raise PermanentError(f"Microsoft Graph answered {answer.status_code}: {_reason(answer)}")
    if not answer.content:
        return {}
    try:
        body = answer.json()
    except ValueError as error:
        raise TemporaryError("Microsoft Graph answered something that is not JSON; try again later.") from error
    if not isinstance(body, dict):
        raise TemporaryError("Microsoft Graph answered something unexpected; try again later.")
    return body


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])[:300]
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""
