"""An organisation's own notifications in the console, the API and the command line: one document, three ways to it."""

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser
from sqlalchemy import select
from typer.testing import CliRunner, Result

from lockgate.bootstrap.notices import WhoIsWho
from lockgate.bootstrap.parts import open_parts
from lockgate.commands.app import app
from lockgate.console.parts import ConsoleParts
from lockgate.model.errors import InvalidInput
from lockgate.notifications.notices.previews import Previews
from lockgate.notifications.notices.settings import NoticeSettings, settings_of
from lockgate.notifications.signature import Signature
from lockgate.notifications.writing import Mailing, Writer
from lockgate.settings import Settings
from lockgate.storage.audit import Author
from lockgate.storage.branding import brand_of
from lockgate.storage.schema.notifications import letters
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.traces import TraceFilter, Traces
from lockgate.storage.users import Role
from tests.contracts.records import NOW
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console
from tests.lockgate.console.test_api import bearer
from tests.lockgate.console.test_service_accounts_page import CONTOSO, put

HERE, API = f"/notifications/{CONTOSO.id}", f"/api/v1/accounts/{CONTOSO.id}"
RULE = {
    "name": "Held mail", "outcomes": ["quarantined"], "filters": ["phishing"], "administrators": "Sec@contoso.example",
    "minutes": "60", "events": "5", "enabled": "on", "recipient": "on",
}  # fmt: skip
TEXT = {"subject": "{{verdict}}!", "subject_many": "{{count}}", "text": "From {{sender}}\n{{link}}", "html": ""}


def with_previews(parts: ConsoleParts) -> ConsoleParts:
    mailing = Mailing("gate@contoso.example", (), timedelta(0), "gw.example", "https://console.example")
    writer, knows = Writer(mailing, Signature(parts.vault)), WhoIsWho(parts.vault, "https://console.example")
    return replace(parts, previews=Previews(parts.database, knows, writer, parts.clock, parts.new_id))


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running_console(tmp_path_factory.mktemp("own"), with_previews) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        put(running, CONTOSO)
        seeding.a_day(running)
        yield running


def saved(console: Console) -> tuple[NoticeSettings, int]:
    with console.database.read() as unit:
        return settings_of(unit, CONTOSO.tenant_id)


def post(console: Console, client: httpx.Client, path: str, **form: object) -> httpx.Response:
    return console.post(client, f"{HERE}{path}", {"version": saved(console)[1], **form})


def test_a_notification_is_made_changed_and_removed_on_the_page(console: Console) -> None:
    with console.client(ADMIN) as client:
        nobody = {name: value for name, value in RULE.items() if name not in ("administrators", "recipient")}
        assert "choose who is told" in post(console, client, "/rules/new", **nobody).text
        refused = post(console, client, "/rules/new", **RULE | {"minutes": ""})
        assert refused.status_code == 400 and "need minutes too" in refused.text
        assert "Sec@contoso.example" in refused.text, "what was filled in is still there"
        assert post(console, client, "/rules/new", **RULE).status_code == 303
        [rule] = saved(console)[0].rules
        assert (rule.administrators, rule.minutes, rule.recipient, rule.sender) == (
            ("sec@contoso.example",),
            60,
            True,
            False,
        )
        shown = client.get(HERE).text
        assert "Held mail" in shown and "Together, after 60 minutes or 5 messages" in shown
        assert 'value="phishing" checked' in client.get(f"{HERE}/rules/{rule.id}").text
        stale = console.post(client, f"{HERE}/rules/{rule.id}", {**RULE, "version": 0})
        assert stale.status_code == 400 and "Somebody else has saved" in stale.text
        assert post(console, client, f"/rules/{rule.id}", **RULE | {"name": "Renamed"}).status_code == 303
        assert post(console, client, "", per_hour=7, groups="The desk: A@c.example, b@c.example\n").status_code == 303
        assert saved(console)[0].groups == {"The desk": ("a@c.example", "b@c.example")}
        post(console, client, "", per_hour=8, groups="The desk: nobody")
        settings, version = saved(console)
        assert (settings.rules[0].id, settings.rules[0].name, settings.per_hour, version) == (rule.id, "Renamed", 7, 3)
        assert post(console, client, f"/rules/{rule.id}/remove").status_code == 303
        assert saved(console)[0].rules == ()
    with console.client(VIEWER) as client:
        assert client.get(f"{HERE}/rules/new").status_code == 200
        assert post(console, client, "/rules/new", **RULE).status_code == 403


