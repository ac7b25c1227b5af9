"""The authorization endpoint: code flow with PKCE, nonce and state; sign-in and user consent on the way.

Until client and redirect URI are known to be good, errors are shown to the person; afterwards they go to the
application with `state` (RFC 6749 §4.1.2.1).
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from m365_simulator.identity import directory_roles as roles
from m365_simulator.identity.consent import (
    ADMIN_ONLY_SCOPES,
    MAY_GRANT_EVERYTHING,
    by_resource,
    grant_for_user,
    missing_consent,
)
from m365_simulator.identity.errors import IdentityError
from m365_simulator.identity.issuing import id_token
from m365_simulator.identity.pages import page, send_back
from m365_simulator.identity.permissions import KnownPermission
from m365_simulator.identity.requests import (
    login_of,
    redirect_uri_in,
    registration_in,
    tenant_in_path,
)
from m365_simulator.identity.scopes import parse_scope
from m365_simulator.identity.sessions import is_from_own_form
from m365_simulator.identity.sign_in import sign_in_page, signed_in, this_request
from m365_simulator.world import AppRegistration, AuthorizationCode, Tenant, User, WebSession, new_guid

CODE_LIFETIME = timedelta(minutes=10)
RESPONSE_TYPES = {frozenset({"code"}), frozenset({"id_token"}), frozenset({"code", "id_token"})}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request whose client and redirect URI are good. `error` is what else is wrong with it."""

    registration: AppRegistration
    redirect_uri: str
    response_mode: str
    response_type: frozenset[str]
    delegated: tuple[KnownPermission, ...]
    error: tuple[str, str] | None


async def authorize(request: Request) -> Response:
    """Answer an authorization request; the consent form of this endpoint posts to it as well."""
    tenant = tenant_in_path(request)
    asked = _asked(request)
    if asked.error is not None:
        return _refuse(request, asked, *asked.error)
    prompt = request.query_params.get("prompt", "")
    who = signed_in(request, tenant)
    posted = request.method == "POST"
    if prompt == "none" and who is None:
        return _refuse(request, asked, "login_required", IdentityError(50058).sentence)
    if who is None or (prompt in ("login", "select_account") and not posted):
        return sign_in_page(request, this_request(request))
    session, own, user = who
    missing = missing_consent(own, user, asked.registration.client_id, asked.delegated)
    if prompt == "consent" and not posted:
        missing = list(asked.delegated)
    if posted and missing:
        refusal = await _take_decision(request, session, own, user, asked)
        if refusal is not None:
            return refusal
    elif missing:
        return _ask_consent(request, session, own, user, asked, missing)
    return _answer(request, asked, own, user)


def _asked(request: Request) -> _Asked:
    registration = registration_in(request)
    redirect_uri = redirect_uri_in(request, registration)
    query = request.query_params
    response_type = frozenset(query.get("response_type", "").split())
    mode = query.get("response_mode") or ("query" if response_type <= {"code"} else "fragment")
    error: tuple[str, str] | None = None
    delegated: tuple[KnownPermission, ...] = ()
    try:
        error = _wrong_parameters(request, response_type, mode)
        delegated = parse_scope(query.get("scope", "")).delegated
    except IdentityError as refusal:
        error = error or (refusal.error, refusal.sentence)
    usable_mode = mode if mode in ("query", "fragment", "form_post") else "query"
    return _Asked(registration, redirect_uri, usable_mode, response_type, delegated, error)


def _wrong_parameters(request: Request, response_type: frozenset[str], mode: str) -> tuple[str, str] | None:
    query = request.query_params
    if "response_type" not in query:
        raise IdentityError(900144, "response_type")
    if response_type not in RESPONSE_TYPES:
        return "unsupported_response_type", "The response_type is not supported."
    if mode not in ("query", "fragment", "form_post"):
        return "invalid_request", f"The response_mode '{mode}' is not supported."
    if "scope" not in query:
        raise IdentityError(900144, "scope")
    if "id_token" in response_type:
        if mode == "query":
            return "invalid_request", "An id_token is never sent in a query."
        if not query.get("nonce"):
            raise IdentityError(900144, "nonce")
    if query.get("code_challenge_method", "plain") not in ("S256", "plain"):
        return "invalid_request", "The code_challenge_method is not supported."
    return None


async def _take_decision(
    request: Request, session: WebSession, tenant: Tenant, user: User, asked: _Asked
) -> Response | None:
    form = await request.form()
    if not is_from_own_form(session, str(form.get("form_token", ""))):
        raise IdentityError(9002313, "the form belongs to another session")
    if form.get("decision") != "accept":
        return _refuse(request, asked, "access_denied", IdentityError(65004).sentence)
    if _needs_admin(tenant, user, asked.delegated):
        return _refuse(request, asked, "access_denied", IdentityError(90094).sentence)
    scopes = [permission.value for permission in asked.delegated]
    grant_for_user(login_of(request).world, tenant, user, asked.registration, scopes)
    return None


def _needs_admin(tenant: Tenant, user: User, asked: tuple[KnownPermission, ...]) -> bool:
    restricted = any(permission.value in ADMIN_ONLY_SCOPES for permission in asked)
    return restricted and not roles.roles_of(tenant, user.id) & MAY_GRANT_EVERYTHING


def _ask_consent(
    request: Request, session: WebSession, tenant: Tenant, user: User, asked: _Asked, missing: list[KnownPermission]
) -> Response:
    if request.query_params.get("prompt") == "none":
        sentence = IdentityError(65001, asked.registration.client_id).sentence
        return _refuse(request, asked, "interaction_required", sentence)
    return page(
        "user_consent.html",
        registration=asked.registration,
        tenant=tenant,
        user=user,
        resources=by_resource(missing),
        allowed=not _needs_admin(tenant, user, asked.delegated),
        action=this_request(request),
        form_token=session.form_token,
    )


def _answer(request: Request, asked: _Asked, tenant: Tenant, user: User) -> Response:
    login, query = login_of(request), request.query_params
    answer = {"state": query.get("state", ""), "session_state": new_guid()}
    if "code" in asked.response_type:
        code = "0.A" + secrets.token_urlsafe(48)
        login.world.authorization_codes[code] = AuthorizationCode(
            client_id=asked.registration.client_id,
            tenant_id=tenant.id,
            user_id=user.id,
            redirect_uri=asked.redirect_uri,
            scopes=[permission.value for permission in asked.delegated],
            nonce=query.get("nonce", ""),
            code_challenge=query.get("code_challenge", ""),
            code_challenge_method=query.get("code_challenge_method", "plain"),
            expires=login.world.clock.now() + CODE_LIFETIME,
        )
        answer["code"] = code
    if "id_token" in asked.response_type:
        client_id = asked.registration.client_id
        answer["id_token"] = id_token(login, tenant, user, client_id, query.get("nonce", ""))
    return send_back(asked.redirect_uri, answer, asked.response_mode)


def _refuse(request: Request, asked: _Asked, error: str, description: str) -> Response:
    answer = {"error": error, "error_description": description, "state": request.query_params.get("state", "")}
    return send_back(asked.redirect_uri, answer, asked.response_mode)
