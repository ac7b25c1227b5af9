"""The control API as one web application: plain HTTP, loopback only, no authentication, described by OpenAPI."""

from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse

from m365_simulator.certificates import Certificates
from m365_simulator.control import (
    behaviour,
    directory,
    exchange_objects,
    observation,
    outside_mail,
    registrations,
    tls_certificates,
)
from m365_simulator.seed import reset
from m365_simulator.settings import Settings
from m365_simulator.world import World


def create_app(world: World, settings: Settings, certificates: Certificates) -> FastAPI:
    """Everything under `/_control`."""
    app = FastAPI(title="Simulated Microsoft 365: control", docs_url=None, redoc_url=None)
    router = APIRouter(prefix="/_control")

    @router.post("/reset", status_code=204)
    def reset_world() -> None:
        """Forget everything and seed anew. The CA and the token signing key stay."""
        reset(world, settings)

    @router.get("/addresses")
    def addresses() -> dict[str, str]:
        """Where everything listens, as in addresses.json."""
        return settings.addresses()

    for part in (
        observation.routes(world),
        behaviour.routes(world),
        registrations.routes(world),
        directory.routes(world),
        exchange_objects.routes(world),
        outside_mail.routes(world, settings),
        tls_certificates.routes(certificates),
    ):
        router.include_router(part)
    app.include_router(router)
    app.add_exception_handler(LookupError, _not_found)
    app.add_exception_handler(ValueError, _bad_request)
    return app


async def _not_found(request: object, error: Exception) -> PlainTextResponse:
    del request
    return PlainTextResponse(f"not found: {error}", 404)


async def _bad_request(request: object, error: Exception) -> PlainTextResponse:
    del request
    return PlainTextResponse(str(error), 400)
