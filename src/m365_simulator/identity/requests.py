"""What every page and endpoint of the login host needs from a request: the world, the tenant, the application."""

import re
import uuid
from dataclasses import dataclass

from starlette.requests import Request

from m365_simulator.identity.errors import IdentityError
from m365_simulator.settings import Settings
from m365_simulator.world import AppRegistration, Tenant, World

SHARED_AUTHORITIES = ("common", "organizations", "consumers")
_DOMAIN = re.compile(r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", re.IGNORECASE)


@dataclass(frozen=True)
class Login:
    """The login host: one per simulation."""

    world: World
    settings: Settings

    @property
    def url(self) -> str:
        """Its base URL."""
        return self.settings.login_url


def login_of(request: Request) -> Login:
    """The login host that answers this request."""
    login = request.app.state.login
    if not isinstance(login, Login):
        raise TypeError("the app was not made by identity.app.create_app")
    return login


def tenant_in_path(request: Request) -> Tenant | None:
    """The tenant the URL names; None for a shared authority. AADSTS90002 or 900023 otherwise."""
    name = str(request.path_params["tenant"])
    return None if name in SHARED_AUTHORITIES else named_tenant(login_of(request).world, name)


def named_tenant(world: World, name: str) -> Tenant:
    """A tenant by id or verified domain."""
    tenant = world.tenant_by_name(name)
    if tenant is not None:
        return tenant
    raise IdentityError(90002 if _is_guid(name) or _DOMAIN.match(name) else 900023, name)


def _is_guid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def registration_in(request: Request) -> AppRegistration:
    """The application that the query names by `client_id`."""
    client_id = request.query_params.get("client_id", "")
    if not client_id:
        raise IdentityError(900144, "client_id")
    registration = login_of(request).world.registrations.get(client_id.lower())
    if registration is None:
        raise IdentityError(700016, client_id)
    return registration


def redirect_uri_in(request: Request, registration: AppRegistration) -> str:
    """The redirect URI of the query: exactly one of those registered; left out, the first one."""
    if not registration.redirect_uris:
        raise IdentityError(900971)
    wanted = request.query_params.get("redirect_uri")
    if wanted is None:
        return registration.redirect_uris[0]
    if wanted not in registration.redirect_uris:
        raise IdentityError(50011, wanted)
    return wanted
