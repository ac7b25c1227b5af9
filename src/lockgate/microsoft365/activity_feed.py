"""The Office 365 Management Activity API: starts the subscriptions that keep audit records for us (§5.1).

Rule: content between a stop and a restart cannot be had later, so a subscription is started as soon as the consent is
proven and never stopped but by a revocation. Starting what is started already changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from pydantic import TypeAdapter, ValidationError

from lockgate.microsoft365.graph_client import pause_before
from lockgate.microsoft365.ports import Sleep, TokenSource
from lockgate.model.errors import PermanentError, TemporaryError

CONTENT_TYPES = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.General")
TRIES = 6
BUSY = frozenset({429, 500, 502, 503, 504})
ENABLED = "enabled"
DAY = timedelta(days=1)  # the longest window of one request


@dataclass(frozen=True, slots=True)
class Subscription:
    """One kind of audit records, and whether Microsoft keeps them for us."""

    contentType: str  # noqa: N815 - the name on the wire
    status: str = ""


@dataclass(frozen=True, slots=True)
class _Error:
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class _Refusal:
    error: _Error


@dataclass(frozen=True, slots=True)
class _Content:
    contentId: str  # noqa: N815 - the names on the wire
    contentUri: str  # noqa: N815


SUBSCRIPTIONS = TypeAdapter(list[Subscription])
CONTENTS = TypeAdapter(list[_Content])
RECORDS = TypeAdapter(list[dict[str, object]])
REFUSAL = TypeAdapter(_Refusal)


@dataclass(frozen=True, slots=True)
class ActivityFeed:
    """One tenant's feed. `base` is the host of the cloud; `publisher` names the bucket that our requests count in."""

    http: httpx.AsyncClient
    base: str
    tenant_id: str
    token: TokenSource
    sleep: Sleep
    publisher: str = ""  # the GUID of the tenant that our registration lives in; empty: the shared bucket

    async def active(self) -> frozenset[str]:
        """The content types that are kept for us now."""
        answer = await self._request("GET", "subscriptions/list")
        return frozenset(one.contentType for one in _parsed(answer) if one.status.lower() == ENABLED)

    async def start(self) -> frozenset[str]:
        """Start what is missing of CONTENT_TYPES; what is active then, as the feed itself lists it.

        Raises PermanentError with Microsoft's reason, or TemporaryError when the feed does not answer.
        """
        missing = set(CONTENT_TYPES) - await self.active()
        for content_type in sorted(missing):
            await self._request("POST", "subscriptions/start", contentType=content_type)
        return await self.active()

    async def stop(self) -> None:
        """Stop whatever is active; nothing is kept for us any more."""
        for content_type in sorted(await self.active()):
            await self._request("POST", "subscriptions/stop", contentType=content_type)

    async def last_day(self, content_type: str, now: datetime) -> list[dict[str, object]]:
        """Every record of the last 24 hours that has arrived by now; each once, in no order (§5.1).

        Raises as `start` does.
        """
        start = (now - DAY).strftime("%Y-%m-%dT%H:%M:%S")
        query = {"contentType": content_type, "startTime": start, "endTime": now.strftime("%Y-%m-%dT%H:%M:%S")}
        answer = await self._answer("GET", f"{self._root}/subscriptions/content", query)
        blobs = _blobs(answer)
        while following := answer.headers.get("NextPageUri", ""):
            answer = await self._answer("GET", self._ours(following), {})
            blobs |= _blobs(answer)
        records: dict[str, dict[str, object]] = {}
        for address in blobs.values():
            for record in RECORDS.validate_json((await self._answer("GET", self._ours(address), {})).content):
                records[str(record.get("Id"))] = record
        return list(records.values())

    @property
    def _root(self) -> str:
        return f"{self.base}/api/v1.0/{self.tenant_id}/activity/feed"

    def _ours(self, url: str) -> str:
        """An address from an answer; our token goes to the feed's host and to no other."""
        if not url.startswith(f"{self.base}/"):
            raise PermanentError("Microsoft's activity feed points to another host, which is not followed.")
        return url

    async def _request(self, method: str, path: str, **query: str) -> bytes:
        return (await self._answer(method, f"{self._root}/{path}", query)).content

    async def _answer(self, method: str, url: str, query: dict[str, str]) -> httpx.Response:
        parameters = {**query, **({"PublisherIdentifier": self.publisher} if self.publisher else {})}
        fresh, trouble = False, "no answer"
        for attempt in range(TRIES):
            headers = {"Authorization": f"Bearer {await self.token(fresh)}"}
            try:
                answer = await self.http.request(method, url, params=parameters or None, headers=headers)
            except httpx.TransportError as error:
                trouble = type(error).__name__
                await self.sleep(pause_before(attempt, ""))
                continue
            if answer.status_code == 401 and not fresh:
                fresh = True  # AF10001 also means that the token is from before the consent
                continue
            if answer.status_code in BUSY:
                trouble = f"status {answer.status_code}"
                await self.sleep(pause_before(attempt, answer.headers.get("Retry-After", "")))
                continue
            if answer.is_error:
                raise _refusal(answer)
            return answer
        raise TemporaryError(f"Microsoft's activity feed does not answer ({trouble}); try again later.")


def _blobs(answer: httpx.Response) -> dict[str, str]:
    """The addresses of the records by content id."""
    try:
        return {one.contentId: one.contentUri for one in CONTENTS.validate_json(answer.content)}
    except ValidationError as error:
        raise TemporaryError("Microsoft's activity feed answered something unexpected; try again later.") from error


def _parsed(content: bytes) -> list[Subscription]:
    try:
        return SUBSCRIPTIONS.validate_json(content)
    except ValidationError as error:
        raise TemporaryError("Microsoft's activity feed answered something unexpected; try again later.") from error


def _refusal(answer: httpx.Response) -> PermanentError:
    try:
        error = REFUSAL.validate_json(answer.content).error
    except ValidationError:
        error = _Error("", f"status {answer.status_code}")
    match error.code:
        case "AF10001":
            return PermanentError("The activity feed refuses the application: grant the activity permission again.")
        case "AF20011" | "AF20012":
            return PermanentError(
                "The organisation keeps no audit records yet: switch unified audit logging on, wait some hours, and "
                "grant the activity permission again."
            )
        case _:
            return PermanentError(f"The activity feed refused: {error.message} {error.code}".strip())
