"""What every page of the portal shares: rendering, the signed-in person, and forms of the same session."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from m365_simulator.identity.errors import IdentityError
from m365_simulator.identity.sessions import (
    check_password,
    close_session,
    is_from_own_form,
    open_session,
    session_in,
)
from m365_simulator.world import Tenant, User, WebSession, World

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request by a signed-in person."""

    request: Request
    world: World
    session: WebSession
    tenant: Tenant
    user: User

    def page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """A page of the portal, every value escaped."""
        html = _TEMPLATES.get_template(template).render(visit=self, **values)
        return HTMLResponse(html, status, headers={"cache-control": "no-store"})

    async def form(self) -> dict[str, list[str]]:
        """The fields of a posted form, which must come from a page of this session."""
        posted = await self.request.form()
        if not is_from_own_form(self.session, str(posted.get("form_token", ""))):
            raise PermissionError("the form belongs to another session")
        return {name: [str(value) for value in posted.getlist(name)] for name in posted}


Handler = Callable[[Request], Awaitable[Response]]


def for_signed_in(answer: Callable[[Visit], Awaitable[Response]]) -> Handler:
    """A page for signed-in people: anybody else gets the sign-in page and comes back afterwards."""

    async def handle(request: Request) -> Response:
        world = _world(request)
        session = session_in(world, request, "portal")
        if session is None:
            query = f"?{request.url.query}" if request.url.query else ""
            return _sign_in_page(request.url.path + query if request.method == "GET" else "/")
        tenant = world.tenants[session.tenant_id]
        try:
            return await answer(Visit(request, world, session, tenant, tenant.users[session.user_id]))
        except PermissionError as refusal:
            return PlainTextResponse(str(refusal), 403)
        except KeyError:
            return PlainTextResponse("There is no such object.", 404)

    return handle


async def sign_in(request: Request) -> Response:
    """Check user name and password."""
    form = await request.form()
    name, proceed = str(form.get("loginfmt", "")), str(form.get("proceed", "/"))
    if not proceed.startswith("/") or proceed.startswith(("//", "/\\")):
        proceed = "/"
    world = _world(request)
    try:
        tenant, user = check_password(world, name, str(form.get("passwd", "")), "portal")
    except IdentityError as refusal:
        return _sign_in_page(proceed, refusal, name)
    response = RedirectResponse(proceed, 303)
    open_session(world, response, "portal", tenant, user)
    return response


async def sign_out(request: Request) -> Response:
    """End the session."""
    response = RedirectResponse("/", 303)
    close_session(_world(request), request, response, "portal")
    return response


def _sign_in_page(proceed: str, refusal: IdentityError | None = None, name: str = "") -> Response:
    html = _TEMPLATES.get_template("sign_in.html").render(visit=None, proceed=proceed, refusal=refusal, user_name=name)
    return HTMLResponse(html, headers={"cache-control": "no-store"})


def _world(request: Request) -> World:
    world = request.app.state.world
    if not isinstance(world, World):
        raise TypeError("the app was not made by portal.app.create_app")
    return world
