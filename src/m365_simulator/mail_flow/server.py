"""Starts and stops everything of mail flow: the three SMTP servers, the queue and the tasks behind them."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from m365_simulator.certificates import Certificates
from m365_simulator.dns_records import mx_host
from m365_simulator.internet.server import InternetDoorman
from m365_simulator.mail_flow import submission
from m365_simulator.mail_flow.background import Background
from m365_simulator.mail_flow.listener import Doorman, Listener
from m365_simulator.mail_flow.pipeline import Pipeline
from m365_simulator.mail_flow.reception import MxDoorman
from m365_simulator.mail_flow.routing import Network
from m365_simulator.mail_flow.signing import ARC_DOMAIN, ARC_SELECTOR, Signer
from m365_simulator.mail_flow.submission import SubmissionDoorman
from m365_simulator.mail_flow.tls import INTERNET_NAMES, MailTls
from m365_simulator.settings import Settings
from m365_simulator.web_server import free_port
from m365_simulator.world import World


@dataclass
class MailServers:
    """Running mail flow. The ports are the real ones."""

    host: str
    mx_port: int
    submission_port: int
    internet_port: int
    pipeline: Pipeline
    _servers: list[asyncio.Server]

    async def close(self) -> None:
        """Stop listening, cancel what runs, and leave the World as it is."""
        submission.RUNNING.pop(id(self.pipeline.world), None)
        for server in self._servers:
            server.close()
        await self.pipeline.background.close()


async def start(world: World, settings: Settings, certificates: Certificates) -> MailServers:
    """Start mail flow for one World; ports of 0 are replaced by free ones."""
    tls = MailTls(certificates, settings)
    ports = settings.ports
    mx_port, internet_port = ports.mx or free_port(settings.host), ports.internet or free_port(settings.host)
    background = Background()
    await background.started()
    network = Network(world, tls, (settings.host, mx_port), (settings.host, internet_port))
    pipeline = Pipeline(world, network, background, Signer())
    submission_port = ports.submission or free_port(settings.host)
    front_end, client_access = "SIM01FT0001.mail.protection.outlook.com", "SIM01CA0001.outlook.office365.com"
    servers = [
        await _listen(MxDoorman(world, pipeline), front_end, tls.mx_context, settings.host, mx_port),
        await _listen(
            SubmissionDoorman(world, pipeline), client_access, tls.submission_context, settings.host, submission_port
        ),
        await _listen(InternetDoorman(world), INTERNET_NAMES[0], tls.internet_context, settings.host, internet_port),
    ]
    background.spawn(pipeline.queue.tick())
    submission.RUNNING[id(world)] = pipeline
    servers_running = MailServers(settings.host, mx_port, submission_port, internet_port, pipeline, servers)
    _take_up(world, pipeline, servers_running)
    world.reset_hooks.append(lambda: _take_up(world, pipeline, servers_running))
    return servers_running


def _take_up(world: World, pipeline: Pipeline, servers: MailServers) -> None:
    """At the start and after every reset: an empty queue, published keys, and the tenants' mail hosts."""
    pipeline.queue.forget()
    pipeline.signer.publish(world, ARC_DOMAIN, ARC_SELECTOR)
    for tenant in world.tenants.values():
        for domain in tenant.domains:
            pipeline.signer.publish(world, domain, "selector1")
            world.network[mx_host(domain)] = (servers.host, servers.mx_port)


async def _listen(
    doorman: Doorman, name: str, context: Callable[[], ssl.SSLContext], host: str, port: int
) -> asyncio.Server:
    """A fresh TLS context for each connection, so that newly trusted authorities count at once."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Listener(doorman, name, context()), host, port)
