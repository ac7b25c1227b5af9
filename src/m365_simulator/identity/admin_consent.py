"""Admin consent, v2 and v1 (microsoft-365.md §1.3): sign in, see every permission in words, Accept or Cancel.

A refused v2 consent still carries `admin_consent=True` next to its `error`, because Microsoft's does.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from m365_simulator.identity.consent import (
    by_resource,
    grant_for_organisation,
    may_consent,
    registered_permissions,
)
from m365_simulator.identity.errors import IdentityError
from m365_simulator.identity.pages import page, send_back
from m365_simulator.identity.permissions import KnownPermission
from m365_simulator.identity.requests import (
    login_of,
    redirect_uri_in,
    registration_in,
    tenant_in_path,
)
from m365_simulator.identity.scopes import full_scope, parse_scope
from m365_simulator.identity.sessions import is_from_own_form
from m365_simulator.identity.sign_in import sign_in_page, signed_in, this_request
from m365_simulator.world import AppRegistration, Tenant


@dataclass(frozen=True, slots=True)
class _Asked:
    registration: AppRegistration
    redirect_uri: str
    state: str
    is_v2: bool
    permissions: list[KnownPermission]


async def admin_consent(request: Request) -> Response:
    """The page (GET) and the decision (POST); what is asked for always comes from the query."""
    tenant = tenant_in_path(request)
    asked = _asked(request)
    who = signed_in(request, tenant)
    if who is None:
        return sign_in_page(request, this_request(request))
    session, own, user = who
    allowed = may_consent(own, user, asked.permissions)
    if request.method == "GET":
        return page(
            "admin_consent.html",
            registration=asked.registration,
            tenant=own,
            user=user,
            resources=by_resource(asked.permissions),
            allowed=allowed,
            action=this_request(request),
            form_token=session.form_token,
        )
    form = await request.form()
    if not is_from_own_form(session, str(form.get("form_token", ""))):
        raise IdentityError(9002313, "the form belongs to another session")
    if not allowed:
        return _failure(asked, own, IdentityError(90094))
    if form.get("decision") != "accept":
        return _failure(asked, own, IdentityError(65004))
    grant_for_organisation(login_of(request).world, own, user, asked.registration, asked.permissions)
    return _success(asked, own)


def _asked(request: Request) -> _Asked:
    registration = registration_in(request)
    redirect_uri = redirect_uri_in(request, registration)
    is_v2 = "/v2.0/" in request.url.path
    permissions = registered_permissions(registration)
    if is_v2:
        if request.path_params["tenant"] in ("common", "consumers"):
            raise IdentityError(900023, request.path_params["tenant"])
        permissions = _narrowed(request, permissions)
    state = request.query_params.get("state", "")
    return _Asked(registration, redirect_uri, state, is_v2, permissions)


def _narrowed(request: Request, registered: list[KnownPermission]) -> list[KnownPermission]:
    scope = parse_scope(request.query_params.get("scope", "")) if "scope" in request.query_params else None
    if scope is None:
        raise IdentityError(900144, "scope")
    if not scope.is_default:
        return list(scope.delegated)
    if all(item.resource_app_id != scope.resource.app_id for item in registered):
        raise IdentityError(650057, scope.identifier)
    return registered


def _success(asked: _Asked, tenant: Tenant) -> Response:
    answer = {"admin_consent": "True", "tenant": tenant.id, "state": asked.state}
    if asked.is_v2:
        answer["scope"] = " ".join(full_scope(item) for item in asked.permissions)
    return send_back(asked.redirect_uri, answer)


def _failure(asked: _Asked, tenant: Tenant, refusal: IdentityError) -> Response:
    if asked.is_v2:
        answer = {
            "error": refusal.error,
            "error_description": refusal.sentence,
            "error_uri": f"https://login.microsoftonline.com/error?code={refusal.code}",
            "tenant": tenant.id,
            "state": asked.state,
            "admin_consent": "True",
        }
    else:
        answer = {
            "error": "permission_denied",
            "error_description": "The admin canceled the request",
            "state": asked.state,
        }
    return send_back(asked.redirect_uri, answer)
