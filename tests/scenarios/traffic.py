"""A steady stream of mail in both directions through the simulated tenant, and the account of what became of it."""

import base64
import re
import smtplib
import ssl
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lockgate.microsoft365.exchange_client import Json
from lockgate.model.headers import JUNK, PROBE, RETURN, ROUTE
from m365_simulator.seed import CONTOSO, PASSWORDS
from tests.m365_simulator.simulation import Simulation

OUTSIDE, INSIDE, AUTHOR = "nora@no-policy.example", "lena.vogel@contoso.example", "tom.becker@contoso.example"
OURS = (*ROUTE.values(), *RETURN.values(), JUNK, PROBE)
NUMBER = re.compile(rb"^Subject: Order ([io]-\d+)", re.MULTILINE)


@dataclass
class Traffic:
    """Numbers of the messages that the tenant accepted; `i-` came from outside, `o-` from a user."""

    simulation: Simulation
    accepted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def flowing(self, pause: float = 0.25) -> Iterator[None]:
        """Mail flows while the block runs, in each direction one message every `pause` seconds."""
        threads = [threading.Thread(target=self._flow, args=(how, pause)) for how in (self._inward, self._outward)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.ended.set()
            for thread in threads:
                thread.join(60)

    def _flow(self, how, pause: float) -> None:  # type: ignore[no-untyped-def]
        number = 0
        while not self.ended.wait(pause):
            number += 1
            how(number)

    def _inward(self, number: int) -> None:
        content = _content(OUTSIDE, INSIDE, f"i-{number}")
        body = {
            "mail_from": OUTSIDE, "recipients": [INSIDE], "content_base64": base64.b64encode(content).decode(),
        }  # fmt: skip
        [outcome] = self.simulation.control("POST", "/internet", body).json()
        (self.accepted if outcome["code"] == 250 else self.refused).append(f"i-{number}")

    def _outward(self, number: int) -> None:
        host, _, port = self.simulation.addresses["submission"].rpartition(":")
        with smtplib.SMTP(host, int(port), timeout=60) as connection:
            context = ssl.create_default_context(cafile=self.simulation.addresses["ca"])
            context.check_hostname = False  # it is reached by address
            connection.starttls(context=context)
            connection.login(AUTHOR, PASSWORDS[CONTOSO])
            connection.sendmail(AUTHOR, [OUTSIDE], _content(AUTHOR, OUTSIDE, f"o-{number}"))
        self.accepted.append(f"o-{number}")

    def arrived(self) -> Counter[str]:
        """How often each message is in its mailbox, or outside."""
        return Counter(number for number, _ in self.copies())

    def copies(self) -> list[tuple[str, bytes]]:
        """Every copy that arrived, with its bytes; probes and others left out."""
        inside = self.simulation.control("GET", f"/mailboxes/{INSIDE}").json()
        outside = self.simulation.control("GET", f"/internet?recipient={OUTSIDE}").json()
        contents = [base64.b64decode(one["content_base64"]) for one in (*inside, *outside)]
        return [(found[1].decode(), content) for content in contents if (found := NUMBER.search(content))]

    def missing(self) -> list[str]:
        """Accepted messages that are nowhere yet."""
        arrived = self.arrived()
        return [number for number in self.accepted if not arrived[number]]

    def hops(self, event: str) -> list[Json]:
        """The simulator's steps of this kind."""
        found: list[Json] = self.simulation.control("GET", f"/hops?event={event}").json()
        return found

    def routed(self) -> dict[str, int]:
        """How often a rule has sent each message to the gateway, by network message id."""
        found: dict[str, int] = defaultdict(int)
        for hop in self.hops("ROUTE"):
            found[str(hop["network_message_id"])] += 1
        return found


def leaked(content: bytes) -> list[str]:
    """Names of fields of ours that hold secrets and are in the header."""
    head = content.partition(b"\r\n\r\n")[0].decode("latin-1").lower()
    return [name for name in OURS if f"{name.lower()}:" in head]


def _content(sender: str, recipient: str, number: str) -> bytes:
    return (
        f"From: {sender}\r\nTo: {recipient}\r\nSubject: Order {number}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n"
        f"Message-ID: <{number}@{sender.partition('@')[2]}>\r\n\r\nTwo crates of number {number} for Thursday.\r\n"
    ).encode()
