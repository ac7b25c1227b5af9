"""POST /users/{id}/sendMail: a message as JSON or as base64 MIME goes into the tenant's mail flow (§2.1, §2.4).

Users of Graph report that a mailbox drops X- fields of MIME which it has never met in a message made as JSON
(microsoft-graph-docs-contrib, issue 424); a draft counts. Switch `mime_keeps_unknown_fields`: the other reading.
"""

import base64
import binascii
import email.policy
import re
from collections.abc import Iterator
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses

from starlette.responses import Response

from m365_simulator.graph.call import Call, answer
from m365_simulator.graph.errors import GraphError, bad_request
from m365_simulator.graph.message_shapes import Opened, shown
from m365_simulator.graph.messages import mailbox
from m365_simulator.mail_flow import submission
from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.world import JsonValue, Properties, StoredMessage, User, new_guid

_MOST_CUSTOM = 5  # custom fields of one message
_CUSTOM_HEADER = re.compile(r"^x-[!-9;-~]+$", re.IGNORECASE)


async def send_mail(call: Call) -> Response:
    """202 once mail flow has taken the message. A request with Content-Type text/plain carries MIME."""
    user = call.user()
    mailbox(call)
    if call.header("content-type").partition(";")[0].strip().lower() == "text/plain":
        content, keeps_no_copy = _without_unknown_fields(call, _decoded(call.content)), False
        recipients = _addresses_in(content)
    else:
        content, recipients = _composed(call, user, call.json().get("message"))
        keeps_no_copy = call.json().get("saveToSentItems") in (False, "false")
    if not recipients:
        raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")
    try:
        sent = submission.submit(call.world, call.tenant, user, content, recipients)
    except LookupError:
        raise GraphError(503, "ErrorMailboxStoreUnavailable", "The mailbox store is unavailable.") from None
    if keeps_no_copy:
        box = mailbox(call)
        box.messages = [item for item in box.messages if item.network_message_id != sent or item.folder != "sentitems"]
    return Response(status_code=202)


async def draft(call: Call) -> Response:
    """POST /users/{id}/messages: 201 with a draft made of JSON. MIME is not simulated."""
    content, _ = _composed(call, call.user(), call.json())
    made = StoredMessage("drafts", content, call.world.clock.now(), mail_from=call.user().mail, is_read=True)
    mailbox(call).messages.append(made)
    return answer(shown(Opened(call, made), [], basic=False), 201)


def _without_unknown_fields(call: Call, content: bytes) -> bytes:
    if call.world.switches.get("mime_keeps_unknown_fields") is True:
        return content
    known = mailbox(call).known_fields
    block = HeaderBlock(content)
    block.remove(lambda name: name.startswith("x-") and name not in known)
    return block.content()


def _decoded(content: bytes) -> bytes:
    try:
        mime = base64.b64decode(content, validate=True)
    except binascii.Error:
        raise GraphError(
            400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content."
        ) from None
    return re.sub(rb"\r?\n", b"\r\n", mime)


def _addresses_in(content: bytes) -> list[str]:
    block = HeaderBlock(content)
    pairs = getaddresses([value for name in ("to", "cc", "bcc") for value in block.all(name)])
    return list(dict.fromkeys(address for _, address in pairs if "@" in address))


def _composed(call: Call, user: User, sent: JsonValue) -> tuple[bytes, list[str]]:
    if not isinstance(sent, dict):
        raise bad_request("The parameter Message is missing.", "ErrorInvalidRequest")
    made = EmailMessage(policy=email.policy.SMTPUTF8 if _names_non_ascii(sent) else email.policy.SMTP)
    made["From"] = _address(user.display_name, user.mail)
    made["Date"] = format_datetime(call.world.clock.now())
    made["Subject"] = str(sent.get("subject") or "")
    made["Message-ID"] = f"<{new_guid()}@{user.mail.partition('@')[2]}>"
    recipients: list[str] = []
    for field, name in (("toRecipients", "To"), ("ccRecipients", "Cc"), ("bccRecipients", "")):
        people = list(_people(sent.get(field)))
        recipients += [address for _, address in people]
        if people and name:
            made[name] = [_address(*pair) for pair in people]
    replies = list(_people(sent.get("replyTo")))
    if replies:
        made["Reply-To"] = [_address(*pair) for pair in replies]
    if str(sent.get("importance", "normal")).lower() in {"low", "high"}:
        made["Importance"] = str(sent["importance"]).lower()
    for name, value in _custom_headers(sent.get("internetMessageHeaders")):
        made[name] = value
        mailbox(call).known_fields.add(name.lower())
    _fill(made, sent)
    return made.as_bytes(), list(dict.fromkeys(recipients))


def _people(sent: JsonValue) -> Iterator[tuple[str, str]]:
    for item in sent if isinstance(sent, list) else []:
        address = item.get("emailAddress") if isinstance(item, dict) else None
        found = str(address.get("address") or "") if isinstance(address, dict) else ""
        if "@" not in found:
            raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")
        yield str(address.get("name") or "") if isinstance(address, dict) else "", found


def _address(name: str, written: str) -> Address:
    local_part, _, domain = written.rpartition("@")
    return Address(name, local_part, domain)


def _names_non_ascii(sent: Properties) -> bool:
    fields = ("toRecipients", "ccRecipients", "bccRecipients", "replyTo")
    return not all(address.isascii() for field in fields for _, address in _people(sent.get(field)))


def _custom_headers(sent: JsonValue) -> Iterator[tuple[str, str]]:
    listed = sent if isinstance(sent, list) else []
    if len(listed) > _MOST_CUSTOM:
        raise GraphError(400, "InvalidInternetMessageHeaders", "Maximum number of headers in one message is 5.")
    for item in listed:
        name = str(item.get("name") or "") if isinstance(item, dict) else ""
        if not _CUSTOM_HEADER.match(name):
            text = f"The internet message header name '{name}' should start with 'x-' or 'X-'."
            raise GraphError(400, "InvalidInternetMessageHeader", text)
        yield name, str(item.get("value") or "") if isinstance(item, dict) else ""


def _fill(made: EmailMessage, sent: Properties) -> None:
    body = sent.get("body")
    body = body if isinstance(body, dict) else {}
    subtype = "html" if str(body.get("contentType", "text")).lower() == "html" else "plain"
    made.set_content(str(body.get("content") or ""), subtype=subtype)
    attachments = sent.get("attachments")
    for item in attachments if isinstance(attachments, list) else []:
        if not isinstance(item, dict) or item.get("@odata.type") != "#microsoft.graph.fileAttachment":
            raise bad_request("Only #microsoft.graph.fileAttachment is simulated.", "ErrorInvalidRequest")
        try:
            content = base64.b64decode(str(item.get("contentBytes") or ""), validate=True)
        except binascii.Error:
            raise bad_request("contentBytes isn't valid base64.", "ErrorInvalidRequest") from None
        main, _, sub = str(item.get("contentType") or "application/octet-stream").partition("/")
        made.add_attachment(content, maintype=main, subtype=sub, filename=str(item.get("name") or "attachment"))
