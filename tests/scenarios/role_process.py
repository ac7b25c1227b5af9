"""One role of Lockgate in a process of its own that is killed with SIGKILL and is back in a moment.

What a role imports is imported once, by the server that the processes are forked from; each of them then does what
`lockgate serve --role ...` does.
"""

import multiprocessing
import os
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import uvloop

from lockgate.bootstrap.roles import run_role
from lockgate.bootstrap.supervisor import Role
from lockgate.settings import Settings
from lockgate.telemetry import configure_logging
from tests.patience import PATIENCE

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


@dataclass
class RoleProcess:
    """The process of a role; everything that all its lives log is in `log`."""

    settings: Settings
    role: Role
    log: Path
    process: BaseProcess | None = None
    deaths: int = 0

    def start(self) -> None:
        """Start it; returns before it is ready."""
        self.process = FORKS.Process(target=_run, args=(self.settings, self.role, self.log))
        self.process.start()

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None and self.process.is_alive(), self.tail()
        self.process.kill()
        self.process.join()
        self.deaths += 1

    def stop(self) -> None:
        """SIGTERM, and the end of it within its own patience."""
        if self.process is None or not self.process.is_alive():
            return
        self.process.terminate()
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()

    def tail(self) -> str:
        """The end of the log, for whoever reads a failed test."""
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""


def _run(settings: Settings, role: Role, log: Path) -> None:
    with log.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    configure_logging("info", "json")
    uvloop.run(run_role(settings, role, supervised=True))
