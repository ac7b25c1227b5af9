"""A whole installation as far as telling goes: the real pipeline behind the door, trace, letters, and real SMTP out."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from lockgate.bootstrap.notices import Notifying, WhoIsWho
from lockgate.gateway.arrival import Arrival
from lockgate.gateway.disposition import Disposition, Keeping
from lockgate.gateway.examination import Examined
from lockgate.gateway.frames import Summary
from lockgate.gateway.journal import Journal
from lockgate.gateway.own_mail import PassingOwnMail
from lockgate.gateway.pipeline import Pipeline
from lockgate.gateway.relay import Relay
from lockgate.lookups.next_hops import FixedNextHop
from lockgate.mime.headers import scan
from lockgate.model.decision import Changes, Decision, Fate
from lockgate.model.directory import DirectoryUser
from lockgate.model.envelope import Direction, Recipient
from lockgate.model.findings import Category, Finding, Report, Verdict
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.notifications.delivery import Delivery
from lockgate.notifications.notices.gathering import Gathering
from lockgate.notifications.notices.letters import NoticeMail
from lockgate.notifications.notices.settings import save_settings, settings_of
from lockgate.notifications.signature import Signature
from lockgate.notifications.smtp_transport import Security, SmtpTransport
from lockgate.notifications.writing import Mailing, Writer
from lockgate.smtp.delivery import NextHop
from lockgate.storage.audit import Author
from lockgate.storage.blobs import open_blobs
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.engine import open_database
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.settings_store import SettingsCache
from lockgate.storage.vault import open_vault
from tests.lockgate.gateway.stand_ins import NOW, TENANT_ID, ScriptedNextHop, arrival
from tests.lockgate.notifications.mail_server import MailServer

AUTHOR = Author("tester", NOW)
ADA, GRETA, ADMIN = "ada@contoso.example", "greta@contoso.example", "sec@contoso.example"
HELD = {"id": "held", "name": "Held mail", "outcomes": ["quarantined"], "administrators": [ADMIN]}


@dataclass
class Judge:
    """Implements `pipeline.Examines`: everything is phishing and held, but what is said to be otherwise."""

    verdict: Verdict = Verdict.PHISHING
    fate: Fate = Fate.QUARANTINE

    async def examine(
        self, arrival: Arrival, recipients: Sequence[Recipient], tries: int, journal: Journal
    ) -> Examined:
        header = scan(arrival.content)
        sender, subject = header.value("From") or "", header.value("Subject") or ""
        finding = Finding("link.text-differs", Category.PHISHING, 2.0, "A link goes elsewhere than it says.", ())
        report = Report(self.verdict, 0.9, (finding,))
        journal.parsed(Summary(sender, subject, header.value("Message-ID") or "", 1, ()))
        journal.judged(report)
        decided = [
            Decision(one.address, self.fate, Changes(), "held", policy_id="p1", policy_name="Strict", rule="Phishing")
            for one in recipients
        ]
        return Examined(report, tuple(decided), {}, sender, subject)


@dataclass
class Office:
    """One installation. `now` is set by hand; every database write, letter and reply is real."""

    folder: Path
    server: MailServer
    sender: str = "gate@contoso.example"
    now: datetime = NOW
    judge: Judge = field(default_factory=Judge)
    tries: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.database = open_database(f"sqlite:///{self.folder / 'office.db'}")
        self.vault = open_vault(self.folder / "vault.key")
        people = [
            DirectoryUser("greta", "Greta", GRETA, (GRETA,), language="de-AT"), DirectoryUser("ada", "Ada", ADA, (ADA,))
        ]  # fmt: skip
        account = ServiceAccount("a1", TENANT_ID, "Contoso", AccountStatus.ACTIVE, {}, False, NOW, "tester")
        with self.database.write() as unit:
            DirectoryStore(unit, TENANT_ID).put_users(people, 1)
            ServiceAccounts(unit, self.vault).add(account, AUTHOR)
        mailing = Mailing(self.sender, (), timedelta(0), "gw.example", "https://console.example")
        self.signature = Signature(self.vault)
        writer, clock = Writer(mailing, self.signature), lambda: self.now
        self.knows = WhoIsWho(self.vault, writer.console)
        gathering = Gathering(self.database, self.knows, clock, self.sender, SettingsCache(self.database))
        self.mail = NoticeMail(self.database, self.knows, writer, clock, lambda: uuid.uuid4().hex)
        self.notifying = Notifying(gathering, self.mail)

    def want(self, *rules: Mapping[str, object], **others: object) -> None:
        """Save these notifications, and look at the trace once: it is followed from now on."""
        with self.database.read() as unit:
            seen = settings_of(unit, TENANT_ID)[1]
        save_settings(self.database, TENANT_ID, {"rules": list(rules), **others}, AUTHOR, seen=seen)
        self.notifying.write_up()
        self.later(seconds=60)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def comes(
        self, content: bytes, *to: str, mail_from: str = "eve@outside.example", direction: Direction = Direction.INBOUND
    ) -> None:
        """A message passes the gateway and is in the trace."""
        self.tries += 1
        ledger = StoredLedger(self.database, open_blobs(str(self.folder / "blobs")), lambda: self.now)
        numbers = (f"{self.tries}-{number}" for number in range(100))
        relay = Relay(ScriptedNextHop(), FixedNextHop(NextHop("192.0.2.1")))
        keeping = Keeping("gw.example", timedelta(days=9), timedelta(days=1))
        disposition = Disposition(relay, ledger, lambda: self.now, lambda: next(numbers), keeping)
        pipeline = Pipeline(PassingOwnMail(self.judge, self.signature), disposition, ledger, lambda: self.now)
        one = arrival(*(to or (ADA,)), mail_from=mail_from, content=content, direction=direction)
        proof = replace(one.proof, network_message_id=f"n{self.tries}")
        await pipeline.process(replace(one, id=f"m{self.tries:03}", proof=proof, received_at=self.now))
        await ledger.close()

    async def tell(self) -> list[EmailMessage]:
        """What is due goes out by SMTP; the letters that came now."""
        before = len(self.server.came)
        way = SmtpTransport("localhost", self.server.port, Security.STARTTLS, "gw", authorities=self.server.authority)
        self.later(seconds=50)
        delivery = Delivery(self.database, way, self.sender, lambda: self.now, self.notifying.write_up)
        rounds = 0
        while await delivery.deliver_due():
            rounds += 1
            assert rounds < 100, "letters without end"
        return [message_from_bytes(content, policy=default) for _, _, content in self.server.came[before:]]


def a_mail(subject: str = "Pay now", sender: str = "Eve <eve@outside.example>", *fields: str) -> bytes:
    lines = [f"From: {sender}", "To: ada@contoso.example", f"Subject: {subject}", *fields, "", "Hello."]
    return "\r\n".join(lines).encode() + b"\r\n"


def texts(message: EmailMessage) -> tuple[str, str]:
    """As plain text and as HTML."""
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and html is not None
    return str(plain.get_content()).replace("\r", ""), str(html.get_content()).replace("\r", "")
