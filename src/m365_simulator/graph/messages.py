"""/users/{id}/messages and /mailFolders: reading, moving and deleting mail (microsoft-365.md §2.4)."""

from starlette.responses import Response

from m365_simulator.graph.call import Call, answer, collection, nothing
from m365_simulator.graph.directory import next_link
from m365_simulator.graph.errors import GraphError, bad_request
from m365_simulator.graph.filters import parse
from m365_simulator.graph.mail_ids import HIDDEN, PURGES, WELL_KNOWN, find_message, folder_id, folder_name
from m365_simulator.graph.message_shapes import Opened, shown
from m365_simulator.graph.pages import Listing
from m365_simulator.world import JsonValue, Mailbox, Properties, StoredMessage

PAGE, LARGEST_PAGE = 10, 1000
_FULL_READERS = {"Mail.Read", "Mail.ReadWrite"}


def mailbox(call: Call) -> Mailbox:
    """The mailbox of the user in the path. Raises GraphError 404 for a user without one."""
    user = call.user()
    if not user.mailbox_type:
        text = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
        raise GraphError(404, "MailboxNotEnabledForRESTAPI", text)
    return call.tenant.mailboxes.setdefault(user.id, Mailbox(user.id))


async def messages(call: Call) -> Response:
    """GET /users/{id}/messages: all folders but the hidden ones."""
    box = mailbox(call)
    return _listed(call, [message for message in box.messages if message.folder not in HIDDEN])


async def folder_messages(call: Call) -> Response:
    """GET /users/{id}/mailFolders/{folder}/messages."""
    box = mailbox(call)
    name = folder_name(box, call.part("folder"))
    return _listed(call, [message for message in box.messages if message.folder == name])


def _listed(call: Call, found: list[StoredMessage]) -> Response:
    if "skiptoken" in call.options:
        word, listing, offset = call.pages.resume(call.options["skiptoken"])
    else:
        word, offset = "", 0
        listing = Listing([message.id for message in _ordered(call, _filtered(call, found))])
        skip = call.options.get("skip", "0")
        offset = int(skip) if skip.isdigit() else 0
    by_id = {message.id: message for message in found}
    size = call.top(PAGE, LARGEST_PAGE)
    page = [by_id[str(entry)] for entry in listing.entries[offset : offset + size] if str(entry) in by_id]
    value: list[JsonValue] = [shown(Opened(call, message), call.select, basic=_is_basic(call)) for message in page]
    more = offset + size < len(listing.entries)
    link = next_link(call, word or call.pages.start(listing), offset + size) if more else ""
    counted = call.options.get("count") == "true"
    return collection(call, f"users('{call.user().id}')/messages", value, link, len(listing.entries) if counted else -1)


def _filtered(call: Call, found: list[StoredMessage]) -> list[StoredMessage]:
    if "filter" not in call.options:
        return found
    filtered = parse(call.options["filter"])
    if filtered.searches:  # field reports disagree on whether mailboxes know contains(); nothing may depend on it
        raise bad_request("The query filter contains() is not supported for messages.", "ErrorInvalidUrlQueryFilter")
    return [message for message in found if filtered.matches(Opened(call, message).value)]


def _ordered(call: Call, found: list[StoredMessage]) -> list[StoredMessage]:
    words = call.options.get("orderby", "receivedDateTime desc").split()
    if words[0].lower() not in {"receiveddatetime", "sentdatetime"} or len(words) > 2:
        raise bad_request(f"$orderby={' '.join(words)} is not simulated.", "ErrorInvalidProperty")
    return sorted(found, key=lambda message: message.received, reverse=words[-1].lower() == "desc")


def _is_basic(call: Call) -> bool:
    return not call.permissions & _FULL_READERS


async def message(call: Call) -> Response:
    """GET /users/{id}/messages/{message}."""
    found = find_message(mailbox(call), call.part("message"))
    value = shown(Opened(call, found), call.select, basic=_is_basic(call))
    return answer({"@odata.context": f"{call.root}/$metadata#users('{call.user().id}')/messages/$entity", **value})


async def mime(call: Call) -> Response:
    """GET /users/{id}/messages/{message}/$value: the bytes as delivered."""
    found = find_message(mailbox(call), call.part("message"))
    return Response(found.content, media_type="text/plain")


async def change(call: Call) -> Response:
    """PATCH /users/{id}/messages/{message}; only `isRead` is kept."""
    found, sent = find_message(mailbox(call), call.part("message")), call.json()
    unknown = sent.keys() - {"isRead", "@odata.type", "@odata.etag"}
    if unknown:
        raise bad_request(f"Changing {min(unknown)} is not simulated.", "ErrorInvalidProperty")
    if isinstance(sent.get("isRead"), bool):
        found.is_read = sent["isRead"] is True
    return answer(shown(Opened(call, found), [], basic=False))


async def move(call: Call) -> Response:
    """POST /users/{id}/messages/{message}/move: 201 with the message under its new (or immutable) id."""
    box = mailbox(call)
    found = find_message(box, call.part("message"))
    destination = call.json().get("destinationId")
    if not isinstance(destination, str) or not destination:
        raise bad_request("The parameter destinationId is missing.", "ErrorInvalidRequest")
    found.folder = folder_name(box, destination)
    return answer(shown(Opened(call, found), [], basic=False), 201)


async def delete(call: Call) -> Response:
    """DELETE /users/{id}/messages/{message}: to Deleted Items, from there to the recoverable items."""
    found = find_message(mailbox(call), call.part("message"))
    found.folder = "recoverableitemsdeletions" if found.folder in {"deleteditems", *HIDDEN} else "deleteditems"
    return nothing()


async def purge(call: Call) -> Response:
    """POST /users/{id}/messages/{message}/permanentDelete: out of everybody's sight."""
    find_message(mailbox(call), call.part("message")).folder = PURGES
    return nothing()


async def folders(call: Call) -> Response:
    """GET /users/{id}/mailFolders."""
    box = mailbox(call)
    present = {message.folder for message in box.messages}
    names = [name for name in WELL_KNOWN if name not in HIDDEN] + sorted(present - WELL_KNOWN.keys() - HIDDEN)
    value: list[JsonValue] = [_folder(box, name) for name in names]
    return collection(call, f"users('{call.user().id}')/mailFolders", value)


async def folder(call: Call) -> Response:
    """GET /users/{id}/mailFolders/{folder}."""
    box = mailbox(call)
    return answer(_folder(box, folder_name(box, call.part("folder"))))


def _folder(box: Mailbox, name: str) -> Properties:
    own = [message for message in box.messages if message.folder == name]
    return {
        "id": folder_id(name),
        "displayName": WELL_KNOWN.get(name, name),
        "parentFolderId": folder_id("msgfolderroot"),
        "childFolderCount": 0,
        "totalItemCount": len(own),
        "unreadItemCount": sum(not message.is_read for message in own),
        "isHidden": name in HIDDEN,
    }
