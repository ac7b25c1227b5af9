"""The command `m365-simulator`."""

import asyncio
import signal
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated

import typer

from m365_simulator.settings import Ports, Settings
from m365_simulator.world import World

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, help="A simulated Microsoft 365 tenant on this machine."
)
_DEFAULTS = Ports()
Directory = Annotated[Path, typer.Option("--directory", help="Gets ca.pem, addresses.json and certificates.")]
Port = Annotated[int, typer.Option(help="TCP port; 0 takes a free one.")]


@app.callback()
def _verbs() -> None:
    """One verb so far; the callback keeps it a word of its own."""


@app.command()
def serve(
    directory: Directory,
    free_ports: Annotated[bool, typer.Option("--free-ports", help="Any free port for everything.")] = False,
    port_login: Port = _DEFAULTS.login,
    port_graph: Port = _DEFAULTS.graph,
    port_exchange: Port = _DEFAULTS.exchange,
    port_activity: Port = _DEFAULTS.activity,
    port_portal: Port = _DEFAULTS.portal,
    port_webmail: Port = _DEFAULTS.webmail,
    port_control: Port = _DEFAULTS.control,
    port_mx: Port = _DEFAULTS.mx,
    port_submission: Port = _DEFAULTS.submission,
    port_internet: Port = _DEFAULTS.internet,
    port_dns: Port = _DEFAULTS.dns,
) -> None:
    """Run the simulation until SIGTERM or SIGINT; addresses.json tells when and where it listens."""
    ports = Ports(
        login=port_login,
        graph=port_graph,
        exchange=port_exchange,
        activity=port_activity,
        portal=port_portal,
        webmail=port_webmail,
        control=port_control,
        mx=port_mx,
        submission=port_submission,
        internet=port_internet,
        dns=port_dns,
    )
    if free_ports:
        ports = replace(ports, **{port.name: 0 for port in fields(Ports)})
    asyncio.run(_serve(Settings(directory, ports=ports)))


async def _serve(settings: Settings) -> None:
    from m365_simulator.server import serve as run

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run(settings, stop, _print_addresses)


def _print_addresses(world: World, settings: Settings) -> None:
    for name, address in settings.addresses().items():
        typer.echo(f"{name:<11} {address}")
    for tenant in world.tenants.values():
        typer.echo(f"tenant      {tenant.display_name} {tenant.id}")


def main() -> None:
    """Entry point of the installed command."""
    app()
