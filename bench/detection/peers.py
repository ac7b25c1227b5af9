"""rspamd and SpamAssassin from Debian, each as one worker of its own, offline: no DNS, no network checks.

Both get the envelope from the message as far as it tells. Processor time is that of the worker process, read from the
kernel before and after each message.
"""

import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import httpx

from lockgate.learning.material import Labelled

RSPAMD_OFF = (
    "rbl", "surbl", "fuzzy_check", "asn", "spf", "dkim", "dmarc", "arc", "mx_check", "greylist", "ratelimit", "neural",
    "reputation", "history_redis", "replies", "url_redirector", "rspamd_update", "p0f", "dkim_signing", "bimi",
)  # fmt: skip
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Scored:
    """One message's score in the peer's own points, and the processor time that it took."""

    score: float
    milliseconds: float


def processor_time(process: int) -> float:
    """Milliseconds that a process and its threads have run."""
    total = 0
    for entry in Path(f"/proc/{process}/task").iterdir():
        total += int((entry / "schedstat").read_text().split()[0])
    return total / 1e6


class Rspamd:
    """One normal worker and a controller below `folder`; statistics in a redis of its own when it is to learn."""

    def __init__(self, folder: Path, *, learning: bool) -> None:
        self.name = "rspamd with Bayes" if learning else "rspamd"
        self._folder, self._learning = folder, learning
        self._running: list[subprocess.Popen[bytes]] = []
        self._port, self._control, self._redis = free_port(), free_port(), free_port()
        self._client = httpx.Client(timeout=PATIENCE, trust_env=False)

    def __enter__(self) -> "Rspamd":
        self._configure()
        if self._learning:
            self._start("redis-server", "--port", str(self._redis), "--save", "", "--dir", str(self._folder))
        places = {"CONFDIR": "etc", "LOCAL_CONFDIR": "etc", "DBDIR": "db", "RUNDIR": "run", "LOGDIR": "log"}
        options = [f"--var={name}={self._folder / sub}" for name, sub in places.items()]
        self._start("rspamd", "-f", "-i", "-c", str(self._folder / "etc" / "rspamd.conf"), *options)
        wait_for(self._port)
        wait_for(self._control)
        self._worker = _child_named(self._running[-1].pid, "normal")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        _stop(self._running)

    def learn(self, messages: Iterable[Labelled]) -> None:
        """Teach Bayes."""
        for one in messages:
            verb = "learnspam" if one.unwanted else "learnham"
            self._client.post(f"http://127.0.0.1:{self._control}/{verb}", content=one.content)

    def score(self, one: Labelled) -> Scored:
        """Check one message."""
        given = {"IP": one.client_ip, "Helo": one.helo, "From": one.mail_from}
        envelope = {name: value for name, value in given.items() if value and value.isascii()}
        before = processor_time(self._worker)
        address = f"http://127.0.0.1:{self._port}/checkv2"
        told = self._client.post(address, content=one.content, headers=envelope).json()
        return Scored(float(told["score"]), processor_time(self._worker) - before)

    def _configure(self) -> None:
        for sub in ("db", "run", "log"):
            (self._folder / sub).mkdir(parents=True, exist_ok=True)
        shutil.copytree("/etc/rspamd", self._folder / "etc", dirs_exist_ok=True)
        local = self._folder / "etc" / "local.d"
        local.mkdir(exist_ok=True)
        for module in RSPAMD_OFF:
            (local / f"{module}.conf").write_text("enabled = false;\n")
        (local / "options.inc").write_text(
            'dns { nameserver = ["127.0.0.1:1"]; timeout = 0.01s; retransmits = 1; }\ndisable_monitoring = true;\n'
        )
        (local / "worker-normal.inc").write_text(f'bind_socket = "127.0.0.1:{self._port}";\ncount = 1;\n')
        control = f'bind_socket = "127.0.0.1:{self._control}";\nsecure_ip = "127.0.0.1";\npassword = "";\n'
        (local / "worker-controller.inc").write_text(control)
        (local / "worker-proxy.inc").write_text("enabled = false;\n")
        bayes = f'servers = "127.0.0.1:{self._redis}";\n' if self._learning else "enabled = false;\n"
        (local / "classifier-bayes.conf").write_text(bayes + "autolearn = false;\n")

    def _start(self, *command: str) -> None:
        self._running.append(_started(command, self._folder / f"{command[0]}.out"))


