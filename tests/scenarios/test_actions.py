"""Each action of a policy on real mail through the gateway, in both directions, checked where the mail arrives.

One person per action: the policy of that person does it to whatever they get and whatever they send.
"""

import asyncio
import base64
import email.policy
import html
import re
import smtplib
import ssl
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.parser import BytesParser

import dkim
import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from lockgate.bootstrap.end_users import ask_reviewers
from lockgate.bootstrap.microsoft365 import provisioning
from lockgate.bootstrap.notifications import transport
from lockgate.bootstrap.parts import new_id
from lockgate.bootstrap.supervisor import Role
from lockgate.model.envelope import Direction
from lockgate.model.headers import REQUIRE_TLS
from lockgate.model.lifecycle import State
from lockgate.model.policy import Action, ActionKind, Condition, Policy, Rule, Targets
from lockgate.model.tenant_care import TLS_RULE, Deviation
from lockgate.notifications.delivery import Delivery
from lockgate.storage.audit import AuditLog
from lockgate.storage.held_messages import HeldFilter, HeldItem, HeldMessages
from lockgate.storage.policies import PolicyStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.snapshots import EVERY_SECOND
from lockgate.storage.tallies import Kind, Tallies
from lockgate.storage.traces import TraceFilter, Traces
from m365_simulator.seed import CONTOSO, PASSWORDS
from tests.lockgate.console.running import TOKEN
from tests.lockgate.mime.test_attachments import docm
from tests.m365_simulator.conftest import running
from tests.m365_simulator.simulation import Simulation
from tests.patience import PATIENCE
from tests.scenarios.protected_tenant import AUTHOR, Installation, installation, protected
from tools.ports import free_port

__all__ = ["running"]
pytestmark = [pytest.mark.scenario, pytest.mark.asyncio(loop_scope="module")]
STRICT = email.policy.SMTP.clone(raise_on_defect=True)
OUTSIDE, PLAIN_ONLY = "nora@no-policy.example", "nora@plain-only.example"
SENDER = "info@contoso.example"
REVIEWER = "lena.vogel@contoso.example"
SAYS = "Vorsicht: geprüft – 確認済み"
TAG, GONE = "[Geprüft] ", "The file '[Attachment Name]' was taken out."
IN, OUT = Direction.INBOUND, Direction.OUTBOUND
A = ActionKind
ACTIONS: dict[str, tuple[Action, ...]] = {
    "pass": (Action(A.PASS),), "unlogged": (Action(A.PASS_WITHOUT_LOGGING),), "tag": (Action(A.TAG_SUBJECT, TAG),),
    "notice": (Action(A.TAG_SUBJECT, TAG), Action(A.ADD_DISCLAIMER, SAYS)), "banner": (Action(A.ADD_BANNER, SAYS),),
    "tls": (Action(A.REQUIRE_TLS),), "clean": (Action(A.SANITISE),),
    "replace": (Action(A.REPLACE_ATTACHMENTS, GONE),),
    "other": (Action(A.CHANGE_RECIPIENT, REVIEWER),), "junk": (Action(A.MOVE_TO_JUNK),),
    "review": (Action(A.REVIEW, REVIEWER),), "hold": (Action(A.QUARANTINE),),
    "reject": (Action(A.REJECT, "Not here"),), "delete": (Action(A.DELETE),),
}  # fmt: skip
ONE_WAY = {"tls": OUT, "junk": IN}
MACROS = docm()
KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PUBLIC = base64.b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def person(name: str) -> str:
    return f"act-{name}@contoso.example"


def ways(name: str) -> tuple[Direction, ...]:
    return (ONE_WAY[name],) if name in ONE_WAY else (IN, OUT)


