"""Mailboxes: finding, reading, moving, deleting and sending mail."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from m365_simulator import seed
from m365_simulator.world import StoredMessage

from .conftest import Graph

TOM = "tom.becker@contoso.example"
CONTENT = (
    b"From: =?utf-8?q?Fr=C3=A4ulein?= <f@fabrikam.example>\r\nTo: Tom <tom.becker@contoso.example>\r\n"
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <a+b@fabrikam.example>\r\nX-Long: one\r\n two\r\n"
    b"Date: Tue, 01 Sep 2026 10:00:00 +0200\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Hello</p>\r\n"
)


@pytest.fixture(autouse=True)
def stored(graph: Graph) -> StoredMessage:
    message = StoredMessage("inbox", CONTENT, graph.world.clock.now(), mail_from="f@fabrikam.example")
    graph.tenant.mailboxes[seed.fixed_id(TOM)].messages.append(message)
    return message


async def first(graph: Graph, options: str = "", **headers: str) -> dict[str, Any]:
    found: dict[str, Any] = (await graph.get(f"/users/{TOM}/messages{options}", **headers))["value"][0]
    return found


async def test_finding_by_internet_message_id(graph: Graph) -> None:
    written = quote("internetMessageId eq '<a+b@fabrikam.example>'")
    found = await first(graph, f"?$filter={written}&$select=id,subject,parentFolderId,internetMessageHeaders")
    assert found["subject"] == "Grüße"
    headers = {item["name"]: item["value"] for item in found["internetMessageHeaders"]}
    assert headers["X-Long"] == "one two"
    inbox = await graph.get(f"/users/{TOM}/mailFolders/inbox")
    assert found["parentFolderId"] == inbox["id"]
    other = quote("internetMessageId eq '<c@fabrikam.example>'")
    assert (await graph.get(f"/users/{TOM}/messages?$filter={other}"))["value"] == []


async def test_the_shape_of_a_message(graph: Graph) -> None:
    found = await first(graph)
    assert found["from"] == {"emailAddress": {"name": "Fräulein", "address": "f@fabrikam.example"}}
    assert found["sentDateTime"] == "2026-09-01T08:00:00Z"
    assert (
        found["body"] == {"contentType": "html", "content": "<p>Hello</p>\n"}
        or "<p>Hello</p>" in found["body"]["content"]
    )
    assert (found["isRead"], found["hasAttachments"]) == (False, False)
    assert "internetMessageHeaders" not in found


async def test_mime_is_what_was_delivered(graph: Graph) -> None:
    answer = await graph.send("GET", f"/users/{TOM}/messages/{(await first(graph))['id']}/$value")
    assert answer.content == CONTENT


async def test_default_ids_change_with_a_move_and_immutable_ones_do_not(graph: Graph) -> None:
    prefer = {"Prefer": 'IdType="ImmutableId"'}
    changing, fixed = (await first(graph))["id"], (await first(graph, **prefer))["id"]
    moved = await graph.send("POST", f"/users/{TOM}/messages/{changing}/move", {"destinationId": "junkemail"})
    assert (moved.status_code, moved.json()["id"] != changing) == (201, True)
    assert await graph.error("GET", f"/users/{TOM}/messages/{changing}") == (404, "ErrorItemNotFound")
    assert (await graph.get(f"/users/{TOM}/messages/{fixed}", **prefer))["id"] == fixed
    assert (await graph.get(f"/users/{TOM}/mailFolders/junkemail"))["totalItemCount"] == 1
    nowhere = await graph.error("POST", f"/users/{TOM}/messages/{fixed}/move", {"destinationId": "attic"})
    assert nowhere == (404, "ErrorFolderNotFound")


async def test_reading_marks_and_deleting(graph: Graph, stored: StoredMessage) -> None:
    path = f"/users/{TOM}/messages/{(await first(graph, Prefer='IdType=ImmutableId'))['id']}"
    assert (await graph.send("PATCH", path, {"isRead": True})).json()["isRead"] is True
    assert stored.is_read
    assert (await graph.send("DELETE", path)).status_code == 204
    assert stored.folder == "deleteditems"
    assert (await graph.send("DELETE", path)).status_code == 204
    assert (await graph.get(f"/users/{TOM}/messages"))["value"] == []
    assert (await graph.send("POST", path + "/permanentDelete")).status_code == 204
    assert await graph.error("GET", path) == (404, "ErrorItemNotFound")


async def test_pages_newest_first(graph: Graph) -> None:
    messages = graph.tenant.mailboxes[seed.fixed_id(TOM)].messages
    for number in range(24):
        graph.world.clock.offset_seconds += 60
        content = f"Subject: {number}\r\n\r\nx".encode()
        messages.append(StoredMessage("inbox", content, graph.world.clock.now()))
    pages, _ = await graph.pages(f"/users/{TOM}/mailFolders/inbox/messages?$select=subject")
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [item["subject"] for item in pages[0][:2]] == ["23", "22"]


async def test_mail_permissions(graph: Graph, with_roles: Callable[..., None]) -> None:
    message = (await first(graph))["id"]
    with_roles("Mail.ReadBasic.All")
    found = await first(graph)
    assert "body" not in found
    assert await graph.error("GET", f"/users/{TOM}/messages/{message}/$value") == (403, "ErrorAccessDenied")
    assert await graph.error("DELETE", f"/users/{TOM}/messages/{message}") == (403, "ErrorAccessDenied")
    with_roles("Mail.ReadWrite")
    mail = {"message": {"toRecipients": [{"emailAddress": {"address": "a@b.example"}}]}}
    assert await graph.error("POST", f"/users/{TOM}/sendMail", mail) == (403, "ErrorAccessDenied")


async def test_users_without_a_mailbox(graph: Graph) -> None:
    graph.tenant.users[seed.fixed_id(TOM)].mailbox_type = ""
    assert await graph.error("GET", f"/users/{TOM}/messages") == (404, "MailboxNotEnabledForRESTAPI")


async def test_send_mail_refusals(graph: Graph) -> None:
    to = [{"emailAddress": {"address": "a@fabrikam.example"}}]
    path = f"/users/{TOM}/sendMail"
    assert await graph.error("POST", path, {"message": {"subject": "x"}}) == (400, "ErrorInvalidRecipients")
    header = {"toRecipients": to, "internetMessageHeaders": [{"name": "Subject", "value": "x"}]}
    assert await graph.error("POST", path, {"message": header}) == (400, "InvalidInternetMessageHeader")
    bad = await graph.error("POST", path, b"%%%", Content_Type="text/plain")
    assert bad == (400, "ErrorMimeContentInvalidBase64String")
    assert await graph.error("POST", path, {"message": {"toRecipients": to}}) == (503, "ErrorMailboxStoreUnavailable")


async def test_settings_and_rules(graph: Graph, with_roles: Callable[..., None]) -> None:
    settings = f"/users/{TOM}/mailboxSettings"
    reply = {"automaticRepliesSetting": {"status": "alwaysEnabled", "externalReplyMessage": "away"}}
    assert (await graph.send("PATCH", settings, reply)).status_code == 200
    assert (await graph.get(settings))["automaticRepliesSetting"]["externalReplyMessage"] == "away"
    assert (await graph.get("/users/info@contoso.example/mailboxSettings"))["userPurpose"] == "shared"
    rules = f"/users/{TOM}/mailFolders/inbox/messageRules"
    forward = {"displayName": "fwd", "actions": {"forwardTo": [{"emailAddress": {"address": "x@evil.example"}}]}}
    made = await graph.send("POST", rules, forward)
    assert made.status_code == 201
    assert [rule["displayName"] for rule in (await graph.get(rules))["value"]] == ["fwd"]
    path = f"{rules}/{made.json()['id']}"
    assert (await graph.send("PATCH", path, {"isEnabled": False})).json()["isEnabled"] is False
    assert (await graph.send("DELETE", path)).status_code == 204
    assert (await graph.get(rules))["value"] == []
    with_roles("MailboxSettings.Read")
    assert await graph.error("PATCH", settings, reply) == (403, "ErrorAccessDenied")
