"""The quarantine page: a hostile message is shown and does nothing; release and delete do what they say once."""

import asyncio
import base64
import hashlib
import io
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parseaddr

import pytest
import pyzipper
from PIL import Image
from playwright.sync_api import Page, expect

from lockgate.console.quarantine.frame import framed
from lockgate.model.clock import system_clock
from lockgate.model.custody import Held
from lockgate.model.lifecycle import State
from lockgate.model.reputation import Standing
from lockgate.quarantine.expiry import Expiry
from lockgate.quarantine.reading import ProcessReader
from lockgate.quarantine.words import Words
from lockgate.storage.audit import AuditLog
from lockgate.storage.blobs import open_blobs
from lockgate.storage.feedback import FeedbackStore, Origin
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.held_words import WordKeys
from lockgate.storage.reputation import ReputationStore
from lockgate.storage.users import Role
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.desk import REFUSED, NextHop, with_quarantine
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console

HOP = NextHop()
DIGEST = hashlib.sha256(seeding.HOSTILE).hexdigest()


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console with a quarantine."""
    with running_console(tmp_path_factory.mktemp("quarantine"), lambda parts: with_quarantine(parts, HOP)) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        yield running


def states(console: Console, held_id: str) -> dict[str, State]:
    with console.database.read() as unit:
        item = HeldMessages(unit).get(held_id)
    assert item is not None
    return {one.rcpt_to: one.state for one in item.recipients}


def proof_of(console: Console, held: Held) -> dict[str, object]:
    """What the audit log says of the end of its content."""
    with console.database.read() as unit:
        [entry] = AuditLog(unit).newest(subject=held.id, act="quarantine.purge")
    return dict(entry.after)


def proof(held: Held, because: str) -> dict[str, object]:
    return {"because": because, "content": held.blob, "sha256": DIGEST, "size": held.size, "gone": True,
            "record_marked": True}  # fmt: skip


def test_held_mail_is_found_by_words_of_its_body_on_its_page_and_by_api(console: Console, page: Page) -> None:
    letter = b"From: a@b.example\r\nSubject: Offer\r\nContent-Type: text/html\r\n\r\n<p>Crimson <b>walrus</b></p>"
    held, other = seeding.hold(console, content=letter), seeding.hold(console)
    broken = seeding.hold(console, content=b"\x00" * 100)
    words = Words(console.database, open_blobs(str(seeding.blob_folder(console))), ProcessReader(),
                  WordKeys(console.parts.vault))  # fmt: skip
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, words.read()).result() >= 3
        assert thread.submit(asyncio.run, words.read()).result() == 0
    sign_in(page)
    page.goto("/quarantine")
    page.get_by_label("Words in the message").fill("offer WALRUS")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#results tbody tr")).to_have_count(1)
    assert held.id in (page.locator("#results tbody a").first.get_attribute("href") or "")
    with console.client(ADMIN) as client:
        found = client.get("/api/v1/quarantine?text=crimson+walrus").json()["items"]
        assert [one["id"] for one in found] == [held.id]
        [line] = client.get("/exports/quarantine/jsonl?text=crimson+walrus").text.splitlines()
        assert json.loads(line)["id"] == held.id
        assert client.get("/api/v1/quarantine/facets?text=crimson+walrus").json()["rows"] == 1
        assert other.id in client.get("/quarantine?text=mailbox").text
        assert broken.id not in client.get("/quarantine?text=mailbox").text


def test_a_hostile_message_is_shown_and_loads_runs_and_sends_nothing(console: Console, page: Page) -> None:
    held = seeding.hold(console)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    sign_in(page)
    page.goto(f"/quarantine/{held.id}")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Your mailbox is full")).to_be_visible()
    assert frame.get_by_role("link").count() == 0
    assert frame.locator("form, img, iframe, script, svg, video, meta[http-equiv]").count() == 0
    expect(page.get_by_text("invoice<script>.exe")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert "taken over" not in page.title()
    assert [url for url in asked if not url.startswith(console.address)] == []
    assert said == []


def picture(colour: str, kind: str) -> bytes:
    painted = io.BytesIO()
    Image.new("RGB", (2_400, 30), colour).save(painted, kind, comment=b"EXIF of the sender")
    return base64.encodebytes(painted.getvalue())


def with_pictures() -> bytes:
    """A message that carries two pictures, names one that is not there, and wants others from elsewhere."""
    written = picture("blue", "GIF").replace(b"\n", b"")
    return b"\r\n".join([
        b"From: a@b.example", b"Subject: Pictures", b"MIME-Version: 1.0",
        b"Content-Type: multipart/related; boundary=b",
        b"", b"--b", b"Content-Type: text/html", b"",
        b'<p>Look</p><img src="cid:logo@x" alt="Logo" onerror="alert(1)"><img src="cid:none" alt="gone">',
        b'<img src="data:image/gif;base64,' + written + b'" alt="Written"><img src="/static/logo.svg" alt="ours">',
        b'<img src="https://leak.example/pixel.png" alt="Remote"><img srcset="//leak.example/2x 2x" alt="set">',
        b'<img src="data:image/svg+xml,<svg onload=alert(1)>" alt="drawn">',
        b"--b", b"Content-Type: image/jpeg", b"Content-ID: <logo@x>", b"Content-Transfer-Encoding: base64", b"",
        picture("red", "JPEG"), b"--b--", b"",
    ])  # fmt: skip


def test_pictures_that_a_message_carries_are_shown_after_a_click_and_none_from_elsewhere(
    console: Console, page: Page
) -> None:
    held = seeding.hold(console, content=with_pictures(), subject="Pictures")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page)
    page.goto(f"/quarantine/{held.id}")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("Look")).to_be_visible()
    expect(frame.locator("img")).to_have_count(0)
    page.get_by_role("link", name="Show the pictures").click()
    for name in ("Logo", "Written"):
        shown = frame.get_by_role("img", name=name)
        expect(shown).to_have_attribute("src", re.compile("^data:image/png;base64,"))
        png = base64.b64decode((shown.get_attribute("src") or "").partition(",")[2])
        with Image.open(io.BytesIO(png), formats=["PNG"]) as painted:
            assert painted.size == (1_600, 20) and b"EXIF" not in png
        assert shown.evaluate("one => one.naturalWidth") == 1_600
    for name in ("gone", "ours", "Remote", "set", "drawn"):
        assert frame.locator(f"img[alt={name}]").get_attribute("src") is None
    assert frame.locator("[onerror], [srcset]").count() == 0
    assert [url for url in asked if not url.startswith((console.address, "data:image/png"))] == []
    page.get_by_role("link", name="Hide the pictures").click()
    expect(frame.locator("img")).to_have_count(0)


def test_even_unsanitised_html_can_do_nothing_in_the_frame(console: Console, page: Page) -> None:
    """The second and third wall alone: the sanitiser is taken out of the way by giving the frame raw HTML."""
    sign_in(page)
    answer = framed(seeding.HOSTILE.decode().split("\r\n\r\n", 2)[2].split("--b")[0], with_pictures=True)
    ended: list[tuple[str, str | None]] = []
    page.on("requestfinished", lambda request: ended.append((request.url, "finished")))
    page.on("requestfailed", lambda request: ended.append((request.url, request.failure)))
    page.route(
        "**/quarantine/raw/body",
        lambda route: route.fulfill(body=bytes(answer.body), headers=dict(answer.headers), status=200),
    )
    page.evaluate(
        """() => { const frame = document.createElement("iframe"); frame.src = "/quarantine/raw/body";
        document.body.appendChild(frame); return new Promise(done => frame.onload = () => done(0)); }"""
    )  # without the sandbox attribute: only the answer's own policy holds
    page.wait_for_load_state("networkidle")
    assert "taken over" not in page.title()
    assert {why for url, why in ended if "leak.example" in url} == {"csp"}


def test_release_to_one_recipient_leaves_the_other_in_quarantine(console: Console, page: Page) -> None:
    held = seeding.hold(console, "ada@contoso.example", "ben@contoso.example", subject="For two")
    sign_in(page)
    page.goto("/quarantine")
    page.get_by_role("link", name="For two").click()
    page.get_by_role("checkbox", name="ben@contoso.example").uncheck()
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_text("On its way to one recipient.")).to_be_visible()
    assert states(console, held.id) == {"ada@contoso.example": State.RELEASED, "ben@contoso.example": State.QUARANTINED}
    assert ("ada@contoso.example", seeding.HOSTILE) in HOP.came


def test_a_second_release_delivers_nothing_again(console: Console) -> None:
    held = seeding.hold(console, "twice@contoso.example")
    with console.client(ADMIN) as client:
        for _ in range(2):
            console.post(client, f"/quarantine/{held.id}/release", {"recipient": "twice@contoso.example"})
    assert [address for address, _ in HOP.came].count("twice@contoso.example") == 1


def test_a_release_that_is_refused_comes_back_with_the_reply(console: Console) -> None:
    held = seeding.hold(console, REFUSED)
    with console.client(ADMIN) as client:
        console.post(client, f"/quarantine/{held.id}/release", {"recipient": REFUSED})
        page = client.get(f"/quarantine/{held.id}").text
    assert states(console, held.id) == {REFUSED: State.QUARANTINED}
    assert "552 5.2.2 mailbox full" in page


def test_many_are_deleted_at_once_and_their_content_with_them(console: Console, page: Page) -> None:
    held = [seeding.hold(console, subject=f"Rubbish {number}") for number in range(3)]
    sign_in(page)
    page.goto("/quarantine?words=rubbish")
    page.get_by_label("Choose all").check()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted for 3 recipients.")).to_be_visible()
    for one in held:
        assert set(states(console, one.id).values()) == {State.DELETED}
        assert not (seeding.blob_folder(console) / one.blob).exists()
        assert proof_of(console, one) == proof(one, "deleted")
    page.goto(f"/quarantine/{held[0].id}")
    expect(page.get_by_role("heading", name="The content is gone")).to_be_visible()
    expect(page.get_by_text(DIGEST)).to_be_visible()


def test_a_viewer_looks_and_changes_nothing(console: Console) -> None:
    held = seeding.hold(console)
    with console.client(VIEWER) as client:
        page = client.get(f"/quarantine/{held.id}").text
        assert "Release" not in page and "Download" not in page
        for path in ("release", "delete"):
            form = {"recipient": "ada@contoso.example"}
            assert console.post(client, f"/quarantine/{held.id}/{path}", form).status_code == 403
        assert client.get(f"/quarantine/{held.id}/download").status_code == 403


def test_a_locked_download_opens_with_its_password_only(console: Console) -> None:
    held = seeding.hold(console)
    with console.client(ADMIN) as client:
        path = f"/quarantine/{held.id}/archive"
        assert console.post(client, path, {"password": "short"}).status_code == 400
        answer = console.post(client, path, {"password": "Quiet-harbour-7"})
    with pyzipper.AESZipFile(io.BytesIO(answer.content)) as archive:
        [entry] = archive.infolist()
        with pytest.raises(RuntimeError, match=r"password|encrypted"):
            archive.read(entry)
        assert archive.read(entry, b"Quiet-harbour-7") == seeding.HOSTILE
    with console.database.read() as unit:
        assert [entry.act for entry in AuditLog(unit).newest(subject=held.id)] == ["quarantine.read-source"]


def test_chosen_messages_are_taken_in_one_locked_archive(console: Console, page: Page) -> None:
    held = [seeding.hold(console, subject=f"Evidence {number}") for number in range(2)]
    sign_in(page)
    page.goto("/quarantine?words=evidence")
    page.get_by_label("Choose all").check()
    page.get_by_role("button", name="As a ZIP").click()
    page.get_by_label("Password of the archive").fill("Quiet-harbour-7")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with pyzipper.AESZipFile(download.value.path()) as archive:
        assert {entry.filename for entry in archive.infolist()} == {f"{one.id}.eml" for one in held}
        assert {archive.read(entry, b"Quiet-harbour-7") for entry in archive.infolist()} == {seeding.HOSTILE}
    with console.database.read() as unit:
        taken = [entry for one in held for entry in AuditLog(unit).newest(subject=one.id)]
    assert [(entry.act, entry.after) for entry in taken] == [("quarantine.read-source", {"archive_of": 2})] * 2
    with console.client(VIEWER) as client:
        form = {"held": held[0].id, "password": "Quiet-harbour-7"}
        assert console.post(client, "/quarantine/archive", form).status_code == 403


def test_only_a_release_as_a_false_positive_is_kept_for_review(console: Console, page: Page) -> None:
    plain, mistaken = (seeding.hold(console, f"{name}@contoso.example") for name in ("plain", "mistaken"))
    sign_in(page)
    for one, button in ((plain, "Release"), (mistaken, "Release as a false positive")):
        page.goto(f"/quarantine/{one.id}")
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_text("On its way to one recipient")).to_be_visible()
    assert {"plain@contoso.example", "mistaken@contoso.example"} <= {address for address, _ in HOP.came}
    with console.database.read() as unit:
        said = {one.message_id: one for one in FeedbackStore(unit).all(approved=False)}
    kept = said[mistaken.message_id]
    assert plain.message_id not in said and kept.wanted and kept.origin is Origin.RELEASE
    assert (seeding.blob_folder(console) / kept.blob).read_bytes() == seeding.HOSTILE
    assert proof_of(console, mistaken)["because"] == "released"


def test_a_sender_is_blocked_from_the_message_and_the_search_knows_policy_and_finding(console: Console) -> None:
    held = seeding.hold(console, subject="Block me")
    author = parseaddr(held.header_from)[1] or held.envelope.mail_from
    with console.client(ADMIN) as client:
        console.post(client, f"/quarantine/{held.id}/block-sender", {})
        there, nowhere = (f"/quarantine?words=block&{one}" for one in (f"policy={held.policy_id}", "policy=none"))
        assert held.id in client.get(there).text and held.id not in client.get(nowhere).text
        found = f"/quarantine?words=block&finding={held.reasons[0]}"
        assert held.id in client.get(found).text
        assert held.id not in client.get("/quarantine?words=block&finding=no.such").text
    with console.client(VIEWER) as client:
        assert console.post(client, f"/quarantine/{held.id}/block-sender", {}).status_code == 403
    with console.database.read() as unit:
        [entry] = ReputationStore(unit).search(standing=Standing.BLOCKED, words=author.lower())
    assert (entry.tenant_id, entry.pattern) == (held.tenant_id, author.lower())


def test_a_download_is_the_bytes_as_received_and_is_audited(console: Console) -> None:
    held = seeding.hold(console)
    with console.client(ADMIN) as client:
        answer = client.get(f"/quarantine/{held.id}/download")
        assert "invoice&lt;script&gt;.exe" in client.get(f"/quarantine/{held.id}/source").text
    assert answer.content == seeding.HOSTILE
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    with console.database.read() as unit:
        acts = [entry.act for entry in AuditLog(unit).newest(subject=held.id)]
    assert acts == ["quarantine.read-source"] * 2


def test_what_has_ended_is_gone_and_the_audit_log_says_that_it_was_looked_for(console: Console) -> None:
    held = seeding.hold(console)
    blobs = open_blobs(str(seeding.blob_folder(console)))
    Expiry(console.database, blobs, lambda: system_clock() + timedelta(days=4000)).expire()
    assert states(console, held.id) == {"ada@contoso.example": State.EXPIRED}
    assert not (seeding.blob_folder(console) / held.blob).exists()
    assert proof_of(console, held) == proof(held, "expired")
