# ruff: noqa: E501 - mail is written as people and programs write it
"""Mail that the tenant's people send outside: untouched, with the company's notice, or held."""

from lockgate.model.envelope import Direction
from tools.demo.messages import files, people
from tools.demo.messages.expectation import INTERNET, DemoMessage, Expected, changed, held, relayed
from tools.demo.messages.letters import Part, both, file, letter, text, with_files
from tools.demo.messages.people import BJORN, CARLA, LENA, MARGARET, PRIYA, SAMUEL, TOM, YUKI
from tools.demo.messages.protected_mail import smime_signed

NORA, IVAN = f"nora@{people.NORTHWIND}", f"ivan.petrov@{people.ADATUM}"
NOTICE = "rule 'Company notice'"
CARD = "4111 1111 1111 1111"  # the schemes' test numbers; nobody's card
OTHER_CARD = "5500-0055-5555-5559"


def messages() -> tuple[DemoMessage, ...]:
    """In no particular order."""
    cards = files.zipped(customers__csv=f"customer;credit card\r\nA;{CARD}\r\nB;{OTHER_CARD}\r\n".encode())
    return (
        _mail("out-plain", LENA, "Gauge readings", "Hello Nora,\n\nthe readings are as expected.\n\nLena\n", _passes(NORA)),
        _mail("out-two-recipients", MARGARET, "Agenda", "Dear both,\n\nthe agenda stands.\n\nMargaret\n", _passes(NORA), _passes(IVAN)),
        _mail("out-html-with-file", YUKI, "Drafts", _drafts(), _passes(IVAN)),
        _mail("out-german", BJORN, "Vertragsänderung", GERMAN, _passes(IVAN)),
        _mail("out-notice-in-text", TOM, "Offer 88", "Hello Nora,\n\nhere is the offer.\n\nTom\n", _notice(NORA)),
        _mail("out-notice-in-html", PRIYA, "Payment advice", PAYMENT, _notice(IVAN)),
        _mail("out-signed-stays-signed", TOM, "Signed offer", _signed(), Expected(IVAN, relayed(IVAN).outcome, INTERNET, NOTICE)),
        _mail("out-card-number", BJORN, "Booking", f"Please charge my credit card {CARD}, valid until 12/28, CVC 123.\n",
              held(IVAN, "Payment card numbers")),
        _mail("out-cards-in-archive", LENA, "Customers", with_files(text("See the list.\n"), file("customers.zip", cards)),
              held(NORA, "Payment card numbers")),
        _mail("out-card-number-monitored", SAMUEL, "Booking", f"My credit card is {CARD}, valid until 12/28.\n",
              relayed(IVAN, "only monitors; it would have done this: quarantine", INTERNET)),
        _mail("out-virus", YUKI, "Tool", with_files(text("Try this.\n"), file("tool.com", files.VIRUS_TEST_TEXT)),
              held(IVAN, "malware.byte-rules")),
        _mail("out-outside-targets", CARLA, "Booking", f"My credit card is {CARD}, valid until 12/28.\n",
              relayed(NORA, f"no enabled outbound policy is for {CARLA}", INTERNET)),
    )  # fmt: skip


def _mail(name: str, sender: str, subject: str, body: Part | str, *expected: Expected) -> DemoMessage:
    to = ", ".join(one.recipient for one in expected)
    return DemoMessage(name, Direction.OUTBOUND, sender, letter(name, sender, to, subject, body), expected)


def _passes(recipient: str) -> Expected:
    return relayed(recipient, folder=INTERNET)


def _notice(recipient: str) -> Expected:
    return changed(recipient, NOTICE, b"This message is meant for its addressee", folder=INTERNET)


def _drafts() -> Part:
    page = both(
        "Hello Ivan,\n\ntwo drafts of the label.\n\nYuki\n",
        "<p>Hello Ivan,</p><p>two drafts of the label.</p><p>Yuki</p>\n",
    )
    return with_files(page, file("label.pdf", files.pdf("Label, draft 2"), "application/pdf"))


def _signed() -> Part:
    return smime_signed(text("Hello Ivan,\n\nthis is our binding offer.\n\nTom\n"), TOM)


GERMAN = "Sehr geehrter Herr Petrov,\n\nanbei der Entwurf für § 7. Für Rückfragen stehe ich zur Verfügung.\n\nBjörn Håkansson\n"
PAYMENT = both(
    "Hello Ivan,\n\ninvoice 311 was paid today.\n\nPriya\n",
    "<html><body><p>Hello Ivan,</p><p>invoice 311 was paid today.</p><p>Priya</p></body></html>\n",
)
