"""The web mail as one application."""

from starlette.applications import Starlette
from starlette.routing import Route

from m365_simulator.mail_flow.server import MailServers
from m365_simulator.settings import Settings
from m365_simulator.webmail import composing, internet_pages, mailbox_pages
from m365_simulator.webmail.pages import for_signed_in, sign_in, sign_out
from m365_simulator.world import World


def create_app(world: World, settings: Settings, mail: MailServers) -> Starlette:
    """outlook.office.com for the users of every tenant, and `/internet` for everybody else."""
    del settings
    post = ["POST"]
    app = Starlette(
        routes=[
            Route("/login", sign_in, methods=post),
            Route("/logout", sign_out, methods=post),
            Route("/", for_signed_in(mailbox_pages.home)),
            Route("/folder/{name}", for_signed_in(mailbox_pages.folder)),
            Route("/message/{id}", for_signed_in(mailbox_pages.message)),
            Route("/message/{id}/body", for_signed_in(mailbox_pages.body)),
            Route("/message/{id}/source", for_signed_in(mailbox_pages.source)),
            Route("/message/{id}/attachment/{number:int}", for_signed_in(mailbox_pages.attachment)),
            Route("/message/{id}/move", for_signed_in(mailbox_pages.move), methods=post),
            Route("/compose", for_signed_in(composing.compose)),
            Route("/send", for_signed_in(composing.send), methods=post),
            Route("/internet", internet_pages.arrived),
            Route("/internet/send", internet_pages.write),
            Route("/internet/send", internet_pages.send, methods=post),
            Route("/internet/{number:int}/source", internet_pages.source),
        ]
    )
    app.state.world = world
    app.state.mail = mail
    return app
