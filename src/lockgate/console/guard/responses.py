"""What every answer says to the browser: load, run and frame nothing but our own; keep nothing; tell nobody.

Sources: CSP Level 3, Fetch (`Cross-Origin-Resource-Policy`), HTML (`Cross-Origin-Opener-Policy`), RFC 6797 (HSTS).
Rule: `Referrer-Policy` is same-origin, not no-referrer, because the latter takes `Origin` off our own forms.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lockgate.console.parts import ConsoleParts

CSP = "Content-Security-Policy"
YEAR = 365 * 24 * 3600
STATIC_SECONDS = 24 * 3600  # addresses of static files carry a version, so this is about old versions only


def content_policy(login_origins: tuple[str, ...]) -> str:
    """The policy of pages: nothing inline, nothing from elsewhere, never in a frame."""
    forms = " ".join(["'self'", *login_origins])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; frame-src 'self'; form-action {forms}; frame-ancestors 'none'; base-uri 'none'"
    )


class ResponseHeaders:
    """ASGI middleware. A route may set its own `Content-Security-Policy` and `X-Frame-Options`."""

    def __init__(self, app: ASGIApp, parts: ConsoleParts) -> None:
        self._app = app
        self._headers = {
            CSP: content_policy(parts.login_origins),
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if parts.is_https:
            self._headers["Strict-Transport-Security"] = f"max-age={YEAR}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add what the route has not said itself."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cached = scope["path"].startswith("/static/")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", f"public, max-age={STATIC_SECONDS}" if cached else "no-store")
            await send(message)

        await self._app(scope, receive, with_headers)
