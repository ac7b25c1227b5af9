"""The process tree of `lockgate serve`: one process per role, started anew when it dies, stopped in order.

Rule: a role that dies takes no other role with it. What dies again at once is started more and more slowly; the
gateways stop last, so that a restart of the console is no business of the mail.
"""

import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import structlog

log = structlog.get_logger()
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a dead role is started again
HEALTHY = 60.0  # seconds after which a life counts as a success
PATIENCE = 40.0  # seconds that a role may take to end: longer than its listener waits for running transactions


class Role(StrEnum):
    """What a process of ours does."""

    GATEWAY = "gateway"
    CONTROLLER = "controller"
    CONSOLE = "console"
    LINKS = "links"


@dataclass(eq=False, slots=True)
class Child:
    """One role's process through its lives; it inherits `descriptors`."""

    role: Role
    number: int
    arguments: Sequence[str]
    descriptors: tuple[int, ...] = ()
    process: asyncio.subprocess.Process | None = None
    starts: int = 0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def live(self) -> None:
        """Start it, and start it again, until `stopping` is set."""
        pause = SHORTEST_PAUSE
        loop = asyncio.get_running_loop()
        while not self.stopping.is_set():
            began = loop.time()
            status = await self._run_once()
            if self.stopping.is_set():
                return
            pause = SHORTEST_PAUSE if loop.time() - began > HEALTHY else min(pause * 2, LONGEST_PAUSE)
            log.error(
                "a role ended and is started again", role=self.role, number=self.number, status=status, in_s=pause
            )
            await _first(self.stopping, pause)

    async def _run_once(self) -> int:
        self.starts += 1
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "lockgate.commands", *self.arguments, pass_fds=self.descriptors
        )
        log.info("role started", role=self.role, number=self.number, pid=self.process.pid)
        return await self.process.wait()

    async def stop(self) -> None:
        """Ask it to end, and end it when it does not."""
        self.stopping.set()
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(PATIENCE):
                await self.process.wait()
        except TimeoutError:
            log.error("a role did not end in time and was killed", role=self.role, number=self.number)
            self.process.kill()


async def supervise(children: Sequence[Child], told_to_stop: asyncio.Event) -> None:
    """Keep all `children` alive until told to stop; then stop them, the gateways last."""
    async with asyncio.TaskGroup() as tasks:
        for child in children:
            tasks.create_task(child.live())
        await told_to_stop.wait()
        for role in (Role.CONSOLE, Role.LINKS, Role.CONTROLLER, Role.GATEWAY):
            async with asyncio.TaskGroup() as stops:
                for child in children:
                    if child.role is role:
                        stops.create_task(child.stop())


async def _first(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
