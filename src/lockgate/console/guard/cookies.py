"""The cookies: the session, the organisation looked at, the token of a form before sign-in, the next page's notice.

Rule: HttpOnly and SameSite=Lax; over https also Secure with the `__Host-` prefix, which no other host can set
(RFC 6265bis §4.1.3.2).
"""

from starlette.requests import Request
from starlette.responses import Response

from lockgate.console.parts import ConsoleParts, parts_of

SESSION = "lockgate-session"
FORM = "lockgate-form"
NOTICE = "lockgate-notice"
ORGANISATION = "lockgate-organisation"
END_USER = "lockgate-end-user"
SIGN_IN = "lockgate-sign-in"
CONSOLE_SIGN_IN = "lockgate-console-sign-in"


def read(request: Request, name: str) -> str:
    """The cookie's value; empty when there is none."""
    return request.cookies.get(_full_name(parts_of(request), name), "")


def write(parts: ConsoleParts, response: Response, name: str, value: str) -> None:
    """Set a cookie that ends with the browser."""
    response.set_cookie(_full_name(parts, name), value, path="/", secure=parts.is_https, httponly=True, samesite="lax")


def forget(parts: ConsoleParts, response: Response, name: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(_full_name(parts, name), path="/", secure=parts.is_https, httponly=True, samesite="lax")


def _full_name(parts: ConsoleParts, name: str) -> str:
    return f"__Host-{name}" if parts.is_https else name