def test_words_are_looked_at_sent_as_a_test_and_refused_with_a_wrong_token(console: Console) -> None:
    with console.database.read() as unit:
        [past, *_] = Traces(unit).search(TraceFilter(words="password"))
    with console.client(ADMIN) as client:
        form = TEXT | {"language": "de", "audience": "recipient"}
        wrong = post(console, client, "/texts/recipient", **form | {"text": "{{sendr}}"})
        assert (
            wrong.status_code == 400
            and "There is no token {{sendr}}" in wrong.text
            and "{{sendr}}</textarea>" in wrong.text
        )
        frame = post(console, client, "/texts/recipient/preview", **form)
        assert (
            "Phishing!" in frame.text
            and "accounts@c0ntoso.example" in frame.text
            and "sandbox" in frame.headers["content-security-policy"]
        )
        frame = post(console, client, "/texts/recipient/preview", **form, message=past.id)
        assert "From it@c0ntoso.example" in frame.text
        assert "no message with this id" in post(console, client, "/texts/recipient/preview", **form, message="x").text
        assert "no token" in post(console, client, "/texts/recipient/preview", **form | {"subject": "{{x}}"}).text
        assert (
            "is on its way"
            in post(console, client, "/texts/recipient/test", **form, recipient="me@contoso.example").text
        )
        assert "Not sent" in post(console, client, "/texts/recipient/test", **form, recipient="<me>").text
        assert post(console, client, "/texts/recipient", **form).status_code == 303
        assert "Your own words: Deutsch" in client.get(HERE).text
        assert "{{verdict}}!" in client.get(f"{HERE}/texts/recipient?language=de").text
        assert "{{verdict}}!" not in client.get(f"{HERE}/texts/recipient?language=fr").text
        assert post(console, client, "/texts/recipient/remove").status_code == 303
    with console.database.read() as unit:
        [sent] = unit.connection.execute(select(letters.c.recipients, letters.c.subject)).all()
    assert tuple(sent) == (["me@contoso.example"], "Phishing!")


@pytest.mark.browser
def test_the_preview_shows_the_letter_beside_the_form_again_and_again(console: Console, chromium: Browser) -> None:
    context = chromium.new_context(ignore_https_errors=True, base_url=console.address)
    page = context.new_page()
    sign_in(page)
    page.goto(f"{HERE}/texts/administrators")
    frame = page.frame_locator("iframe[name=preview]")
    for words in ("Look at this", "And at this"):
        page.get_by_label("Text", exact=True).fill(f"{words}: {{{{subject}}}}")
        page.get_by_role("button", name="Preview").click()
        frame.get_by_text(f"{words}: Overdue: pay invoice 4711 <today>").wait_for()
    assert page.url.endswith("/texts/administrators")
    context.close()


def test_programs_read_and_replace_everything(console: Console) -> None:
    admin, viewer = bearer(console, Role.ADMIN), bearer(console, Role.VIEWER)
    with console.client() as client:
        found = client.get(f"{API}/notifications", headers=viewer).json()
        rule = {"id": "r", "name": "Malware", "verdicts": ["malware"], "administrators": ["sec@contoso.example"]}
        wanted = found | {"rules": [rule], "templates": [{"id": "own", "name": "Own", "texts": {"en": TEXT}}]}
        assert client.put(f"{API}/notifications", json=wanted, headers=viewer).status_code == 403
        answer = client.put(f"{API}/notifications", json=wanted, headers=admin)
        assert answer.status_code == 200 and answer.json()["rules"][0]["verdicts"] == ["malware"]
        assert client.get(f"{API}/notifications", headers=viewer).json() == answer.json()
        assert "Somebody else" in client.put(f"{API}/notifications", json=wanted, headers=admin).json()["error"]
        bad = {"text": TEXT | {"text": "{{nonsense}}"}}
        assert client.post(f"{API}/notifications/preview", json=bad, headers=admin).status_code == 422
        shown = client.post(f"{API}/notifications/preview", json={"text": TEXT, "language": "ja"}, headers=admin).json()
        assert shown["subject"] == "フィッシング!" and "<html" in shown["page"]
        letter = client.post(
            f"{API}/notifications/test", json={"text": TEXT, "recipient": "me@contoso.example"}, headers=admin
        )
        assert letter.status_code == 200 and letter.json()["letter"]
        assert client.get(f"{API}/notifications/letters", headers=viewer).json() == []
        assert "sender" in client.get("/api/v1/notification-tokens", headers=viewer).json()
        assert client.get("/api/v1/notifications", headers=viewer).json() == []


