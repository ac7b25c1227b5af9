"""Folders, messages and their parts."""

from urllib.parse import quote

from starlette.responses import HTMLResponse, RedirectResponse, Response

from m365_simulator.webmail import reading
from m365_simulator.webmail.pages import Visit
from m365_simulator.world import StoredMessage

FOLDERS = {"inbox": "Inbox", "junkemail": "Junk Email", "sentitems": "Sent Items", "deleteditems": "Deleted Items"}
# The frame has no origin, no scripts, no forms; this adds that nothing is fetched either.
BODY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


async def home(visit: Visit) -> Response:
    """Straight to the inbox."""
    del visit
    return RedirectResponse("/folder/inbox", 303)


async def folder(visit: Visit) -> Response:
    """The messages of a folder, newest first."""
    name = visit.request.path_params["name"]
    stored = [message for message in visit.mailbox.messages if message.folder == name]
    lines = [reading.line(message) for message in reversed(stored)]
    counts = {key: sum(m.folder == key and not m.is_read for m in visit.mailbox.messages) for key in FOLDERS}
    return visit.page("folder.html", title=FOLDERS[name], name=name, lines=lines, folders=FOLDERS, unread=counts)


def _message(visit: Visit) -> StoredMessage:
    wanted = visit.request.path_params["id"]
    found = next((message for message in visit.mailbox.messages if message.id == wanted), None)
    if found is None:
        raise LookupError(wanted)
    return found


async def message(visit: Visit) -> Response:
    """One message: fields, body in a sandboxed frame, attachments."""
    stored = _message(visit)
    stored.is_read = True
    return visit.page(
        "message.html",
        stored=stored,
        line=reading.line(stored),
        headers=reading.header_lines(stored.content),
        attachments=reading.attachments(stored.content),
        folders=FOLDERS,
    )


async def body(visit: Visit) -> Response:
    """The content of the frame."""
    kind, text = reading.body(_message(visit).content)
    if kind == "plain":
        return visit.page("plain_body.html", text=text)
    headers = {"content-security-policy": BODY_POLICY, "referrer-policy": "no-referrer"}
    return HTMLResponse(text.encode("utf-8", "replace"), headers=headers)


async def source(visit: Visit) -> Response:
    """The stored bytes."""
    return raw(_message(visit).content)


def raw(content: bytes) -> Response:
    """Bytes that no browser takes for anything but text."""
    headers = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox; default-src 'none'"}
    return Response(content, media_type="text/plain; charset=utf-8", headers=headers)


async def attachment(visit: Visit) -> Response:
    """One part, to be saved."""
    name, content = reading.attachment(_message(visit).content, visit.request.path_params["number"])
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)


async def move(visit: Visit) -> Response:
    """Into another folder; from Deleted Items a deleted message is gone."""
    form = await visit.form()
    stored, target = _message(visit), str(form.get("folder", ""))
    origin = stored.folder
    if target == "deleteditems" and origin == "deleteditems":
        stored.folder = "recoverableitemspurges"
    elif target in FOLDERS:
        stored.folder = target
    return RedirectResponse(f"/folder/{origin}", 303)
