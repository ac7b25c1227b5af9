"""A real `lockgate serve` with all its processes, and the hands of whoever starts, kills and stops it."""

import json
import os
import re
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from lockgate.smtp.tls import client_context
from tests.patience import PATIENCE
from tests.scenarios.front_door import GATEWAY, Certificates, make_certificates
from tools.ports import free_port

PAUSE = threading.Event()


def until(what: str, look: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for a condition; fails when time is up."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s"
        PAUSE.wait(0.05)


@dataclass
class Serve:
    """One installation: its settings, its log, and the process that was started last."""

    folder: Path
    certificates: Certificates
    smtp: int
    http: int
    gateways: int
    process: subprocess.Popen[bytes] | None = None
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def settings(self) -> Path:
        return self.folder / "lockgate.toml"

    @property
    def log(self) -> str:
        file = self.folder / "lockgate.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def events(self, event: str) -> list[dict[str, object]]:
        """The lines of the log with this event."""
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("event") == event]

    def start(self) -> subprocess.Popen[bytes]:
        """`lockgate serve`, its output appended to the log."""
        with (self.folder / "lockgate.log").open("ab") as output:
            command = [sys.executable, "-m", "lockgate.commands", "serve", "--settings", str(self.settings)]
            process = subprocess.Popen(command, stdout=output, stderr=output)
        self.process = self.process or process
        self.started.append(process)
        return process

    def pids(self, role: str) -> list[int]:
        """The living processes of a role, as the log tells them."""
        known = [int(str(line["pid"])) for line in self.events("role started") if line["role"] == role]
        return [pid for pid in known if is_alive(pid)]

    def greets(self) -> bool:
        """Whether some gateway answers."""
        try:
            with smtplib.SMTP("127.0.0.1", self.smtp, timeout=5) as client:
                return client.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def console_answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.http}/healthz", timeout=5, trust_env=False).text == "ok\n"
        except httpx.HTTPError:
            return False

    def is_up(self) -> bool:
        """All roles run and say so."""
        return (
            len(self.events("gateway listening")) >= self.gateways
            and bool(self.events("controller running"))
            and self.console_answers()
        )

    def connected(self) -> smtplib.SMTP:
        """A client with Exchange's certificate, after STARTTLS."""
        client = smtplib.SMTP(timeout=60)
        client._host = GATEWAY  # type: ignore[attr-defined] # the name that the certificate must carry
        client.connect("127.0.0.1", self.smtp)
        client.ehlo("exchange.test")
        context: ssl.SSLContext = client_context(self.certificates.exchange, self.certificates.bundle)
        client.starttls(context=context)
        client.ehlo("exchange.test")
        return client


def is_alive(pid: int) -> bool:
    """Whether a process lives; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def kill(pid: int) -> None:
    """kill -9."""
    os.kill(pid, signal.SIGKILL)


def is_free(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextmanager
def installed(folder: Path, gateways: int = 2) -> Iterator[Serve]:
    """Settings and certificates; whatever was started is gone when the block ends."""
    serve = Serve(folder, make_certificates(folder), free_port(), free_port(), gateways)
    gateway = serve.certificates.gateway
    serve.settings.write_text(
        f'data_directory = "{folder / "data"}"\nlog_format = "json"\n'
        f'[gateway]\nlisten = "127.0.0.1"\nport = {serve.smtp}\nhostname = "{GATEWAY}"\nprocesses = {gateways}\n'
        f'inspection_workers = 1\ncertificate = "{gateway.certificate}"\nkey = "{gateway.key}"\n'
        f'peer_ca = "{serve.certificates.bundle}"\n'
        f'[console]\nport = {serve.http}\npublic_url = "http://127.0.0.1:{serve.http}"\n'
    )
    try:
        yield serve
    finally:
        for process in serve.started:
            if process.poll() is None:
                process.kill()
            process.wait(PATIENCE)
        for pid in map(int, re.findall(r'"pid": (\d+)', serve.log)):
            if is_alive(pid):
                kill(pid)
