"""Own rules and lists in a browser: written, tried on past mail, in shadow, enforced, changed, taken away."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lockgate.model.findings import Maturity
from lockgate.model.reputation import Entry, Standing, Subject
from lockgate.storage.reputation import ReputationStore
from lockgate.storage.users import Role
from lockgate.tuning.documents import saved_tuning
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console, token_in
from tests.lockgate.console.test_api import bearer
from tests.lockgate.console.test_service_accounts_page import CONTOSO, put, with_grants

RULES, LISTS = f"/own-rules/{CONTOSO.id}", f"/lists/{CONTOSO.id}"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running_console(tmp_path_factory.mktemp("own"), with_grants) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        put(running, CONTOSO)
        seeding.policies(running)
        seeding.a_day(running)
        yield running


def entries(console: Console) -> list[Entry]:
    with console.database.read() as unit:
        return ReputationStore(unit).search(tenant_id=CONTOSO.tenant_id)


def picture(page: Page, name: str) -> None:
    folder = Path(os.environ.get("SCREENSHOTS_DIRECTORY", "var/screenshots"))
    page.screenshot(path=folder / f"{name}.png", full_page=True)


def test_a_rule_is_tried_on_past_mail_runs_in_shadow_and_is_enforced(console: Console, page: Page) -> None:
    sign_in(page)
    page.goto("/detectors")
    page.get_by_role("link", name="Own rules of Contoso").click()
    page.get_by_label("Name of the signal").fill("spring")
    page.get_by_label("Condition of the signal").fill('message.subject.contains("Spring")')
    page.get_by_role("button", name="Save the signal").click()
    expect(page.get_by_text("Signal 'spring' is saved.")).to_be_visible()

    page.get_by_label("Id", exact=True).fill("gardens")
    page.get_by_label("Name", exact=True).fill("Garden offers")
    page.get_by_label("Condition", exact=True).fill("signals.sprong")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("there is no signal 'sprong' before it")).to_be_visible()
    page.get_by_label("Condition", exact=True).fill("signals.spring && findings.size() > 0")
    page.get_by_label("Weight").fill("6")
    page.get_by_role("button", name="Try on past mail").click()
    past = page.locator("#past-mail")
    expect(past).to_contain_text("5 of 29 messages would have been judged otherwise")
    expect(past).to_contain_text("own.gardens holds for 5 messages")
    expect(past.get_by_role("link", name="Spring offers for your garden").first).to_be_visible()
    assert not saved_tuning(console.database, CONTOSO.tenant_id).rules
    picture(page, "own-rule-tried")

    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("Rule 'Garden offers' is saved, shadow")).to_be_visible()
    page.get_by_role("button", name="Enforce Garden offers").click()
    expect(page.get_by_text("'gardens' is enforced now.")).to_be_visible()
    [rule] = saved_tuning(console.database, CONTOSO.tenant_id).rules
    assert (rule.id, rule.weight, rule.maturity) == ("gardens", 6.0, Maturity.ENFORCED)

    page.get_by_role("link", name="Change Garden offers").click()
    page.get_by_label("Weight").fill("1.5")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("Rule 'Garden offers' is saved, enforced")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete spring").click()
    expect(page.get_by_text("there is no signal 'spring' before it")).to_be_visible()
    picture(page, "own-rules")
    page.get_by_role("button", name="Delete Garden offers").click()
    expect(page.get_by_text("'gardens' is deleted.")).to_be_visible()
    assert not saved_tuning(console.database, CONTOSO.tenant_id).rules


def test_a_list_is_added_to_tried_changed_and_taken_from(console: Console, page: Page) -> None:
    sign_in(page)
    page.goto("/detectors")
    page.get_by_role("link", name="Approved and blocked of Contoso").click()
    page.get_by_label("Entry", exact=True).fill("*@*")
    page.get_by_role("button", name="Save the entry").click()
    expect(page.get_by_text("This has not been saved")).to_be_visible()
    page.get_by_label("Entry", exact=True).fill("*@Shop.example")
    page.get_by_role("button", name="Try on past mail").click()
    expect(page.locator("#past-mail")).to_contain_text("5 of 29 messages would have been judged otherwise")
    assert not entries(console)
    page.get_by_label("Last day").fill("2099-01-31")
    page.get_by_label("Note").fill("the campaign of May")
    page.get_by_role("button", name="Save the entry").click()
    expect(page.get_by_text("*@shop.example is blocked within a second.")).to_be_visible()
    [kept] = entries(console)
    assert (kept.subject, kept.standing) == (Subject.SENDER, Standing.BLOCKED)
    assert kept.expires_at is not None and kept.expires_at.date().isoformat() == "2099-01-31"
    picture(page, "lists")

    page.get_by_role("link", name="Change *@shop.example").click()
    page.get_by_label("Standing of the entry").select_option("approved")
    page.get_by_label("For", exact=True).select_option(label="Default protection")
    page.get_by_label("Last day").fill("2001-01-31")
    page.get_by_role("button", name="Save the entry").click()
    expect(page.get_by_text("The last day is over already.")).to_be_visible()
    page.get_by_label("Last day").fill("")
    page.get_by_role("button", name="Save the entry").click()
    expect(page.get_by_text("*@shop.example is approved within a second.")).to_be_visible()
    [kept] = entries(console)
    assert kept.standing is Standing.APPROVED and kept.policy_id and kept.expires_at is None
    page.get_by_label("Containing").fill("nothing")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Nothing is listed")).to_be_visible()
    page.goto(LISTS)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete *@shop.example").click()
    expect(page.get_by_text("*@shop.example is no longer approved.")).to_be_visible()
    assert not entries(console)


def test_a_viewer_looks_and_tries_and_changes_nothing_and_nobody_overwrites_a_newer_version(console: Console) -> None:
    rule = {"id": "a", "expression": "true", "version": "99"}
    with console.client(ADMIN) as admin, console.client(VIEWER) as viewer:
        token = {"csrf_token": token_in(admin.get("/account"))}
        assert admin.post(f"{RULES}/rule", data=rule | token).status_code == 400
        token = {"csrf_token": token_in(viewer.get("/account"))}
        assert viewer.get(RULES).status_code == viewer.get(LISTS).status_code == 200
        assert viewer.post(f"{RULES}/try", data=rule | token).status_code == 200
        for path in (f"{RULES}/rule", f"{RULES}/signal", f"{RULES}/maturity", f"{RULES}/remove"):
            assert viewer.post(path, data=rule | token).status_code == 403, path
        assert viewer.post(LISTS, data={"pattern": "bad.example"} | token).status_code == 403
        assert viewer.post(f"{LISTS}/remove", data={"entry": "x"} | token).status_code == 403
    assert not entries(console)
    assert not saved_tuning(console.database, CONTOSO.tenant_id).rules


def test_header_rules_are_written_warned_about_changed_and_read_by_programs(console: Console, page: Page) -> None:
    sign_in(page)
    page.goto("/detectors")
    page.get_by_role("link", name="Header rules of Contoso").click()
    page.get_by_label("Name", exact=True).fill("Exercise")
    page.get_by_label("Makes the message").select_option("simulation")
    page.get_by_label("When all of these fields fit").fill("X-Exercise equals 7f3a91c2")
    page.get_by_label("And its sender is of one of these domains").fill("Exercises.example")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("Name the networks and the domains that the simulation comes from")).to_be_visible()
    page.get_by_label("Makes the message").select_option("approved")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("'Exercise' is in force within a second.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Exercise")).to_contain_text("Anybody who knows field and value")
    page.get_by_role("link", name="Change Exercise").click()
    page.get_by_label("Makes the message").select_option("simulation")
    page.get_by_label("And it was handed over by one of these networks").fill("192.0.2.0/24")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_role("row").filter(has_text="Exercise")).not_to_contain_text("Anybody")
    picture(page, "header-rules")
    path = f"/api/v1/accounts/{CONTOSO.id}/header-rules"
    with console.client() as client:
        client.headers.update(bearer(console, Role.ADMIN))
        shown = client.get(path).json()
        [rule] = shown["rules"]
        assert (shown["version"], rule["standing"], rule["domains"]) == (2, "simulation", ["exercises.example"])
        given = {"version": 2, "rules": [rule | {"networks": []}]}
        assert "Name the networks" in client.put(path, json=given).json()["error"]
        given = {"version": 2, "rules": [rule | {"with_files": True}]}
        assert "lets malware" in client.put(path, json=given).json()["remarks"][0]
    page.reload()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete Exercise").click()
    expect(page.get_by_text("'Exercise' is taken off.")).to_be_visible()
