"""Turns values into pages: one Jinja environment that escapes everything, and the words for what people read.

Rule: a template gets values and says nothing about storage; an undefined name is an error, not an empty text.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from lockgate.console import notices, searches, wording
from lockgate.console.guard import cookies
from lockgate.console.guard.visitors import Stranger, Visitor
from lockgate.console.organisation_names import names
from lockgate.console.parts import parts_of
from lockgate.model.access import Role

CONSOLE = Path(__file__).parent
CONTENT = "#content"  # what a page shows beside the menu


def environment() -> Environment:
    """The templates of all pages, named like `trace/page.html`."""
    made = Environment(
        loader=FileSystemLoader(CONSOLE),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        moment=wording.moment, size=wording.size, ago=wording.ago, state=wording.state, words=wording.words,
        begun=wording.begun,
        number=wording.number, breakable=wording.breakable, counted=wording.counted,
    )  # fmt: skip
    made.globals.update(
        assets=_assets_version(),
        colour=wording.colour,
        verdict_colour=wording.verdict_colour,
        admin=Role.ADMIN,
        viewer=Role.VIEWER,
        search_address=searches.address,
    )
    return made


def page(
    request: Request,
    who: Visitor | Stranger,
    template: str,
    values: Mapping[str, object] | None = None,
    *,
    status: int = 200,
) -> Response:
    """The page, with the notice that the request before it left."""
    parts = parts_of(request)
    notice = notices.left(request)
    html = request.app.state.templates.get_template(template).render(
        request=request,
        visitor=who if isinstance(who, Visitor) else None,
        csrf_token=who.csrf_token,
        notice=notice,
        now=parts.clock(),
        path=request.url.path,
        organisations=names(parts, who.access.scope()) if isinstance(who, Visitor) else {},
        **(values or {}),
    )
    response = HTMLResponse(html, status)
    if notice is not None:
        cookies.forget(parts, response, cookies.NOTICE)
    if isinstance(who, Stranger):
        cookies.write(parts, response, cookies.FORM, who.csrf_token)
    return response


def fragment(request: Request, who: Visitor, template: str, values: Mapping[str, object]) -> Response:
    """A part of a page, for htmx to put in place."""
    html = request.app.state.templates.get_template(template).render(
        request=request, visitor=who, csrf_token=who.csrf_token, now=parts_of(request).clock(), **values
    )
    return HTMLResponse(html)


def in_place_of_all(whole: Response) -> Response:
    """A page as the answer to a part of it that looks again: all content is renewed by it where it stands.

    Never a reload: that takes away a click on its way to another page, and what is typed (`static/polling.js`).
    """
    whole.headers.update({"HX-Retarget": CONTENT, "HX-Reselect": CONTENT, "HX-Reswap": "morph"})
    return whole


def go_to(request: Request, path: str, notice: str = "", *, good: bool = True) -> Response:
    """After a change: look at `path`, and read `notice` there."""
    response = RedirectResponse(path, status_code=303)
    if notice:
        notices.leave(parts_of(request), response, notice, good=good)
    return response


def asked_by_htmx(request: Request) -> bool:
    """Whether a fragment is wanted; going back in the history wants the whole page."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def _assets_version() -> str:
    digest = hashlib.sha256()
    for file in sorted((CONSOLE / "static").rglob("*")):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
