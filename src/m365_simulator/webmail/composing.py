"""Writing and sending a message."""

import email.policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from m365_simulator.mail_flow.submission import recipients_of, submit
from m365_simulator.webmail.pages import Visit


async def compose(visit: Visit) -> Response:
    """The form; `to` and `subject` may come from a reply link."""
    query = visit.request.query_params
    return visit.page("compose.html", to=query.get("to", ""), subject=query.get("subject", ""), refusal="")


async def send(visit: Visit) -> Response:
    """Send as the signed-in person."""
    form = await visit.form()
    fields = {name: str(form.get(name, "")) for name in ("to", "cc", "bcc", "subject", "body")}
    recipients = recipients_of([fields["to"], fields["cc"], fields["bcc"]])
    if not recipients:
        return visit.page("compose.html", 400, to="", subject=fields["subject"], refusal="Name at least one recipient.")
    uploads = [one for one in form.getlist("attachment") if isinstance(one, UploadFile) and one.filename]
    files = [
        (one.filename or "file", one.content_type or "application/octet-stream", await one.read()) for one in uploads
    ]
    message = EmailMessage(policy=email.policy.SMTPUTF8 if not all(map(str.isascii, recipients)) else email.policy.SMTP)
    message["From"] = f"{visit.user.display_name} <{visit.user.mail}>"
    message["To"] = fields["to"].replace(";", ",")
    if fields["cc"]:
        message["Cc"] = fields["cc"].replace(";", ",")
    message["Subject"] = " ".join(fields["subject"].split())
    message["Date"] = format_datetime(visit.world.clock.now())
    message["Message-ID"] = make_msgid(domain=visit.user.mail.partition("@")[2])
    message.set_content(fields["body"].replace("\r\n", "\n"))
    for name, content_type, content in files:
        main, _, sub = content_type.partition("/")
        if main in {"message", "multipart"}:
            main, sub = "application", "octet-stream"  # a file, not a part of the structure
        message.add_attachment(content, maintype=main, subtype=sub or "octet-stream", filename=name)
    submit(visit.world, visit.tenant, visit.user, message.as_bytes(), recipients)
    return RedirectResponse("/folder/sentitems", 303)
