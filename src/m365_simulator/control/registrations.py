"""'App registrations' of the publisher's own tenant: applications, their redirect URIs, certificates, permissions."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from m365_simulator.control.json_values import Properties
from m365_simulator.identity.permissions import permission_by_value, resource_by_identifier
from m365_simulator.world import AppRegistration, Permission, World, new_guid


class Required(BaseModel):
    """Permissions of one resource (app id, URI or display name) by value."""

    resource: str
    values: list[str]
    type: str = "Role"


class NewRegistration(BaseModel):
    """`certificate_pems` are the public certificates that may sign client assertions."""

    display_name: str
    client_id: str = ""
    redirect_uris: list[str] = []
    certificate_pem: str = ""
    certificate_pems: list[str] = []
    required: list[Required] = []
    publisher: str = ""


def routes(world: World) -> APIRouter:
    """Create, replace, list and delete registrations."""
    router = APIRouter()

    @router.post("/registrations", status_code=201)
    def register(new: NewRegistration) -> Properties:
        """Register an application; the same `client_id` again replaces it (a certificate rotation, for example)."""
        client_id = (new.client_id or new_guid()).lower()
        required = [permission for item in new.required for permission in _permissions(item)]
        registration = AppRegistration(client_id, new.display_name, list(new.redirect_uris), required)
        registration.certificates = [_der(pem) for pem in [*new.certificate_pems, new.certificate_pem] if pem]
        registration.publisher = new.publisher
        world.registrations[client_id] = registration
        return _shown(registration)

    @router.get("/registrations")
    def registrations() -> list[Properties]:
        """Every registered application."""
        return [_shown(registration) for registration in world.registrations.values()]

    @router.delete("/registrations/{client_id}", status_code=204)
    def delete(client_id: str) -> None:
        """Delete a registration; service principals in tenants stay, as orphans do."""
        if world.registrations.pop(client_id.lower(), None) is None:
            raise LookupError(client_id)

    return router


def _permissions(item: Required) -> list[Permission]:
    resource = resource_by_identifier(item.resource)
    if resource is None:
        raise HTTPException(400, f"no such resource: {item.resource}")
    found = []
    for value in item.values:
        known = permission_by_value(resource.app_id, value, item.type)
        # `User.Read` exists only as a delegated permission: nobody wants an error for not saying so.
        known = known or permission_by_value(resource.app_id, value, "Scope")
        if known is None:
            raise HTTPException(400, f"{resource.display_name} has no permission {value}")
        found.append(Permission(resource.app_id, known.id, known.type))
    return found


def _der(pem: str) -> bytes:
    try:
        return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
    except ValueError as error:
        raise HTTPException(400, f"not a PEM certificate: {error}") from error


def _shown(registration: AppRegistration) -> Properties:
    return {
        "client_id": registration.client_id,
        "display_name": registration.display_name,
        "redirect_uris": [*registration.redirect_uris],
        "certificates": len(registration.certificates),
        "required": [
            {"resource_app_id": item.resource_app_id, "id": item.id, "type": item.type}
            for item in registration.required
        ],
    }
