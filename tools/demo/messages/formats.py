# ruff: noqa: E501 - mail is written as people and programs write it
"""Mail whose form is unusual: signed, encrypted, invitations, reports, addresses beyond ASCII, and a very large file."""

from lockgate.model.envelope import Direction
from tools.demo.messages import files, people
from tools.demo.messages.expectation import DemoMessage, relayed
from tools.demo.messages.letters import Part, file, letter, multipart, text, with_files
from tools.demo.messages.people import LENA, MARGARET, ROBERT, TOM
from tools.demo.messages.protected_mail import pgp_encrypted, smime_signed

LARGE = 25 * 1024 * 1024


def messages() -> tuple[DemoMessage, ...]:
    """In no particular order."""
    contract = smime_signed(text(CONTRACT, encoding="quoted-printable"), f"accounts@{people.NORTHWIND}")
    return (
        _mail("smime-signed", f"accounts@{people.NORTHWIND}", ROBERT, "Framework contract, signed", contract),
        _mail("pgp-encrypted", f"mara@{people.NO_POLICY}", LENA, "...", pgp_encrypted(1_800)),
        _mail("calendar-invitation", f"ivan.petrov@{people.ADATUM}", MARGARET, "Steering meeting", _invitation()),
        _mail("25-megabytes", f"ivan.petrov@{people.ADATUM}", TOM, "Recording of the pump test", _recording()),
        _mail("bounce", "", TOM, "Undelivered Mail Returned to Sender", _bounce(),
              sender=f"Mail Delivery System <mailer-daemon@{people.NO_POLICY}>", more=("Auto-Submitted: auto-replied",)),
        _mail("read-receipt", "", LENA, "Read: Order 4711", _receipt(), sender=f"Mara Quist <mara@{people.NO_POLICY}>"),
        _mail("out-of-office", f"ivan.petrov@{people.ADATUM}", ROBERT, "Automatic reply: Delivery in week 49", AWAY,
              more=("Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All")),
        _internationalised(),
    )  # fmt: skip


def _mail(
    name: str, mail_from: str, to: str, subject: str, body: Part | str, *, sender: str = "", more: tuple[str, ...] = ()
) -> DemoMessage:
    content = letter(name, sender or mail_from, to, subject, body, *more)
    return DemoMessage(name, Direction.INBOUND, mail_from, content, (relayed(to),))


def _internationalised() -> DemoMessage:
    """Sender and header in UTF-8 (RFC 6531, RFC 6532)."""
    sender = f"jörg@{people.NO_POLICY}"
    content = letter("smtputf8", f"Jörg Müßig <{sender}>", LENA, "", "Grüße aus Köln, und danke für die Blumen.\n")
    content = content.replace(b"Subject: \r\n", "Subject: Grüße\r\n".encode())
    return DemoMessage("smtputf8", Direction.INBOUND, sender, content, (relayed(LENA),), smtputf8=True)


def _recording() -> Part:
    return with_files(text("Hello Tom,\n\nhere is the whole recording.\n\nIvan\n"),
                      file("pump-test.wav", files.recording(LARGE), "audio/wav"))  # fmt: skip


def _invitation() -> Part:
    calendar = Part(
        ("Content-Type: text/calendar; charset=utf-8; method=REQUEST", "Content-Transfer-Encoding: 8bit"),
        INVITATION.replace("\n", "\r\n").encode(),
    )
    return multipart("alternative", [text("Steering meeting, Tuesday at ten, room Elm.\n"), calendar])


def _bounce() -> Part:
    status = Part(("Content-Type: message/delivery-status",), STATUS.replace("\n", "\r\n").encode())
    header = "Subject: Order 4711\nFrom: tom.becker@contoso.example\n".replace("\n", "\r\n").encode()
    original = Part(("Content-Type: text/rfc822-headers",), header)
    return multipart("report", [text(NOT_DELIVERED), status, original], "report-type=delivery-status")


def _receipt() -> Part:
    note = Part(("Content-Type: message/disposition-notification",), DISPLAYED.replace("\n", "\r\n").encode())
    return multipart("report", [text("Your message was displayed.\n"), note], "report-type=disposition-notification")


CONTRACT = "Dear Mr Fenwick,\n\nthis is our agreement to the framework contract of 3 November.\n\nNorthwind Traders\n"
AWAY = "I am out of the office until Monday. My colleague Olga looks after your orders.\n"
INVITATION = """BEGIN:VCALENDAR
PRODID:-//Adatum//Planner 4//EN
VERSION:2.0
METHOD:REQUEST
BEGIN:VEVENT
UID:steering-2026-12@adatum.example
DTSTAMP:20261120T090000Z
DTSTART:20261208T090000Z
DTEND:20261208T100000Z
SUMMARY:Steering meeting
LOCATION:Room Elm
ORGANIZER;CN=Ivan Petrov:mailto:ivan.petrov@adatum.example
ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:margaret.holloway@contoso.example
END:VEVENT
END:VCALENDAR
"""
NOT_DELIVERED = """Your message could not be delivered to one recipient.

<old.address@no-policy.example>: no such mailbox
"""
STATUS = """Reporting-MTA: dns; mx.no-policy.example

Final-Recipient: rfc822; old.address@no-policy.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such mailbox
"""
DISPLAYED = """Final-Recipient: rfc822; nora@no-policy.example
Original-Message-ID: <order-4711@contoso.example>
Disposition: manual-action/MDN-sent-manually; displayed
"""
