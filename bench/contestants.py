"""The programs that are compared: how each is started, and how much processor time its processes have used."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import haraka

START_SECONDS = 60.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Contestant:
    """A running program."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """User and system time of the process and all its descendants so far (Linux)."""
        return sum(_ticks(pid, reaped=True) for pid in _family(self.process.pid)) / TICKS

    def stop(self) -> None:
        """End it, kindly first."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _family(pid: int) -> list[int]:
    family = [pid]
    for member in family:
        try:
            tasks = Path(f"/proc/{member}/task").iterdir()
            family += [int(child) for task in tasks for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return family


def _ticks(pid: int, *, reaped: bool) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(ticks) for ticks in fields[11 : 15 if reaped else 13])


@dataclass(frozen=True)
class Place:
    """Where and how contestants run: a folder for their files, the sink's port, a certificate, the processor to use."""

    folder: Path
    sink: int
    certificate: tuple[Path, Path]
    processor: int | None

    def start(self, name: str, command: list[str], port: int, processor: int | None) -> Contestant:
        """Start and wait until the port greets."""
        log = (self.folder / f"{name.replace(' ', '-')}.log").open("wb")
        process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=pinned_to(processor))  # noqa: PLW1509
        started = Contestant(name, port, process)
        deadline = time.monotonic() + START_SECONDS
        while not _greets(port):
            if process.poll() is not None or time.monotonic() > deadline:
                started.stop()
                raise SystemExit(f"{name} did not start; see {log.name}")
            threading.Event().wait(0.1)
        return started

    def start_sink(self, port: int, processor: int | None) -> Contestant:
        """The bare sink."""
        command = [sys.executable, "-m", "bench.sink", str(port), *map(str, self.certificate)]
        return self.start(f"sink on {port}", command, port, processor)

    def start_gateway(self, inspect: str, *, workers: int = 1) -> Contestant:
        """`lockgate bench gateway` with STARTTLS on offer."""
        port = free_port()
        directory = self.folder / f"gateway-{inspect}"
        shutil.rmtree(directory, ignore_errors=True)
        command = [sys.executable, "-m", "lockgate.commands", "bench", "gateway", "--listen", f"127.0.0.1:{port}"]
        command += ["--next-hop", f"127.0.0.1:{self.sink}", "--inspect", inspect, "--tls"]
        command += ["--workers", str(workers), "--directory", str(directory)]
        return self.start(f"lockgate {inspect}", command, port, self.processor)

    def start_haraka(self, script: Path) -> Contestant:
        """Haraka in front of the sink, with STARTTLS on offer."""
        port, folder = free_port(), self.folder / "haraka"
        haraka.configure(folder, port, self.sink, self.certificate)
        return self.start("haraka", ["node", str(script), "-c", str(folder)], port, self.processor)


def pinned_to(processor: int | None) -> Callable[[], None] | None:
    """For `preexec_fn`: the new process runs on that processor only."""
    return None if processor is None else partial(os.sched_setaffinity, 0, {processor})


def _greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as probe:
            probe.settimeout(5)
            return probe.recv(3) == b"220"
    except OSError:
        return False


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
