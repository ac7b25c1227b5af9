"""No other site can make a browser act here: every unsafe request carries a token that only our pages know.

Rule: three checks, each enough against most attacks: the `Origin` that browsers send, the token in the form field
`csrf_token` or the header `X-CSRF-Token`, and SameSite cookies (OWASP, Cross-Site Request Forgery Prevention).
"""

import secrets

from starlette.requests import Request

from lockgate.console.guard.refusals import Forged
from lockgate.console.parts import parts_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
_STALE = "This page was open for too long or does not come from here. Load it again and repeat what you did."


async def check(request: Request, expected: str) -> None:
    """Raises Forged when an unsafe request does not carry `expected` or names another origin."""
    if request.method in SAFE:
        return
    origin = request.headers.get("origin")
    if origin is not None and origin.lower() != parts_of(request).origin:
        raise Forged(_STALE)
    given = request.headers.get(HEADER) or await _field(request)
    if not expected or not secrets.compare_digest(given.encode(), expected.encode()):
        raise Forged(_STALE)


async def _field(request: Request) -> str:
    kind = request.headers.get("content-type", "")
    if not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return ""
    value = (await request.form()).get(FIELD)
    return value if isinstance(value, str) else ""
