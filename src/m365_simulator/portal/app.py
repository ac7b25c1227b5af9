"""The portal as one web application."""

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from m365_simulator.portal import add_assignment, applications, roles
from m365_simulator.portal.pages import Visit, for_signed_in, sign_in, sign_out
from m365_simulator.settings import Settings
from m365_simulator.world import World


def create_app(world: World, settings: Settings) -> Starlette:
    """entra.microsoft.com, for the tenant of whoever signs in."""
    del settings
    role = "/entra-id/roles/{role}"
    application = "/entra-id/applications/{id}"
    app = Starlette(
        routes=[
            Route("/login", sign_in, methods=["POST"]),
            Route("/logout", sign_out, methods=["POST"]),
            Route("/", for_signed_in(_home)),
            Route("/entra-id", for_signed_in(_overview)),
            Route("/entra-id/roles", for_signed_in(roles.role_list)),
            Route(f"{role}/assignments", for_signed_in(roles.assignments)),
            Route(f"{role}/assignments/remove", for_signed_in(roles.remove), methods=["POST"]),
            Route(f"{role}/add", for_signed_in(add_assignment.add_page)),
            Route(f"{role}/add", for_signed_in(add_assignment.add), methods=["POST"]),
            Route(f"{role}/select-member", for_signed_in(add_assignment.select_member)),
            Route("/entra-id/applications", for_signed_in(applications.application_list)),
            Route(application, for_signed_in(applications.application)),
            Route(f"{application}/revoke", for_signed_in(applications.revoke), methods=["POST"]),
            Route(f"{application}/enable", for_signed_in(applications.enable), methods=["POST"]),
            Route(f"{application}/delete", for_signed_in(applications.delete), methods=["POST"]),
        ]
    )
    app.state.world = world
    return app


async def _home(visit: Visit) -> Response:
    return visit.page("home.html")


async def _overview(visit: Visit) -> Response:
    return visit.page("overview.html")
