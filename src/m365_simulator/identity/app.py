"""The login host as one web application."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from m365_simulator.identity.admin_consent import admin_consent
from m365_simulator.identity.authorize import authorize
from m365_simulator.identity.discovery import instance_discovery, keys, openid_configuration
from m365_simulator.identity.errors import IdentityError, error_body
from m365_simulator.identity.pages import error_page
from m365_simulator.identity.requests import Login, login_of
from m365_simulator.identity.sign_in import post_sign_in, sign_out
from m365_simulator.identity.token_endpoint import token
from m365_simulator.settings import Settings
from m365_simulator.world import World


def create_app(world: World, settings: Settings) -> Starlette:
    """login.microsoftonline.com, for every tenant of the world."""
    routes = [
        Route("/common/discovery/instance", instance_discovery),
        Route("/{tenant}/v2.0/.well-known/openid-configuration", openid_configuration),
        Route("/{tenant}/discovery/v2.0/keys", keys),
        Route("/{tenant}/oauth2/v2.0/authorize", authorize, methods=["GET", "POST"]),
        Route("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
        Route("/{tenant}/oauth2/v2.0/logout", sign_out),
        Route("/{tenant}/v2.0/adminconsent", admin_consent, methods=["GET", "POST"]),
        Route("/{tenant}/adminconsent", admin_consent, methods=["GET", "POST"]),
        Route("/{tenant}/login", post_sign_in, methods=["POST"]),
    ]
    app = Starlette(routes=routes, exception_handlers={IdentityError: _refused})
    app.state.login = Login(world, settings)
    return app


async def _refused(request: Request, refusal: Exception) -> Response:
    """Metadata is read by programs, everything else by people."""
    if not isinstance(refusal, IdentityError):
        raise refusal
    if "/.well-known/" in request.url.path or "/discovery/" in request.url.path:
        return JSONResponse(error_body(login_of(request).world, refusal), refusal.status)
    return error_page(refusal)
