"""What every page of the web mail shares: rendering, who is signed in, and forms of the same session."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from m365_simulator.identity.errors import IdentityError
from m365_simulator.identity.sessions import check_password, is_from_own_form
from m365_simulator.mail_flow.server import MailServers
from m365_simulator.world import Mailbox, Tenant, User, WebSession, World

COOKIE = "simulated_webmail"
SURFACE = "webmail"
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request by a signed-in person."""

    request: Request
    world: World
    mail: MailServers
    session: WebSession
    tenant: Tenant
    user: User

    @property
    def mailbox(self) -> Mailbox:
        """The person's own mailbox."""
        return self.tenant.mailboxes.setdefault(self.user.id, Mailbox(self.user.id))

    def page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """A page, every value escaped."""
        return render(template, status, visit=self, **values)

    async def form(self) -> FormData:
        """A posted form, which must come from a page of this session."""
        posted = await self.request.form()
        if not is_from_own_form(self.session, str(posted.get("form_token", ""))):
            raise PermissionError("the form belongs to another session")
        return posted


Handler = Callable[[Request], Awaitable[Response]]


def render(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page for anybody."""
    html = _TEMPLATES.get_template(template).render(**values)
    return HTMLResponse(html, status, headers={"cache-control": "no-store"})


def parts_of(request: Request) -> tuple[World, MailServers]:
    """What `app.create_app` was given."""
    world, mail = request.app.state.world, request.app.state.mail
    if not isinstance(world, World) or not isinstance(mail, MailServers):
        raise TypeError("the app was not made by webmail.app.create_app")
    return world, mail


def for_signed_in(answer: Callable[[Visit], Awaitable[Response]]) -> Handler:
    """A page for signed-in people: anybody else gets the sign-in page."""

    async def handle(request: Request) -> Response:
        world, mail = parts_of(request)
        session = world.web_sessions.get(request.cookies.get(COOKIE, ""))
        tenant = world.tenants.get(session.tenant_id) if session and session.surface == SURFACE else None
        user = tenant.users.get(session.user_id) if session and tenant else None
        if session is None or tenant is None or user is None:
            return render("sign_in.html", visit=None, refusal="", user_name="")
        try:
            return await answer(Visit(request, world, mail, session, tenant, user))
        except PermissionError as refusal:
            return PlainTextResponse(str(refusal), 403)
        except LookupError:
            return PlainTextResponse("There is no such message.", 404)

    return handle


async def sign_in(request: Request) -> Response:
    """Check user name and password."""
    world, _ = parts_of(request)
    form = await request.form()
    name = str(form.get("username", ""))
    try:
        tenant, user = check_password(world, name, str(form.get("password", "")), SURFACE)
    except IdentityError as refusal:
        return render("sign_in.html", 403, visit=None, refusal=refusal.sentence, user_name=name)
    cookie = secrets.token_urlsafe(32)
    world.web_sessions[cookie] = WebSession(tenant.id, user.id, SURFACE, secrets.token_urlsafe(24))
    response = RedirectResponse("/folder/inbox", 303)
    response.set_cookie(COOKIE, cookie, secure=True, httponly=True, samesite="lax", path="/")
    return response


async def sign_out(request: Request) -> Response:
    """End the session."""
    world, _ = parts_of(request)
    world.web_sessions.pop(request.cookies.get(COOKIE, ""), None)
    response = RedirectResponse("/", 303)
    response.delete_cookie(COOKIE, path="/")
    return response
