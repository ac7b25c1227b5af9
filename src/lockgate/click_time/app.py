"""The web application of the link service. It has no accounts, no cookies and no state of its own.

Every answer forbids the browser to load, frame or keep anything; pages carry their few lines of style themselves.
"""

import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lockgate.click_time.following import Followed, Following, View, Visitor
from lockgate.click_time.texts import chosen_language, texts
from lockgate.click_time.throttle import Throttle
from lockgate.mime.signed_links import PATH, token_of

LARGEST_FORM = 8_192  # bytes
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_STATUS = {View.WARNING: 200, View.BLOCKED: 403, View.EXPIRED: 410, View.NOT_OURS: 404}
Answer = Callable[[Request], Awaitable[Response]]


def create_app(following: Following, throttle: Throttle, path: str = "", *, tls: bool = True) -> Starlette:
    """The application; `path` is that of the service's public address, without a slash at its end."""
    pages = _Pages(tls)

    async def follow(request: Request) -> Response:
        if not throttle.allows(_client(request)):
            return pages.page(request, "too_many", 429)
        form = ""
        if request.method == "POST":
            if int(request.headers.get("content-length") or LARGEST_FORM + 1) > LARGEST_FORM:
                return pages.page(request, "not_ours", 413)
            sent = await request.form(max_files=0, max_fields=5)
            given = sent.get("ticket", "")
            form = given if isinstance(given, str) else ""
        token = token_of(PATH + request.path_params["rest"], "")
        visitor = Visitor(request.method, _client(request), request.headers.get("user-agent", ""))
        return pages.answer(request, await following.follow(token, visitor, form))

    async def well(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def nothing(request: Request, _: Exception) -> Response:
        return pages.page(request, "not_ours", 404)

    routes = [
        Route(f"{path}{PATH}{{rest:path}}", follow, methods=["GET", "HEAD", "POST"]),
        Route(f"{path}/healthz", well, methods=["GET", "HEAD"]),
    ]
    return Starlette(routes=routes, exception_handlers={404: nothing})


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


class _Pages:
    """Answers, in the language that the browser asks for."""

    def __init__(self, tls: bool) -> None:
        folder = Path(__file__).parent
        self._templates = Environment(loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True)
        self._tls = tls

    def answer(self, request: Request, followed: Followed) -> Response:
        """Where to go, or a page."""
        if followed.view is None:
            status = 303 if request.method == "POST" else 302
            headers = self._headers("") | {"Location": quote(followed.address, safe=_PRINTABLE)}
            return Response(status_code=status, headers=headers)
        name = followed.view.name.lower()
        return self.page(request, name, _STATUS[followed.view], followed)

    def page(self, request: Request, name: str, status: int, followed: Followed | None = None) -> Response:
        """One page."""
        nonce = secrets.token_urlsafe(12)
        said = texts(chosen_language(request.headers.get("accept-language", "")))
        content = self._templates.get_template("page.html").render(
            said=said, name=name, followed=followed, nonce=nonce, path=request.url.path
        )
        return Response(content, status, self._headers(nonce), "text/html; charset=utf-8")

    def _headers(self, nonce: str) -> dict[str, str]:
        style = f"style-src 'nonce-{nonce}'; " if nonce else ""
        headers = {
            # The browser follows the answer to the form to the page itself, which is why the form may go anywhere.
            "Content-Security-Policy": f"default-src 'none'; {style}form-action 'self' http: https:; base-uri 'none'; "
            "frame-ancestors 'none'",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex, nofollow",
        }
        return headers | ({"Strict-Transport-Security": "max-age=31536000"} if self._tls else {})
