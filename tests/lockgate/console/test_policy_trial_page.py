"""Policies tried on a message: uploaded, of the trace, from an unsaved form and from a draft; by page and API."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.policy import Policy
from lockgate.policy.serialisation import to_json
from lockgate.storage.audit import Author
from lockgate.storage.directory_cache import DirectoryCache
from lockgate.storage.policies import PolicyStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.traces import TraceFilter, Traces
from lockgate.storage.users import Role
from lockgate.tuning.policy_changes import keep_draft
from tests.browsing.album import album
from tests.browsing.axe import serious_violations
from tests.contracts.records import TENANT
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.desk import with_quarantine, with_rehearsal
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console
from tests.lockgate.console.test_api import bearer
from tests.lockgate.console.test_service_accounts_page import CONTOSO
from tests.lockgate.policy.test_engine import QUARANTINE

INBOUND = "default-inbound-protect"
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
INFECTED = (
    "From: a@evil.example\r\nTo: ada@contoso.example, ben@contoso.example\r\nSubject: file\r\nMIME-Version: 1.0\r\n"
    'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="a.com"\r\n\r\n' + EICAR
).encode()


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    complete = lambda parts: with_rehearsal(with_quarantine(parts))  # noqa: E731 - read once, beside its use
    with running_console(tmp_path_factory.mktemp("trial"), complete) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        with running.database.write() as unit:
            ServiceAccounts(unit, running.parts.vault).add(CONTOSO, Author("ada", system_clock()))
        seeding.policies(running)
        seeding.a_day(running)
        yield running


def in_force(console: Console) -> Policy:
    with console.database.read() as unit:
        found = PolicyStore(unit).get(INBOUND)
    assert found is not None
    return found


def test_an_uploaded_message_is_tried_on_the_page(console: Console, page: Page, tmp_path: Path) -> None:
    file, pictures = tmp_path / "infected.eml", album("policy_trial")
    file.write_bytes(INFECTED)
    sign_in(page, VIEWER)
    page.goto("/policies")
    page.get_by_role("link", name="Try on a message").click()
    page.get_by_label("A message as a file").set_input_files(file)
    page.get_by_label("Envelope sender").fill("bounce@evil.example")
    page.set_default_timeout(60_000)  # a worker process starts for each inspection
    page.get_by_role("button", name="Try").click()
    outcomes = page.locator("[data-outcome=quarantine]")
    expect(outcomes).to_have_count(2, timeout=60_000)
    expect(outcomes.first).to_contain_text("Held in quarantine by rule 'Malware' of policy 'Default protection'")
    expect(outcomes.first.get_by_role("row").filter(has_text="verdict malware")).to_contain_text("malware.byte-rules")
    pictures.take(page, "uploaded")
    assert not serious_violations(page)


def test_what_stands_in_the_form_is_tried_unsaved(console: Console, page: Page) -> None:
    before = in_force(console)
    with console.database.read() as unit:
        [spam, *_] = Traces(unit).search(TraceFilter(verdict=Verdict.SPAM))
    sign_in(page)
    page.goto(f"/policies/{INBOUND}")
    rule = page.locator("details.rule").filter(has=page.locator("summary strong", has_text="Spam"))
    rule.locator("summary").first.click()
    rule.get_by_label("Move to junk").uncheck()
    rule.get_by_label("Tag subject").check()
    rule.get_by_label("Subject prefix").fill("[Spam] ")
    page.get_by_text("Try it on a message, unsaved").click()
    page.get_by_label("Or one of the trace").fill(spam.internet_message_id)
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Try", exact=True).click()
    answer = opened.value
    expect(answer.locator("[data-outcome=tag-subject]")).to_have_count(len(spam.recipients))
    expect(answer.get_by_text("as it stands in the form, unsaved")).to_be_visible()
    assert in_force(console) == before
    expect(rule.get_by_label("Subject prefix")).to_have_value("[Spam] ")  # the form is as it was


def test_a_message_of_the_trace_is_judged_by_the_findings_that_were_made_then(console: Console, page: Page) -> None:
    sign_in(page, VIEWER)
    page.goto("/trace?verdict=phishing")
    page.get_by_role("link", name="Action required").first.click()
    page.get_by_role("link", name="Try policies").click()
    expect(page.locator("[data-outcome]").first).to_be_visible()
    expect(page.get_by_text("links.text-differs").first).to_be_visible()


def test_a_draft_runs_in_shadow_and_its_counts_lead_to_the_rows(
    console: Console, page: Page, api: httpx.Client
) -> None:
    before, pictures = in_force(console), album("policy_shadow")
    stricter = [replace(one, actions=(QUARANTINE,)) if one.name == "Spam" else one for one in before.rules]
    keep_draft(console.database, replace(before, rules=tuple(stricter)), Author("ada", system_clock()))
    with console.database.read() as unit:
        inbound = Traces(unit).search(TraceFilter(direction=Direction.INBOUND), limit=500)
    deliveries = sum(len(trace.recipients) for trace in inbound)
    sign_in(page, VIEWER)
    page.goto(f"/policies/{INBOUND}?draft=true")
    page.get_by_role("link", name="What it would have done").click()
    expect(page.get_by_text(f"6 of {deliveries} deliveries would have met another fate")).to_be_visible()
    pictures.take(page, "all")
    assert not serious_violations(page)
    page.get_by_role("link", name="6 from Move to junk to Quarantine").click()
    rows = page.locator("#rows tbody tr")
    expect(rows).to_have_count(6)
    expect(rows.first).to_contain_text("Held in quarantine by rule 'Spam'")
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="You have been selected")).to_be_visible()

    path = f"/api/v1/policies/{INBOUND}/replay"
    drafted = api.get(path, params={"draft": True, "before": "move-to-junk", "after": "quarantine", "rows": 2}).json()
    assert drafted["moved"] == [{"before": "move-to-junk", "after": "quarantine", "recipients": 6}]
    assert drafted["changed"] == 6 and [row["before"] for row in drafted["rows"]] == ["move-to-junk"] * 2
    assert drafted["after"]["quarantine"] == drafted["before"]["quarantine"] + 6
    assert api.get(path).json()["changed"] == 0
    assert in_force(console) == before


@pytest.fixture
def api(console: Console) -> Iterator[httpx.Client]:
    with console.client() as client:
        client.headers.update(bearer(console, Role.VIEWER))
        client.timeout = httpx.Timeout(60)  # a worker process starts for each inspection
        yield client


PATH = f"/api/v1/accounts/{CONTOSO.id}/policies/try"


def test_the_api_tries_drafts_and_written_policies(console: Console, api: httpx.Client) -> None:
    before = in_force(console)
    lenient = replace(before, rules=before.rules[-1:])
    keep_draft(console.database, lenient, Author("ada", system_clock()))
    [spam] = api.get("/api/v1/messages?verdict=spam&limit=1").json()["items"]
    ask = {"direction": "inbound", "policy_id": INBOUND, "message_id": spam["id"]}
    [one] = api.post(PATH, data=ask).json()["recipients"]
    assert one["outcome"] == "move-to-junk" and one["applied"][0]["rule"] == "Spam"
    assert "Without rule 'Spam': pass." in one["would_change"]
    for tried in ({"draft": "true"}, {"policy": json.dumps(to_json(lenient))}):
        answer = api.post(PATH, data=ask | tried).json()
        assert [judged["outcome"] for judged in answer["recipients"]] == ["pass"]
    wrong = api.post(PATH, data=ask | {"policy": "{}"})
    assert wrong.status_code == 400 and "missing" in wrong.json()["error"]
    assert api.post(PATH, data={"direction": "inbound"}).status_code == 400


def test_held_bytes_are_inspected_anew_on_wish_and_taking_them_is_audited(console: Console, api: httpx.Client) -> None:
    held = seeding.hold(console)
    ask = {"direction": "inbound", "message_id": held.message_id}
    then, now = api.post(PATH, data=ask).json(), api.post(PATH, data=ask | {"again": "true"}).json()
    found = [{one["detector"] for one in trial["report"]["findings"]} for trial in (then, now)]
    assert found[0] == {"links.text-differs"} and found[1] and "links.text-differs" not in found[1]
    assert now["recipients"][0]["decision"]["rcpt_to"] == "ada@contoso.example"
    outbound = api.post(PATH, data=ask | {"direction": "outbound"})
    assert outbound.status_code == 400 and "the other way" in outbound.json()["error"]


def test_nobody_tries_a_message_or_policy_of_another_organisation(console: Console) -> None:
    foreign = replace(in_force(console), id="foreign")
    with console.database.write() as unit:
        PolicyStore(unit).add("22222222-2222-3333-4444-555555555555", foreign, Author("ada", system_clock()))
    with console.client() as client:
        client.headers.update(bearer(console, Role.VIEWER))
        refused = client.post(PATH, data={"direction": "inbound", "policy_id": "foreign", "message_id": "x"})
    assert refused.status_code == 400 and "no such policy" in refused.json()["error"]
    assert CONTOSO.tenant_id == TENANT and Direction.INBOUND is foreign.direction


def test_high_profile_people_are_kept_and_guarded_within_a_second(console: Console, page: Page) -> None:
    directory = DirectoryCache(console.database)
    sign_in(page)
    page.goto("/detectors")
    page.get_by_role("link", name="High-profile people").click()
    page.get_by_label("And these people").fill("Robert King <robert@contoso.example>\nAda")
    page.get_by_label("Domains of partners").fill("Partner.example")
    page.get_by_label("Outside addresses").fill("robert.king@partner.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("'Ada' needs a first and a last name.")).to_be_visible()
    page.get_by_label("And these people").fill("Robert King <robert@contoso.example>")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Version 1 is saved")).to_be_visible()
    album("high_profile").take(page, "saved")
    assert not serious_violations(page)
    assert directory.refresh()
    guarded = directory.protected_identities(TENANT)
    assert [(one.display_name, one.addresses) for one in guarded.people] == [
        ("Robert King", frozenset({"robert@contoso.example"}))
    ]
    assert "partner.example" in guarded.domains and guarded.exceptions == {"robert.king@partner.example"}

    path = f"/api/v1/accounts/{CONTOSO.id}/high-profile"
    with console.client() as client:
        client.headers.update(bearer(console, Role.ADMIN))
        shown = client.get(path).json()
        assert (shown["version"], shown["domains"], shown["by_title"]) == (1, ["partner.example"], True)
        assert client.put(path, json=shown | {"people": [], "exceptions": []}).json()["version"] == 2
        late = client.put(path, json=shown)
        assert late.status_code == 400 and "Somebody else" in late.json()["error"]
    assert directory.refresh()
    assert directory.protected_identities(TENANT).people == ()
