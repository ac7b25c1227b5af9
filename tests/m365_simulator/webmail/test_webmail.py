"""A person reads and writes mail in the browser; an outsider does so on the Internet's pages."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from m365_simulator.certificates import Certificates
from m365_simulator.mail_flow import server
from m365_simulator.seed import CONTOSO, fill
from m365_simulator.settings import Ports, Settings
from m365_simulator.webmail.app import create_app
from m365_simulator.world import StoredMessage, World

PASSWORD = "Contoso-demo-1"
TOM = "tom.becker@contoso.example"
HTML = (
    b"From: =?utf-8?q?J=C3=B6rg?= <j@northwind.example>\r\nTo: tom\r\nSubject: <b>Sale</b>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n'
    b"<script>alert(1)</script><p>Hello</p>\r\n--b\r\nContent-Type: application/pdf\r\n"
    b'Content-Disposition: attachment; filename="offer.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    b"JVBERg==\r\n--b--\r\n"
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[tuple[World, httpx.AsyncClient]]:
    settings = Settings(tmp_path, ports=Ports(mx=0, submission=0, internet=0))
    built = World()
    fill(built, settings)
    mail = await server.start(built, settings, Certificates(tmp_path))
    for name, (host, port) in list(built.network.items()):
        if port == 0:
            built.network[name] = (host, mail.internet_port)
    transport = httpx.ASGITransport(create_app(built, settings, mail))
    async with httpx.AsyncClient(transport=transport, base_url="https://mail", follow_redirects=True) as client:
        yield built, client
    await mail.close()


async def _sign_in(client: httpx.AsyncClient, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/login", data={"username": TOM, "password": password})


def _put(world: World, content: bytes) -> StoredMessage:
    tenant = world.tenants[CONTOSO]
    user = tenant.user_by_address(TOM)
    assert user is not None
    stored = StoredMessage("inbox", content, world.clock.now())
    tenant.mailboxes[user.id].messages.append(stored)
    return stored


def _token(page: str) -> str:
    match = re.search(r'name="form_token" value="([^"]+)"', page)
    assert match
    return match[1]


async def test_nobody_reads_without_the_password(world: tuple[World, httpx.AsyncClient]) -> None:
    built, client = world
    stored = _put(built, HTML)
    assert "Sign in to your mailbox" in (await client.get(f"/message/{stored.id}/source")).text
    refused = await _sign_in(client, "wrong")
    assert refused.status_code == 403
    assert (await _sign_in(client)).text.count("&lt;b&gt;Sale&lt;/b&gt;") == 1


async def test_html_is_shown_in_a_sandbox_and_the_source_as_it_is(world: tuple[World, httpx.AsyncClient]) -> None:
    built, client = world
    stored = _put(built, HTML)
    await _sign_in(client)
    page = (await client.get(f"/message/{stored.id}")).text
    assert "<script>" not in page
    assert 'sandbox src="/message/' in page
    assert "Jörg" in page
    body = await client.get(f"/message/{stored.id}/body")
    assert body.headers["content-security-policy"].endswith("sandbox")
    assert (await client.get(f"/message/{stored.id}/source")).content == HTML
    attached = await client.get(f"/message/{stored.id}/attachment/2")
    assert attached.content == b"%PDF"
    assert attached.headers["content-disposition"].startswith("attachment;")
    assert (await client.get("/message/other")).status_code == 404


async def test_deleting_needs_a_form_of_the_same_session(world: tuple[World, httpx.AsyncClient]) -> None:
    built, client = world
    stored = _put(built, HTML)
    await _sign_in(client)
    token = _token((await client.get(f"/message/{stored.id}")).text)
    forged = await client.post(f"/message/{stored.id}/move", data={"folder": "deleteditems", "form_token": "x"})
    assert (forged.status_code, stored.folder) == (403, "inbox")
    await client.post(f"/message/{stored.id}/move", data={"folder": "deleteditems", "form_token": token})
    assert stored.folder == "deleteditems"


async def test_a_composed_message_with_attachment_reaches_the_internet(world: tuple[World, httpx.AsyncClient]) -> None:
    built, client = world
    await _sign_in(client)
    token = _token((await client.get("/compose")).text)
    fields = {"form_token": token, "to": "nora@northwind.example", "subject": "Grüße", "body": "Hi\n"}
    sent = await client.post("/send", data=fields, files={"attachment": ("a.txt", b"abc", "text/plain")})
    assert "Sent Items" in sent.text
    async with asyncio.timeout(60):
        while not built.internet:  # noqa: ASYNC110 - the World has no events to wait on
            await asyncio.sleep(0.01)
    assert built.internet[0].mail_from == TOM
    assert b'filename="a.txt"' in built.internet[0].content
    outside = (await client.get("/internet")).text
    assert "Grüße" in outside
    assert (await client.get("/internet/0/source")).content == built.internet[0].content


async def test_an_outsider_sends_by_form_and_sees_the_replies(world: tuple[World, httpx.AsyncClient]) -> None:
    _, client = world
    fields = {
        "mail_from": "nora@northwind.example",
        "to": f"{TOM}, nobody@contoso.example",
        "subject": "x",
        "body": "y",
    }
    page = (await client.post("/internet/send", data=fields)).text
    assert f"{TOM}: <code>250 2.6.0" in page
    assert "nobody@contoso.example: <code>550 5.4.1" in page
