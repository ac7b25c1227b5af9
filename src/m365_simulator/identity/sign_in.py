"""The sign-in page of the login host."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from m365_simulator.identity.errors import IdentityError
from m365_simulator.identity.pages import NO_STORE, page
from m365_simulator.identity.requests import login_of, tenant_in_path
from m365_simulator.identity.sessions import (
    check_password,
    close_session,
    open_session,
    session_in,
    without_prompt,
)
from m365_simulator.world import Tenant, User, WebSession


def sign_in_page(request: Request, proceed: str, refusal: IdentityError | None = None, name: str = "") -> Response:
    """Ask who is there; afterwards the browser goes on to `proceed`, a path of this host."""
    user_name = name or request.query_params.get("login_hint", "")
    return page(
        "sign_in.html",
        action=f"/{request.path_params['tenant']}/login",
        proceed=proceed,
        user_name=user_name,
        refusal=refusal,
    )


def this_request(request: Request) -> str:
    """Path and query of the request, to come back to it."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def signed_in(request: Request, tenant: Tenant | None) -> tuple[WebSession, Tenant, User] | None:
    """Who is signed in and may act in `tenant` (any tenant when None)."""
    world = login_of(request).world
    session = session_in(world, request, "login")
    if session is None or (tenant is not None and tenant.id != session.tenant_id):
        return None
    own = world.tenants[session.tenant_id]
    return session, own, own.users[session.user_id]


async def post_sign_in(request: Request) -> Response:
    """Check user name and password and go on, or show the page again with the reason."""
    login = login_of(request)
    form = await request.form()
    name, password = str(form.get("loginfmt", "")), str(form.get("passwd", ""))
    proceed = str(form.get("proceed", "/"))
    if not proceed.startswith("/") or proceed.startswith(("//", "/\\")):
        raise IdentityError(9002313, "proceed")
    wanted = tenant_in_path(request)
    try:
        tenant, user = check_password(login.world, name, password)
        if wanted is not None and wanted.id != tenant.id:
            raise IdentityError(50020, name)
    except IdentityError as refusal:
        return sign_in_page(request, proceed, refusal, name)
    response = RedirectResponse(without_prompt(proceed), 302, headers=NO_STORE)
    open_session(login.world, response, "login", tenant, user)
    return response


async def sign_out(request: Request) -> Response:
    """End the session; goes to `post_logout_redirect_uri` only where that is a registered redirect URI."""
    login = login_of(request)
    target = request.query_params.get("post_logout_redirect_uri", "")
    known = {uri for registration in login.world.registrations.values() for uri in registration.redirect_uris}
    response: Response = RedirectResponse(target, 302) if target in known else page("signed_out.html")
    close_session(login.world, request, response, "login")
    return response