def letter(name: str, direction: Direction, body: bytes, kind: str, encoding: str = "8bit") -> bytes:
    author, to = (OUTSIDE, person(name)) if direction is IN else (person(name), OUTSIDE)
    head = (
        f"From: <{author}>\r\nTo: <{to}>\r\nSubject: Crates\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return head.encode() + body


def document(name: str, direction: Direction) -> bytes:
    """A text with a Word file that has macros."""
    message = EmailMessage(email.policy.SMTP)
    message.set_content("See the file.")
    word = "vnd.openxmlformats-officedocument.wordprocessingml.document"
    message.add_attachment(MACROS, maintype="application", subtype=word, filename="minutes.docm")
    author, to = (OUTSIDE, person(name)) if direction is IN else (person(name), OUTSIDE)
    message["From"], message["To"], message["Subject"] = author, to, "Minutes"
    message["Date"] = "Tue, 24 Nov 2026 09:00:00 +0000"
    return message.as_bytes()


JAPANESE = "木箱を二つお願いします。".encode("iso-2022-jp") + b"\r\n"
QUOTED = (
    b"Gr=FC=DFe, 50 =80=20\r\nA line that goes on and on and on and on and on and on and on =\r\nuntil here=3D.\r\n"
    b"=2E\r\nend\r\n"
)
HTML = "<html><body><p>Zwei Kisten, größer.</p></body></html>\r\n".encode()
BOTH = (
    b"--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    + "Zwei Kisten, größer.\r\n".encode()
    + b"--x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + HTML + b"--x--\r\n"
)  # fmt: skip
TEXTS: dict[str, tuple[bytes, str, str, str]] = {  # body, type, encoding, what it says
    "utf-8": ("Zwei Kisten, größer.\r\n".encode(), "text/plain; charset=utf-8", "8bit", "Zwei Kisten, größer."),
    "base64": (
        base64.encodebytes("Zwei Kisten, größer.\r\n".encode()).replace(b"\n", b"\r\n"), "text/plain; charset=utf-8",
        "base64", "Zwei Kisten, größer.",
    ),
    "iso-2022-jp": (JAPANESE, "text/plain; charset=iso-2022-jp", "7bit", "木箱を二つお願いします。"),
    "quoted": (QUOTED, "text/plain; charset=windows-1252", "quoted-printable", "Grüße, 50 € "),
    "html": (HTML, "text/html; charset=utf-8", "8bit", "Zwei Kisten, größer."),
    "alternative": (BOTH, "multipart/alternative; boundary=x", "8bit", "Zwei Kisten, größer."),
}  # fmt: skip
SEALED: dict[str, tuple[bytes, str]] = {
    "s-mime": (
        b"--x\r\nContent-Type: text/plain\r\n\r\nTwo crates.\r\n--x\r\nContent-Type: application/pkcs7-signature\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHAqCA\r\n--x--\r\n",
        'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=x',
    ),
    "pgp": (
        b"--x\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--x\r\nContent-Type: "
        b"application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA0\r\n-----END PGP MESSAGE-----"
        b"\r\n--x--\r\n",
        'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=x',
    ),
    "calendar": (b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n", "text/calendar; method=REQUEST"),
}  # fmt: skip


@dataclass(frozen=True)
class Mail:
    """The installation with the hands of everybody outside it."""

    lockgate: Installation

    async def send(self, name: str, direction: Direction, content: bytes, to: str = OUTSIDE) -> str:
        """Send it; the Message-ID that it was given."""
        identity = f"<{new_id()}@matrix.example>"
        content = f"Message-ID: {identity}\r\n".encode() + content
        if direction is IN:
            if name == "pass":
                content = signed(content)
            await asyncio.to_thread(self._inward, person(name), content)
        else:
            await asyncio.to_thread(self._outward, person(name), to, content)
        return identity

    def _inward(self, to: str, content: bytes) -> None:
        encoded = base64.b64encode(content).decode()
        body = {"mail_from": OUTSIDE, "recipients": [to], "content_base64": encoded}
        [outcome] = self.lockgate.simulation.control("POST", "/internet", body).json()
        assert outcome["code"] == 250, outcome

    def _outward(self, author: str, to: str, content: bytes) -> None:
        host, _, port = self.lockgate.simulation.addresses["submission"].rpartition(":")
        with smtplib.SMTP(host, int(port), timeout=60) as connection:
            context = ssl.create_default_context(cafile=self.lockgate.simulation.addresses["ca"])
            context.check_hostname = False  # it is reached by address
            connection.starttls(context=context)
            connection.login(author, PASSWORDS[CONTOSO])
            connection.sendmail(author, [to], content)

    def copies(self, identity: str, address: str) -> list[tuple[str, bytes]]:
        """Folder and bytes of the copies that somebody has."""
        inside = address.endswith("@contoso.example")
        path = f"/mailboxes/{address}" if inside else f"/internet?recipient={address}"
        found = self.lockgate.simulation.control("GET", path).json()
        both = [(one.get("folder", "outside"), base64.b64decode(one["content_base64"])) for one in found]
        return [one for one in both if identity.encode() in one[1] and one[0] != "sentitems"]

    async def arrived(self, identity: str, address: str) -> tuple[str, bytes]:
        """Folder and bytes of the one copy, once it is there."""
        await until(lambda: bool(self.copies(identity, address)), f"{identity} for {address}")
        [copy] = self.copies(identity, address)
        return copy

    def traced(self, identity: str) -> list[State]:
        with self.lockgate.parts.database.read() as unit:
            found = Traces(unit).search(TraceFilter(message_id=identity))
        return [one.state for trace in found for one in trace.recipients]

    def held(self, identity: str) -> HeldItem:
        with self.lockgate.parts.database.read() as unit:
            [trace] = Traces(unit).search(TraceFilter(message_id=identity))
            [item] = HeldMessages(unit).search(HeldFilter(message_id=trace.id))
        return item

    async def in_state(self, identity: str, state: State) -> None:
        await until(lambda: state in self.traced(identity), f"{identity} {state}")


async def until(look: Callable[[], bool], what: str = "it", seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(look):
        assert time.monotonic() < end, f"{what} did not happen"
        await asyncio.sleep(0.1)


def signed(content: bytes) -> bytes:
    """With the signature of the sender's domain."""
    signature = dkim.sign(content, b"s1", b"no-policy.example", PEM, include_headers=[b"from", b"subject"])
    return bytes(signature) + content


def strict(content: bytes) -> EmailMessage:
    """As a parser reads it that takes nothing but correct MIME."""
    message = BytesParser(policy=STRICT).parsebytes(content)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        if part.get_content_maintype() == "text":
            part.get_content()
    return message


def texts(message: EmailMessage) -> list[str]:
    return [html.unescape(str(part.get_content())) for part in message.walk() if part.get_content_maintype() == "text"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mail(running: Simulation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mail]:
    """One tenant, protected both ways, with a policy per person."""
    running.control("POST", "/reset")
    for name in ACTIONS:
        new = {"user_principal_name": person(name), "display_name": f"Act {name}"}
        running.control("POST", f"/tenants/{CONTOSO}/users", new)
        running.control("PATCH", f"/users/{person(name)}", {"password": PASSWORDS[CONTOSO]})
    key = {"name": "s1._domainkey.no-policy.example", "type": "TXT", "texts": [f"v=DKIM1; k=rsa; p={PUBLIC}"]}
    running.control("POST", "/dns", [key])
    port = free_port()
    console = {"port": port, "public_url": f"http://127.0.0.1:{port}"}
    letters = {"sender": SENDER, "transport": "graph", "graph_tenant": CONTOSO}
    roles = (Role.GATEWAY, Role.CONTROLLER, Role.CONSOLE)
    folder = tmp_path_factory.mktemp("actions")
    async with installation(running, folder, roles=roles, console=console, notifications=letters) as made:
        await protected(made, IN, OUT)
        with made.parts.database.write() as unit:
            for name, actions in ACTIONS.items():
                for direction in ways(name):
                    PolicyStore(unit).add(CONTOSO, policy(name, direction, actions), AUTHOR)
        await asyncio.sleep(3 * EVERY_SECOND)  # gateways answer from memory
        yield Mail(made)


def policy(name: str, direction: Direction, actions: tuple[Action, ...]) -> Policy:
    rules = (Rule("Everything", Condition(minimum_score=0.0), actions),)
    targets = Targets(users=(person(name),))
    return Policy(f"{direction}-{name}", 1, f"{name} {direction}", direction, 1, True, False, targets, rules)


@pytest.mark.parametrize("direction", [IN, OUT])
async def test_what_passes_is_unchanged_and_its_signature_verifies(mail: Mail, direction: Direction) -> None:
    content = letter("pass", direction, TEXTS["quoted"][0], *TEXTS["quoted"][1:3])
    identity = await mail.send("pass", direction, content)
    _, stored = await mail.arrived(identity, person("pass") if direction is IN else OUTSIDE)
    assert stored.endswith(content) and b"X-Lockgate-Return" not in stored
    if direction is IN:
        record = f"v=DKIM1; k=rsa; p={PUBLIC}".encode()
        assert dkim.verify(stored, dnsfunc=lambda *_, **__: record), "the sender's signature holds"
    assert "Grüße, 50 €" in texts(strict(stored))[0]


@pytest.mark.parametrize("direction", [IN, OUT])
@pytest.mark.parametrize("shape", TEXTS)
async def test_a_notice_and_a_tag_are_right_in_every_charset(mail: Mail, shape: str, direction: Direction) -> None:
    body, kind, encoding, said = TEXTS[shape]
    identity = await mail.send("notice", direction, letter("notice", direction, body, kind, encoding))
    _, stored = await mail.arrived(identity, person("notice") if direction is IN else OUTSIDE)
    message = strict(stored)
    assert str(message["Subject"]) == f"{TAG}Crates"
    for text in texts(message):
        assert said in text and "geprüft – 確認済み" in text


@pytest.mark.parametrize("direction", [IN, OUT])
@pytest.mark.parametrize("shape", SEALED)
async def test_what_is_sealed_or_a_meeting_is_never_touched(mail: Mail, shape: str, direction: Direction) -> None:
    body, kind = SEALED[shape]
    content = letter("notice", direction, body, kind, "7bit")
    identity = await mail.send("notice", direction, content)
    _, stored = await mail.arrived(identity, person("notice") if direction is IN else OUTSIDE)
    assert stored.endswith(content)


@pytest.mark.parametrize("direction", [IN, OUT])
async def test_a_tag_leaves_the_body_alone_and_a_banner_opens(mail: Mail, direction: Direction) -> None:
    to = person("tag") if direction is IN else OUTSIDE
    tagged = await mail.send("tag", direction, letter("tag", direction, *TEXTS["base64"][:3]))
    bannered = await mail.send("banner", direction, letter("banner", direction, *TEXTS["alternative"][:3]))
    _, stored = await mail.arrived(tagged, to)
    assert stored.endswith(TEXTS["base64"][0]) and str(strict(stored)["Subject"]) == f"{TAG}Crates"
    _, stored = await mail.arrived(bannered, person("banner") if direction is IN else OUTSIDE)
    assert all("Zwei Kisten" in text and "geprüft" in text for text in texts(strict(stored)))


@pytest.mark.parametrize("direction", [IN, OUT])
async def test_attachments_are_cleaned_or_replaced(mail: Mail, direction: Direction) -> None:
    sent = {name: await mail.send(name, direction, document(name, direction)) for name in ("clean", "replace")}
    kept = {}
    for name, identity in sent.items():
        _, stored = await mail.arrived(identity, person(name) if direction is IN else OUTSIDE)
        [kept[name]] = list(strict(stored).iter_attachments())
    cleaned = kept["clean"].get_content()
    assert cleaned.startswith(b"PK") and b"vbaProject" not in cleaned
    assert "The file 'minutes.docm' was taken out." in str(kept["replace"].get_content())


async def test_junk_goes_to_the_junk_folder(mail: Mail) -> None:
    identity = await mail.send("junk", IN, letter("junk", IN, *TEXTS["utf-8"][:3]))
    folder, stored = await mail.arrived(identity, person("junk"))
    assert folder == "junkemail" and stored.endswith(TEXTS["utf-8"][0])


@pytest.mark.parametrize("direction", [IN, OUT])
async def test_what_is_withheld_or_redirected_reaches_nobody_else(mail: Mail, direction: Direction) -> None:
    names = {"hold": State.QUARANTINED, "delete": State.DELETED, "other": State.RELAYED, "reject": State.REFUSED}
    sent = {name: await mail.send(name, direction, letter(name, direction, *TEXTS["utf-8"][:3])) for name in names}
    for name, state in names.items():
        await mail.in_state(sent[name], state)
    folder, stored = await mail.arrived(sent["other"], REVIEWER)
    assert folder == "inbox" and stored.endswith(TEXTS["utf-8"][0])
    for name in names:
        assert not mail.copies(sent[name], person(name) if direction is IN else OUTSIDE)
    if direction is OUT:
        boxes = mail.lockgate.simulation.control("GET", f"/mailboxes/{person('reject')}").json()
        assert any(b"Not here" in base64.b64decode(one["content_base64"]) for one in boxes), "the sender is told why"


@pytest.mark.parametrize("direction", [IN, OUT])
async def test_what_passes_without_logging_is_counted_and_leaves_no_trace(mail: Mail, direction: Direction) -> None:
    before = counted(mail)
    identity = await mail.send("unlogged", direction, letter("unlogged", direction, *TEXTS["utf-8"][:3]))
    _, stored = await mail.arrived(identity, person("unlogged") if direction is IN else OUTSIDE)
    assert stored.endswith(TEXTS["utf-8"][0])
    await until(lambda: counted(mail) == before + 1, "counting it")
    assert not mail.traced(identity)


def counted(mail: Mail) -> int:
    now = mail.lockgate.parts.clock()
    with mail.lockgate.parts.database.read() as unit:
        found = Tallies(unit).between(now.replace(year=now.year - 1), now.replace(year=now.year + 1), kind=Kind.STATE)
    return sum(one.count for one in found if one.value == State.UNLOGGED)


async def test_what_requires_tls_goes_over_tls_or_not_at_all(mail: Mail) -> None:
    port = await without_tls(mail)
    content = letter("tls", OUT, *TEXTS["utf-8"][:3])
    sure = await mail.send("tls", OUT, content)
    _, stored = await mail.arrived(sure, OUTSIDE)
    assert stored.endswith(content) and REQUIRE_TLS.encode() not in stored
    open_to_all = await mail.send("pass", OUT, letter("pass", OUT, *TEXTS["utf-8"][:3]), to=PLAIN_ONLY)
    refused = await mail.send("tls", OUT, content, to=PLAIN_ONLY)
    await until(lambda: open_to_all.encode() in port.taken, "the message that need not be encrypted")
    hops = "/hops?event=DEFER"
    await until(lambda: "STARTTLS is required" in mail.lockgate.simulation.control("GET", hops).text, "the refusal")
    assert refused.encode() not in port.taken
    port.close()


async def test_without_its_rule_what_requires_tls_is_held(mail: Mail) -> None:
    deviate(mail, (Deviation("mail flow rule", TLS_RULE, "is missing"),))
    await asyncio.sleep(3 * EVERY_SECOND)
    try:
        identity = await mail.send("tls", OUT, letter("tls", OUT, *TEXTS["utf-8"][:3]))
        await mail.in_state(identity, State.QUARANTINED)
        assert mail.held(identity).held.require_tls and "requires TLS" in mail.held(identity).held.reason
    finally:
        deviate(mail, ())


def deviate(mail: Mail, found: tuple[Deviation, ...]) -> None:
    """What the watch over the tenant would have noted."""
    parts = mail.lockgate.parts
    with parts.database.write() as unit:
        accounts = ServiceAccounts(unit, parts.vault)
        [account] = accounts.all()
        accounts.change(account.id, lambda now: replace(now, deviations=found))


class PlainServer(asyncio.Protocol):
    """A mail host of the last century: no STARTTLS."""

    taken = b""
    server: asyncio.Server

    @classmethod
    def close(cls) -> None:
        cls.server.close()


async def without_tls(mail: Mail) -> type[PlainServer]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 plain\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go\r\n")
                PlainServer.taken += await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                break
        writer.close()

    PlainServer.server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = PlainServer.server.sockets[0].getsockname()[1]
    exchanger = {"name": "plain-only.example", "type": "MX", "texts": ["10 mx.plain-only.example"]}
    mail.lockgate.simulation.control("POST", "/dns", [exchanger])
    mail.lockgate.simulation.control("POST", "/network", {"mx.plain-only.example": ["127.0.0.1", port]})
    return PlainServer


@pytest.mark.parametrize(("direction", "choice"), [(IN, "release"), (OUT, "reject"), (OUT, "release")])
async def test_a_reviewer_decides_by_a_link_and_a_get_does_nothing(
    mail: Mail, direction: Direction, choice: str
) -> None:
    content = letter("review", direction, *TEXTS["iso-2022-jp"][:3])
    identity = await mail.send("review", direction, content)
    await mail.in_state(identity, State.QUARANTINED)
    link = await asked(mail, mail.held(identity).held.id)
    await asyncio.to_thread(press, link, choice)
    to = person("review") if direction is IN else OUTSIDE
    if choice == "release":
        assert (await mail.arrived(identity, to))[1].endswith(content)
        await mail.in_state(identity, State.RELEASED)
    else:
        await mail.in_state(identity, State.DELETED)
        assert not mail.copies(identity, to)
    with mail.lockgate.parts.database.read() as unit:
        acts = [one.act for one in AuditLog(unit).newest(limit=100) if one.actor == f"{REVIEWER} (review link)"]
    assert {"quarantine.review-look", f"quarantine.{'release' if choice == 'release' else 'delete'}"} <= set(acts)
    answer = await asyncio.to_thread(httpx.get, link, trust_env=False)
    assert 'value="release"' not in answer.text, "it is over"
    changed = await asyncio.to_thread(httpx.get, link[:-4] + "aaaa", trust_env=False)
    assert changed.status_code == 410


async def asked(mail: Mail, held_id: str) -> str:
    """The link in the letter that came to the reviewer's mailbox through the gateway."""
    parts = mail.lockgate.parts
    await asyncio.to_thread(ask_reviewers, parts)
    await deliver_letters(mail)
    found: list[str] = []

    def look() -> bool:
        for _, content in mail.copies("/mine/review/", REVIEWER):
            body = BytesParser(policy=email.policy.default).parsebytes(content).get_body(("plain",))
            assert body is not None
            [link] = re.findall(r"http://127\S+/mine/review/\S+", body.get_content())
            if link not in SEEN:
                found.append(link)
        return bool(found)

    await until(look, f"the letter about {held_id}")
    SEEN.update(found)
    return found[0]


SEEN: set[str] = set()


async def deliver_letters(mail: Mail) -> None:
    """One round of what the controller does."""
    parts = mail.lockgate.parts
    async with provisioning(parts) as work:
        way = transport(parts.settings, work.access)
        await Delivery(parts.database, way, SENDER, parts.clock, bool).deliver_due()


def press(link: str, choice: str) -> None:
    """A scanner opens the link; then the reviewer does, looks, and decides."""
    with httpx.Client(timeout=PATIENCE, trust_env=False) as browser:
        first = browser.get(link)
        assert first.status_code == 200 and "木箱" not in first.text, "a GET shows nothing of the content"
        for each in ("look", choice):
            found = TOKEN.search(browser.get(link).text)
            assert found
            answer = browser.post(link, data={"csrf_token": found.group(1), "choice": each})
            assert answer.status_code == 200
            assert ("木箱を二つ" in answer.text) is (each == "look")
