"""Pages of the outside world: send a message into the tenants, and see what arrived from them. No sign-in."""

import email.policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from m365_simulator.internet.sender import OutsideMail, send_from_outside
from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.mail_flow.message import domain_of
from m365_simulator.mail_flow.submission import recipients_of
from m365_simulator.webmail.mailbox_pages import raw
from m365_simulator.webmail.pages import parts_of, render
from m365_simulator.webmail.reading import shown

FIELDS = ("mail_from", "header_from", "to", "subject", "body", "client_ip")


async def arrived(request: Request) -> Response:
    """Everything that outside hosts have received, newest first."""
    world, _ = parts_of(request)
    rows = [
        (number, item, shown(HeaderBlock(item.content), "Subject"))
        for number, item in reversed(list(enumerate(world.internet)))
    ]
    return render("internet.html", visit=None, rows=rows)


async def source(request: Request) -> Response:
    """One received message, byte for byte."""
    world, _ = parts_of(request)
    number = int(request.path_params["number"])
    if number >= len(world.internet):
        return PlainTextResponse("There is no such message.", 404)
    return raw(world.internet[number].content)


async def write(request: Request) -> Response:
    """The form of an outside sender."""
    parts_of(request)
    return render("internet_send.html", visit=None, outcomes=[], fields=dict.fromkeys(FIELDS, ""))


async def send(request: Request) -> Response:
    """Hand the message to the tenants' mail exchanger and show its replies."""
    world, mail = parts_of(request)
    form = await request.form()
    fields = {name: str(form.get(name, "")) for name in FIELDS}
    source_file = form.get("source")
    uploaded = b"" if source_file is None or isinstance(source_file, str) else await source_file.read()
    content = with_line_ends(uploaded) if uploaded else _content(fields, format_datetime(world.clock.now()))
    outside = OutsideMail(fields["mail_from"], recipients_of([fields["to"]]), content, fields["client_ip"])
    outcomes = await send_from_outside(world, (mail.host, mail.mx_port), outside)
    return render("internet_send.html", visit=None, outcomes=outcomes, fields=fields)


def with_line_ends(content: bytes) -> bytes:
    """A file from disk with the CRLF line ends that SMTP needs."""
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def _content(fields: dict[str, str], date: str) -> bytes:
    message = EmailMessage(policy=email.policy.SMTPUTF8)
    message["From"] = fields["header_from"] or fields["mail_from"]
    message["To"] = fields["to"].replace(";", ",")
    message["Subject"] = " ".join(fields["subject"].split())
    message["Date"] = date
    message["Message-ID"] = make_msgid(domain=domain_of(fields["mail_from"]) or "internet.example")
    message.set_content(fields["body"].replace("\r\n", "\n"))
    return message.as_bytes()
