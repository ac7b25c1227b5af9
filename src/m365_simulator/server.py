"""Everything of the simulation in one process and one event loop: `serve` starts it, announces it and stops it.

Ports of 0 are replaced by free ones before any part is built, so every part sees real addresses. When all parts
listen, `addresses.json` appears in the directory (written aside and renamed) and `started` is called.
"""

import asyncio
import importlib
import json
import logging
import socket
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from m365_simulator.activity.app import create_app as create_activity
from m365_simulator.certificates import Certificates
from m365_simulator.control.app import create_app as create_control
from m365_simulator.dns_server import DnsServer
from m365_simulator.fault_injection import record_and_inject
from m365_simulator.identity.app import create_app as create_login
from m365_simulator.portal.app import create_app as create_portal
from m365_simulator.seed import fill
from m365_simulator.settings import Ports, Settings
from m365_simulator.web_server import WebServer, bind, free_port
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
    mail = await _start_mail(world, real, certificates)
    apps: dict[str, ASGIApp] = {
        "login": create_login(world, real),
        "graph": _create("graph", world, real),
        "exchange": _create("exchange_admin", world, real),
        "activity": create_activity(world, real),
        "portal": create_portal(world, real),
        "webmail": _create("webmail", world, real, mail),
        "control": create_control(world, real, certificates),
    }
    for hook in world.reset_hooks:
        hook()
    try:
        await _run_web(world, real, apps, sockets, certificates, stop, started)
    finally:
        if mail is not None:
            await mail.close()
        await dns.close()
        (real.directory / "addresses.json").unlink(missing_ok=True)


def _create(package: str, *arguments: object) -> ASGIApp:
    """The app of a surface, or one that says that the surface is not built yet."""
    try:
        return importlib.import_module(f"m365_simulator.{package}.app").create_app(*arguments)  # type: ignore[no-any-return]
    except ModuleNotFoundError as missing:
        _log.warning("no %s: %s", package, missing)
        return PlainTextResponse("This surface is not built yet.", status_code=501)


async def _start_mail(*arguments: object) -> Any:
    try:
        module = importlib.import_module("m365_simulator.mail_flow.server")
    except ModuleNotFoundError as missing:
        _log.warning("no mail flow: %s", missing)
        return None
    return await module.start(*arguments)


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