def test_programs_say_how_reports_and_letters_look(console: Console) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(picture, "JPEG")
    admin, viewer = bearer(console, Role.ADMIN), bearer(console, Role.VIEWER)
    encoded = base64.b64encode(picture.getvalue()).decode()
    wanted = {"name": "Contoso", "colour": "#AA1155", "logo": encoded, "signature": "The desk"}
    with console.client() as client:
        before = client.get("/api/v1/branding", headers=viewer).json()
        assert before["name"] == "Lockgate" and before["logo"] == ""
        assert client.put(f"{API}/branding", json=wanted, headers=viewer).status_code == 403
        kept = client.put(f"{API}/branding", json=wanted, headers=admin).json()
        assert (kept["colour"], kept["signature"]) == ("#aa1155", "The desk")
        with Image.open(io.BytesIO(base64.b64decode(kept["logo"]))) as drawn:
            assert drawn.format == "PNG"
        assert client.get(f"{API}/branding", headers=viewer).json() == kept
        assert client.put(f"{API}/branding", json=kept, headers=admin).json() == kept, "what was read can be written"
        assert client.get("/api/v1/branding", headers=viewer).json() == before
        for bad in ({"logo": "bm90IGEgcGljdHVyZQ=="}, {"colour": "red"}, {"name": " "}):
            assert client.put("/api/v1/branding", json=wanted | bad, headers=admin).status_code in (400, 422), bad
        assert client.put("/api/v1/branding", json=wanted | {"name": "All"}, headers=admin).json()["name"] == "All"
    with console.database.read() as unit:
        assert brand_of(unit, CONTOSO.tenant_id).name == "Contoso" and brand_of(unit, "other").name == "All"


def run(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(app, ("notifications", *arguments))
    assert result.exit_code == status, (result.output, result.exception)
    return result


def test_the_command_line_shows_replaces_previews_and_sends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKGATE_DATA_DIRECTORY", str(tmp_path / "data"))
    monkeypatch.setenv("LOCKGATE_NOTIFICATIONS__SENDER", "gate@contoso.example")
    monkeypatch.setenv("LOCKGATE_NOTIFICATIONS__SMTP_HOST", "localhost")
    with open_parts(Settings(data_directory=tmp_path / "data")) as parts, parts.database.write() as unit:
        ServiceAccounts(unit, parts.vault).add(CONTOSO, Author("test", NOW))
    document = json.loads(run("rules", "--json").stdout)
    rule = {"id": "r", "name": "Malware", "verdicts": ["malware"], "administrators": ["sec@contoso.example"]}
    file = tmp_path / "wanted.json"
    file.write_text(json.dumps(document | {"rules": [rule]}))
    run("rules", "--file", str(file))
    assert "Malware" in run("rules").stdout and "sec@contoso.example" in run("rules", "--json").stdout
    file.write_text(json.dumps({"rules": [rule | {"verdicts": []}]}))
    assert isinstance(run("rules", "--file", str(file), status=1).exception, InvalidInput)
    told = json.loads(
        run("preview", "--for", "sender", "--language", "fr", "--send-to", "me@c.example", "--json").stdout
    )
    assert told["subject"] == "Votre message : mis en quarantaine"
    assert "{{verdict}}" in run("tokens").stdout
    assert json.loads(run("letters", "--json").stdout) == []
