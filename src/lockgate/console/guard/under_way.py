"""A sign-in with Microsoft under way: what the browser must bring back, sealed in a cookie that nobody can read.

Rule: sealed for one cookie it opens in no other, and a sign-in that takes longer than TAKES is over.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta

from fastapi import Request
from fastapi.responses import Response

from lockgate.console.guard import cookies
from lockgate.console.parts import ConsoleParts, parts_of
from lockgate.model.errors import PermanentError

TAKES = timedelta(minutes=15)


def keep(parts: ConsoleParts, response: Response, cookie: str, said: Mapping[str, object]) -> None:
    """Leave it with the browser."""
    until = int((parts.clock() + TAKES).timestamp())
    sealed = parts.vault.seal(json.dumps([until, said]), cookie)
    cookies.write(parts, response, cookie, urlsafe_b64encode(sealed.encode()).decode().rstrip("="))


def kept(request: Request, cookie: str) -> dict[str, object] | None:
    """What `keep` has left with this browser, while it is not over."""
    value, parts = cookies.read(request, cookie), parts_of(request)
    try:
        sealed = urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode("ascii")
        until, said = json.loads(parts.vault.unseal(sealed, cookie))
    except (ValueError, TypeError, PermanentError):
        return None
    return said if isinstance(said, dict) and parts.clock().timestamp() < until else None
