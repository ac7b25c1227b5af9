"""What `lockgate serve` runs: the whole process tree, or one role in this process.

Rule: a role is imported where it begins, so that no process waits for what others need.
"""

from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from lockgate.bootstrap.lock import sole_use
from lockgate.bootstrap.parts import further_identities, identity, open_parts
from lockgate.bootstrap.stopping import told_to_stop
from lockgate.bootstrap.supervisor import Child, Role, supervise
from lockgate.settings import Settings

log = structlog.get_logger()


async def run_everything(settings: Settings, file: Path | None) -> None:
    """All roles as children of this process, until told to stop."""
    from lockgate.bootstrap.durable import prepare

    further_identities(settings.gateway)
    identity(settings.gateway)  # a missing certificate is said here, once, and not by every child for ever
    settings.data_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with sole_use(settings.data_directory) as lock, told_to_stop() as told:
        with open_parts(settings):
            prepare(settings)  # the schema is brought up to date by one process, before many open it
        roles = [(Role.GATEWAY, number) for number in range(settings.gateway.processes)]
        roles += [(Role.CONTROLLER, 0), (Role.CONSOLE, 0)]
        roles += [(Role.LINKS, 0)] if settings.click_time.public_url else []
        await supervise([Child(role, number, _arguments(role, file), (lock,)) for role, number in roles], told)


def _arguments(role: Role, file: Path | None) -> list[str]:
    arguments = ["serve", "--role", role.value, "--supervised"]
    return [*arguments, "--settings", str(file)] if file else arguments


async def run_role(settings: Settings, role: Role, *, supervised: bool) -> None:
    """One role in this process, until told to stop."""
    async with AsyncExitStack() as stack:
        told = await stack.enter_async_context(told_to_stop(supervised=supervised))
        parts = stack.enter_context(open_parts(settings))
        match role:
            case Role.GATEWAY:
                from lockgate.bootstrap.gateway import gateway

                await stack.enter_async_context(gateway(parts, shared_port=settings.gateway.processes > 1))
            case Role.CONTROLLER:
                from lockgate.bootstrap.controller import controller
                from lockgate.bootstrap.turn import turn_of_controller

                if not await stack.enter_async_context(turn_of_controller(parts, told)):
                    return
                await stack.enter_async_context(controller(parts))
            case Role.CONSOLE:
                from lockgate.bootstrap.console import console

                await stack.enter_async_context(console(parts))
            case Role.LINKS:
                from lockgate.bootstrap.click_time import link_service

                await stack.enter_async_context(link_service(parts))
        await told.wait()
        log.info("told to stop", role=role)
