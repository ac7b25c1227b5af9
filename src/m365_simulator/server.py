"""Everything of the simulation in one process and one event loop: `serve` starts it, announces it and stops it.

Ports of 0 are replaced by free ones before any part is built, so every part sees real addresses. When all parts
listen, `addresses.json` appears in the directory (written aside and renamed) and `started` is called.
"""

import asyncio
import json
import logging
import socket
from collections.abc import Callable
from dataclasses import asdict, replace

from starlette.types import ASGIApp

from m365_simulator.activity.app import create_app as create_activity
from m365_simulator.certificates import Certificates
from m365_simulator.control.app import create_app as create_control
from m365_simulator.dns_server import DnsServer
from m365_simulator.exchange_admin.app import create_app as create_exchange
from m365_simulator.fault_injection import record_and_inject
from m365_simulator.graph.app import create_app as create_graph
from m365_simulator.identity.app import create_app as create_login
from m365_simulator.mail_flow import server as mail_flow
from m365_simulator.portal.app import create_app as create_portal
from m365_simulator.seed import fill
from m365_simulator.settings import Ports, Settings
from m365_simulator.web_server import WebServer, bind, free_port
from m365_simulator.webmail.app import create_app as create_webmail
from m365_simulator.world import World

WEB_SURFACES = ("login", "graph", "exchange", "activity", "portal", "webmail", "control")
SERVER_NAMES = ("localhost", "127.0.0.1")
Started = Callable[[World, Settings], None]
_log = logging.getLogger(__name__)


async def serve(settings: Settings, stop: asyncio.Event, started: Started | None = None) -> None:
    """Run the whole simulation until `stop` is set. `started` gets the world and the settings with real ports."""
    certificates = Certificates(settings.directory)
    sockets, real = _take_ports(settings)
    world = World()
    fill(world, real)
    dns = await DnsServer.start(world, real.host, real.ports.dns)
    mail = await mail_flow.start(world, real, certificates)
    apps: dict[str, ASGIApp] = {
        "login": create_login(world, real),
        "graph": create_graph(world, real),
        "exchange": create_exchange(world, real),
        "activity": create_activity(world, real),
        "portal": create_portal(world, real),
        "webmail": create_webmail(world, real, mail),
        "control": create_control(world, real, certificates),
    }
    for hook in world.reset_hooks:
        hook()
    try:
        await _run_web(world, real, apps, sockets, certificates, stop, started)
    finally:
        await mail.close()
        await dns.close()
        (real.directory / "addresses.json").unlink(missing_ok=True)


async def _run_web(
    world: World,
    settings: Settings,
    apps: dict[str, ASGIApp],
    sockets: dict[str, socket.socket],
    certificates: Certificates,
    stop: asyncio.Event,
    started: Started | None,
) -> None:
    certificate = certificates.issue(SERVER_NAMES)
    servers = [
        WebServer(
            app if name == "control" else record_and_inject(app, world, name),
            sockets[name],
            None if name == "control" else certificate,
        )
        for name, app in apps.items()
    ]
    async with asyncio.TaskGroup() as tasks:
        for server in servers:
            tasks.create_task(server.run())
        for server in servers:
            await server.wait_until_started()
        _announce(settings)
        if started is not None:
            started(world, settings)
        await stop.wait()
        for server in servers:
            server.stop()


def _take_ports(settings: Settings) -> tuple[dict[str, socket.socket], Settings]:
    wanted = asdict(settings.ports)
    sockets = {name: bind(settings.host, wanted[name]) for name in WEB_SURFACES}
    real = {name: bound.getsockname()[1] for name, bound in sockets.items()}
    for name, port in wanted.items():
        if name not in real:
            real[name] = port or free_port(settings.host)
    return sockets, replace(settings, ports=Ports(**real))


def _announce(settings: Settings) -> None:
    target = settings.directory / "addresses.json"
    aside = target.with_suffix(".new")
    aside.write_text(json.dumps(settings.addresses(), indent=2) + "\n", encoding="utf-8")
    aside.replace(target)
    _log.info("the simulation listens", extra={"addresses": settings.addresses()})
