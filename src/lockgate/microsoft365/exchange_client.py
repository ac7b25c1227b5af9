"""Exchange Online's cmdlets over HTTPS (microsoft-365.md §3.1). The only place that knows the wire form.

Rule: an error is an error and never an empty answer, so that what could not be read is never taken for absent.
"""

from dataclasses import dataclass
from typing import Any

import httpx

from lockgate.microsoft365.exchange_errors import Busy, error_of
from lockgate.microsoft365.graph_client import pause_before
from lockgate.microsoft365.ports import Sleep, TokenSource
from lockgate.model.errors import TemporaryError

Json = dict[str, Any]
TRIES = 6
SYSTEM_MAILBOX = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}"


@dataclass(frozen=True, slots=True)
class ExchangeClient:
    """One tenant's Exchange Online."""

    http: httpx.AsyncClient
    base: str
    tenant_id: str
    token: TokenSource
    sleep: Sleep

    async def run(self, cmdlet: str, **parameters: object) -> list[Json]:
        """Everything that the cmdlet returns, all pages.

        Raises the errors of `exchange_errors`, or TemporaryError when Exchange does not answer.
        """
        url = f"{self.base}/adminapi/beta/{self.tenant_id}/InvokeCommand"
        body = {"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}}
        found: list[Json] = []
        while url:
            answer = await self._post(url, cmdlet, body)
            found += answer.get("value") or []
            url = str(answer.get("@odata.nextLink") or "")
        return found

    async def _post(self, url: str, cmdlet: str, body: Json) -> Json:
        fresh = False
        trouble = "no answer"
        for attempt in range(TRIES):
            try:
                answer = await self.http.post(url, json=body, headers=await self._headers(cmdlet, fresh=fresh))
                if answer.status_code == 401 and not fresh:
                    fresh = True  # rights that were given after the token was issued are only in a new one
                    continue
                return _body(answer, cmdlet)
            except (httpx.TransportError, Busy) as error:
                trouble = str(error) or type(error).__name__
                await self.sleep(pause_before(attempt, error.retry_after if isinstance(error, Busy) else ""))
        raise TemporaryError(f"Exchange Online does not answer {cmdlet} ({trouble}); try again later.")

    async def _headers(self, cmdlet: str, *, fresh: bool) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {await self.token(fresh)}",
            "Prefer": "odata.maxpagesize=1000",
            "X-AnchorMailbox": f"APP:{SYSTEM_MAILBOX}@{self.tenant_id}",
            "X-CmdletName": cmdlet,
        }


def _body(answer: httpx.Response, cmdlet: str) -> Json:
    if answer.is_error:
        raise error_of(answer.status_code, answer.content, answer.headers.get("Retry-After", ""), cmdlet)
    if not answer.content:
        return {}
    try:
        body = answer.json()
    except ValueError:
        raise Busy("something that is not JSON", "") from None
    return body if isinstance(body, dict) else {}
