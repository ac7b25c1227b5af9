"""Signing in with a browser: user name and password, a cookie, and the token that every form carries."""

import secrets
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from m365_simulator.activity.audit import sign_in_event
from m365_simulator.identity.errors import IdentityError
from m365_simulator.world import Tenant, User, WebSession, World

COOKIES = {"login": "simulated_sign_in", "portal": "simulated_portal"}


def check_password(world: World, user_name: str, password: str, app_id: str = "") -> tuple[Tenant, User]:
    """The person behind a user principal name; AADSTS50034, 50126 or 50057 otherwise."""
    tenant = world.tenant_of_domain(user_name.strip().rpartition("@")[2])
    wanted = user_name.strip().lower()
    users = tenant.users.values() if tenant is not None else ()
    user = next((found for found in users if found.user_principal_name.lower() == wanted), None)
    if tenant is None or user is None:
        raise IdentityError(50034, user_name)
    refusal = 0
    if not user.password or not secrets.compare_digest(user.password.encode(), password.encode()):
        refusal = 50126
    elif not user.account_enabled:
        refusal = 50057
    sign_in_event(world, tenant, user, app_id, refusal)
    if refusal:
        raise IdentityError(refusal)
    return tenant, user


def open_session(world: World, response: Response, surface: str, tenant: Tenant, user: User) -> WebSession:
    """Remember who signed in, and give the browser its cookie."""
    session = WebSession(tenant.id, user.id, surface, secrets.token_urlsafe(24))
    cookie = secrets.token_urlsafe(32)
    world.web_sessions[cookie] = session
    response.set_cookie(COOKIES[surface], cookie, secure=True, httponly=True, samesite="lax", path="/")
    return session


def session_in(world: World, request: Request, surface: str) -> WebSession | None:
    """Who is signed in with this browser; nobody when the person was removed or disabled meanwhile."""
    session = world.web_sessions.get(request.cookies.get(COOKIES[surface], ""))
    if session is None or session.surface != surface:
        return None
    tenant = world.tenants.get(session.tenant_id)
    user = tenant.users.get(session.user_id) if tenant is not None else None
    return session if user is not None and user.account_enabled else None


def close_session(world: World, request: Request, response: Response, surface: str) -> None:
    """Sign out."""
    world.web_sessions.pop(request.cookies.get(COOKIES[surface], ""), None)
    response.delete_cookie(COOKIES[surface], path="/")


def is_from_own_form(session: WebSession, form_token: str) -> bool:
    """Whether a posted form came from a page of this session."""
    return secrets.compare_digest(session.form_token.encode(), form_token.encode())


def without_prompt(path_and_query: str) -> str:
    """The same request after the person has signed in: asking again would never end."""
    path, _, query = path_and_query.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "prompt"]
    return f"{path}?{urlencode(kept)}" if kept else path
