"""The token endpoint: client credentials and authorization code, with Microsoft's error bodies."""

import base64
import hashlib
import secrets
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from m365_simulator.identity.client_assertion import authenticate_client
from m365_simulator.identity.consent import missing_consent
from m365_simulator.identity.errors import IdentityError, error_body
from m365_simulator.identity.issuing import app_token, client_info, delegated_token, id_token
from m365_simulator.identity.pages import NO_STORE
from m365_simulator.identity.requests import Login, login_of, tenant_in_path
from m365_simulator.identity.scopes import parse_scope
from m365_simulator.identity.tokens import LIFETIME_SECONDS
from m365_simulator.world import AppRegistration, AuthorizationCode, Properties, Tenant, new_guid


async def token(request: Request) -> Response:
    """POST /{tenant}/oauth2/v2.0/token."""
    login = login_of(request)
    form = {key: str(value) for key, value in (await request.form()).items()}
    correlation = request.headers.get("client-request-id", "")
    headers = {**NO_STORE, "x-ms-request-id": new_guid()}
    if correlation:
        headers["client-request-id"] = correlation
    try:
        body = _granted(request, login, form)
    except IdentityError as refusal:
        return JSONResponse(error_body(login.world, refusal, correlation), refusal.status, headers)
    return JSONResponse(body, headers=headers)


def _granted(request: Request, login: Login, form: Mapping[str, str]) -> Properties:
    tenant = tenant_in_path(request)
    authority = str(request.path_params["tenant"])
    grant = _required(form, "grant_type")
    client_id = _required(form, "client_id").lower()
    if grant not in ("client_credentials", "authorization_code"):
        raise IdentityError(70003, grant)
    if grant == "client_credentials" and tenant is None:
        raise IdentityError(9001023, authority)
    registration = login.world.registrations.get(client_id)
    if registration is None:
        raise IdentityError(700016, client_id)
    authenticate_client(login, tenant, authority, registration, form)
    if tenant is not None and grant == "client_credentials":
        return _client_credentials(login, tenant, registration, form)
    return _authorization_code(login, tenant, registration, form)


def _client_credentials(
    login: Login, tenant: Tenant, registration: AppRegistration, form: Mapping[str, str]
) -> Properties:
    scope = parse_scope(_required(form, "scope"))
    if not scope.is_default or scope.delegated:
        raise IdentityError(70011, form["scope"])
    return _bearer(app_token(login, tenant, registration.client_id, scope))


def _authorization_code(
    login: Login, tenant: Tenant | None, registration: AppRegistration, form: Mapping[str, str]
) -> Properties:
    code = _redeemed(login, tenant, registration, form)
    own = login.world.tenants.get(code.tenant_id)
    user = own.users.get(code.user_id) if own is not None else None
    if own is None or user is None:
        raise IdentityError(50034, code.user_id)
    scope = parse_scope(form.get("scope") or " ".join(code.scopes) or "openid")
    if missing_consent(own, user, registration.client_id, scope.delegated):
        raise IdentityError(65001, registration.client_id)
    body = _bearer(delegated_token(login, own, user, registration.client_id, scope))
    body["scope"] = " ".join(permission.value for permission in scope.delegated)
    if "openid" in code.scopes:
        body["id_token"] = id_token(login, own, user, registration.client_id, code.nonce)
    if form.get("client_info") == "1":
        body["client_info"] = client_info(own, user)
    return body


def _redeemed(
    login: Login, tenant: Tenant | None, registration: AppRegistration, form: Mapping[str, str]
) -> AuthorizationCode:
    code = login.world.authorization_codes.get(_required(form, "code"))
    if code is None:
        raise IdentityError(70000)
    if code.client_id != registration.client_id or (tenant is not None and tenant.id != code.tenant_id):
        raise IdentityError(700005)
    if code.used:
        raise IdentityError(54005)
    if code.expires <= login.world.clock.now():
        raise IdentityError(70008)
    if _required(form, "redirect_uri") != code.redirect_uri:
        raise IdentityError(500112)
    if code.code_challenge and not _proves(code, form.get("code_verifier", "")):
        raise IdentityError(501481)
    code.used = True
    return code


def _proves(code: AuthorizationCode, verifier: str) -> bool:
    """RFC 7636 §4.6."""
    shown = verifier
    if code.code_challenge_method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        shown = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return secrets.compare_digest(shown.encode(), code.code_challenge.encode())


def _bearer(access_token: str) -> Properties:
    return {
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "ext_expires_in": LIFETIME_SECONDS,
        "access_token": access_token,
    }


def _required(form: Mapping[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        raise IdentityError(900144, name)
    return value
