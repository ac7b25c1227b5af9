"""Gateway processes are killed at random moments under load: nothing is lost, and duplicates are explained.

Real processes, real SMTP: smtplib sends, `lockgate bench gateway` judges and relays, aiosmtpd receives. A sender
that does not hear 250 sends again, as Exchange does.
"""

import queue
import random
import smtplib
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tools.ports import free_port

MESSAGES = 2000
SENDERS = 8
KILLS = 12

pytestmark = pytest.mark.scenario


class Sink:
    """The next hop: counts what it accepted, by message number and recipient."""

    def __init__(self) -> None:
        self.accepted: Counter[tuple[str, str]] = Counter()
        self.lock = threading.Lock()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content
        assert isinstance(content, bytes)
        number = str(message_from_bytes(content)["X-Number"])
        with self.lock:
            self.accepted.update((number, recipient) for recipient in envelope.rcpt_tos)
        return "250 2.0.0 Ok"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, int]]:
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield handler, controller.port
    finally:
        controller.stop()


class Gateway:
    """One gateway process that can be killed and comes back on the same port and database."""

    def __init__(self, port: int, next_hop: int, folder: Path) -> None:
        listen, hop = f"127.0.0.1:{port}", f"127.0.0.1:{next_hop}"
        self._command = [sys.executable, "-m", "lockgate.commands", "bench", "gateway", "--listen", listen]
        self._command += ["--next-hop", hop, "--directory", str(folder)]
        self._port = port
        self._log = (folder.parent / "gateway.log").open("ab")
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(self._command, stderr=self._log)
        wait_for_greeting(self._port, self._process)

    def kill_and_restart(self) -> None:
        self._process.kill()
        self._process.wait()
        self._start()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)
        self._log.close()


def wait_for_greeting(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until the gateway greets; fails when it ends first."""
    while process.poll() is None:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=60) as connection:
                connection.noop()
                return
        except OSError:
            threading.Event().wait(0.05)
    pytest.fail("the gateway did not start")


def send_until_accepted(port: int, work: "queue.Queue[int]", accepted: "queue.Queue[int]", tries: Counter[int]) -> None:
    """Send each message until it is answered 250, with a new connection after each failure."""
    connection: smtplib.SMTP | None = None
    while True:
        try:
            number = work.get_nowait()
        except queue.Empty:
            return
        while True:
            tries[number] += 1
            try:
                connection = connection or smtplib.SMTP("127.0.0.1", port, timeout=60)
                connection.sendmail("a@outside.example", recipients_of(number), message(number))
                break
            except (OSError, smtplib.SMTPException):
                connection = None
                threading.Event().wait(0.05)
        accepted.put(number)


def recipients_of(number: int) -> list[str]:
    return [f"r{index}@example.com" for index in range(1 + number % 3)]


def message(number: int) -> bytes:
    text = f"Good morning, here are the minutes of meeting {number}.\r\n" * 20
    return (
        f"From: Ann <a@outside.example>\r\nTo: r0@example.com\r\nSubject: Minutes {number}\r\n"
        f"Message-ID: <{number}@outside.example>\r\nX-Number: {number}\r\n\r\n{text}"
    ).encode()


def test_nothing_is_lost_when_gateways_are_killed(sink: tuple[Sink, int], tmp_path: Path) -> None:
    handler, next_hop = sink
    port = free_port()
    (tmp_path / "data").mkdir()
    gateway = Gateway(port, next_hop, tmp_path / "data")
    work: queue.Queue[int] = queue.Queue()
    for number in range(MESSAGES):
        work.put(number)
    accepted: queue.Queue[int] = queue.Queue()
    tries: Counter[int] = Counter()
    arguments = (port, work, accepted, tries)
    senders = [threading.Thread(target=send_until_accepted, args=arguments) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    choose = random.Random(7)
    marks = sorted(choose.sample(range(50, MESSAGES - 50), KILLS))
    while any(sender.is_alive() for sender in senders):
        if marks and accepted.qsize() >= marks[0]:
            marks.pop(0)
            gateway.kill_and_restart()
        threading.Event().wait(choose.random() * 0.05)
    gateway.stop()

    expected = {(str(number), address) for number in range(MESSAGES) for address in recipients_of(number)}
    assert set(handler.accepted) == expected, "a recipient was lost or made up"
    twice = {number for (number, _), count in handler.accepted.items() if count > 1}
    unexplained = [number for number in twice if tries[int(number)] == 1]
    assert not unexplained, "a message was delivered twice although its sender sent it once"
    assert not marks, "not every kill happened under load"