class SpamAssassin:
    """spamd with one child, local tests only; its statistics live below `folder`."""

    def __init__(self, folder: Path, *, learning: bool) -> None:
        self.name = "SpamAssassin with Bayes" if learning else "SpamAssassin"
        self._folder, self._learning, self._port = folder, learning, free_port()
        self._rules = folder / "rules"
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "SpamAssassin":
        shutil.copytree("/etc/spamassassin", self._rules, dirs_exist_ok=True)
        (self._rules / "local.cf").write_text(
            f"use_bayes {int(self._learning)}\nbayes_auto_learn 0\nbayes_path {self._folder}/bayes\n"
            "skip_rbl_checks 1\ndns_available no\nscore ALL_TRUSTED 0\n"
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _stop(self._running)

    def learn(self, messages: Iterable[Labelled]) -> None:
        """Teach Bayes, from a folder of each kind."""
        for number, one in enumerate(messages):
            place = self._folder / ("spam" if one.unwanted else "ham") / f"{number:05}"
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(one.content)
        for kind in ("ham", "spam"):
            command = (
                "sa-learn",
                "--local",
                f"--{kind}",
                "--no-sync",
                "--siteconfigpath",
                str(self._rules),
                str(self._folder / kind),
            )
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run(
            ("sa-learn", "--sync", "--siteconfigpath", str(self._rules)), check=True, stdout=subprocess.DEVNULL
        )
        for place in (self._folder, *self._folder.glob("bayes*")):  # spamd gives its rights up and must read them still
            place.chmod(0o777)

    def score(self, one: Labelled) -> Scored:
        """Check one message over spamd's own protocol (SPAMC/1.5)."""
        if not self._running:
            self._serve()
        content = _with_envelope(one)
        before = processor_time(self._worker)
        with socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE) as opened:
            opened.sendall(b"CHECK SPAMC/1.5\r\nContent-length: %d\r\n\r\n%s" % (len(content), content))
            opened.shutdown(socket.SHUT_WR)
            told = b"".join(iter(lambda: opened.recv(4096), b"")).decode("ascii", "replace")
        line = next(line for line in told.splitlines() if line.lower().startswith("spam:"))
        return Scored(float(line.partition(";")[2].partition("/")[0]), processor_time(self._worker) - before)

    def _serve(self) -> None:
        command = (
            "spamd",
            "--local",
            "-i",
            "127.0.0.1",
            "-p",
            str(self._port),
            "-m",
            "1",
            "--min-children=1",
            "--max-conn-per-child=1000000",
            "-x",
            "--siteconfigpath",
            str(self._rules),
        )
        self._running.append(_started(command, self._folder / "spamd.out"))
        wait_for(self._port)
        self._worker = _child_named(self._running[-1].pid, "")


def _with_envelope(one: Labelled) -> bytes:
    """The message as the receiving server hands it on: SpamAssassin takes the envelope from header fields."""
    if not one.client_ip:
        return one.content
    hop = f"from {one.helo} ({one.helo} [{one.client_ip}]) by mx.contoso.com with ESMTP; Mon, 5 Jan 2026 10:00:00 +0000"
    return f"Return-Path: <{one.mail_from}>\r\nReceived: {hop}\r\n".encode("ascii", "replace") + one.content


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    """Until somebody listens there. Raises TimeoutError after a minute."""
    pause = threading.Event()
    for _ in range(300):
        with socket.socket() as opened:
            if opened.connect_ex(("127.0.0.1", port)) == 0:
                return
        pause.wait(0.2)
    raise TimeoutError(f"nobody listens on port {port}")


def _started(command: tuple[str, ...], output: Path) -> subprocess.Popen[bytes]:
    with output.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)


def _stop(running: list[subprocess.Popen[bytes]]) -> None:
    for process in reversed(running):
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE)
    running.clear()


def _child_named(parent: int, words: str) -> int:
    """The child process whose command line has these words. Raises LookupError when there is none."""
    pause = threading.Event()
    for _ in range(100):
        for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            if words in Path(f"/proc/{child}/cmdline").read_text():
                return int(child)
        pause.wait(0.2)
    raise LookupError(f"process {parent} has no child '{words}'")
