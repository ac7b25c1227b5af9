"""Exchange Online's cmdlets over HTTPS (microsoft-365.md §3.1). The only place that knows the wire form.

Rule: an error is an error and never an empty answer, so that what could not be read is never taken for absent. A token
goes to the host that it is meant for and to no other, whatever a link in an answer says.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from lockgate.microsoft365.exchange_errors import Busy, ExchangeError, error_of
from lockgate.microsoft365.graph_client import pause_before
from lockgate.microsoft365.ports import Sleep, TokenSource
from lockgate.model.errors import TemporaryError

Json = dict[str, Any]
TRIES = 6
SYSTEM_MAILBOX = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}"
# Asked for as Exchange's own PowerShell module does: the answer lists what this application may call.
MODULE_FILE, MODULE_VERSION = "the module file", "3.9.2"
# Cmdlets that are anchored elsewhere; a wrong anchor is slow, or finds nothing.
ANCHORS = {"Set-AdminAuditLogConfig": "SystemMailbox{8cc370d3-822a-4ab8-a926-bb94bd0641a9}"}


@dataclass(frozen=True, slots=True)
class ExchangeClient:
    """One tenant's Exchange Online."""

    http: httpx.AsyncClient
    base: str
    tenant_id: str
    token: TokenSource
    sleep: Sleep
    spread: Callable[[], float] = random.random  # 0 to 1: clients that were throttled together do not return together

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
            if url and not url.startswith(f"{self.base}/"):
                raise ExchangeError(f"Exchange Online continues {cmdlet} on another host, which is not followed.")
        return found

    async def allowed(self) -> frozenset[str]:
        """The cmdlets that Exchange would let us run; empty when its answer names none. Raises as `run` does."""
        url = f"{self.base}/adminapi/v1.0/{self.tenant_id}/EXOModuleFile?Version={MODULE_VERSION}"
        answer = await self._tried(MODULE_FILE, lambda fresh: self._get(url, fresh=fresh))
        files = answer.get("value") or []
        return frozenset(str(name) for one in files for name in one.get("exportedCmdlets") or ())

    async def _post(self, url: str, cmdlet: str, body: Json) -> Json:
        return await self._tried(cmdlet, lambda fresh: self._send(url, cmdlet, body, fresh=fresh))

    async def _tried(self, cmdlet: str, send: Callable[[bool], Awaitable[httpx.Response]]) -> Json:
        renewed = False
        trouble = "no answer"
        for attempt in range(TRIES):
            try:
                answer = await send(False)
                if answer.status_code in (401, 403) and not renewed:
                    renewed = True  # rights that were given after the token was issued are only in a new one
                    answer = await send(True)
                return _body(answer, cmdlet)
            except (httpx.RequestError, Busy) as error:
                trouble = str(error) or type(error).__name__
                await self.sleep(self._pause(attempt, error.retry_after if isinstance(error, Busy) else ""))
        raise TemporaryError(f"Exchange Online does not answer {cmdlet} ({trouble}); try again later.")

    async def _send(self, url: str, cmdlet: str, body: Json, *, fresh: bool) -> httpx.Response:
        return await self.http.post(url, json=body, headers=await self._headers(cmdlet, fresh=fresh))

    async def _get(self, url: str, *, fresh: bool) -> httpx.Response:
        headers = await self._headers(MODULE_FILE, fresh=fresh)
        del headers["X-CmdletName"]
        return await self.http.get(url, headers={**headers, "CommandName": "*"})

    def _pause(self, attempt: int, retry_after: str) -> float:
        """Seconds: what Exchange asks for, or half to all of a pause that doubles."""
        whole = pause_before(attempt, retry_after)
        return whole if retry_after.isdigit() else whole * (0.5 + self.spread() / 2)

    async def _headers(self, cmdlet: str, *, fresh: bool) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {await self.token(fresh)}",
            "Prefer": "odata.maxpagesize=1000",
            "X-AnchorMailbox": f"APP:{ANCHORS.get(cmdlet, SYSTEM_MAILBOX)}@{self.tenant_id}",
            "X-CmdletName": cmdlet,
        }


def _body(answer: httpx.Response, cmdlet: str) -> Json:
    if answer.is_error:
        raise error_of(answer.status_code, answer.content, answer.headers.get("Retry-After", ""), cmdlet)
    reads = cmdlet.startswith("Get-")
    if not answer.content and not reads:
        return {}
    try:
        body = answer.json()
    except ValueError:
        raise Busy("something that is not JSON", "") from None
    if not isinstance(body, dict) or (reads and not isinstance(body.get("value"), list)):
        raise Busy("an answer without values", "")
    return body
