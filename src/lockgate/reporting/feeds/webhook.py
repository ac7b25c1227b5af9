"""Batches as a signed HTTP request: whoever knows the secret can tell that they are ours, and new.

`Lockgate-Signature: t=<seconds>,v1=<hex>` is HMAC-SHA256 (RFC 2104) over `<seconds>.<body>`; a receiver refuses what is
older than some minutes, so that nobody plays a request again. `Lockgate-Delivery` is the same when a batch is repeated.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from lockgate.model.errors import TemporaryError


@dataclass(frozen=True, slots=True)
class Webhook:
    """Implements `pump.Collector`."""

    http: httpx.AsyncClient
    url: str
    secret: bytes = field(repr=False)

    async def send(self, events: Sequence[str], at: datetime) -> None:
        """Hand over a batch as JSON Lines; raises TemporaryError unless it was answered 2xx."""
        body = "".join(event + "\n" for event in events).encode("utf-8", "replace")
        headers = {
            "Content-Type": "application/x-ndjson",
            "Lockgate-Signature": signature(self.secret, body, at),
            "Lockgate-Delivery": hashlib.sha256(body).hexdigest()[:32],
        }
        try:
            answer = await self.http.post(self.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise TemporaryError(f"webhook {self.url}: {type(error).__name__}") from error
        if not answer.is_success:
            raise TemporaryError(f"webhook {self.url} answered {answer.status_code}")


def signature(secret: bytes, body: bytes, at: datetime) -> str:
    """The value of the signature's field."""
    seconds = str(int(at.timestamp()))
    mark = hmac.new(secret, seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={mark}"
