"""The policies page: switch, order, copy, edit with versions, and what is wrong said before anything is saved."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.policy import Action, ActionKind, ClickTime, Condition, FileCondition, LinkChoice, Policy
from lockgate.policy.starting import starting_policy
from lockgate.storage.audit import Author
from lockgate.storage.policies import PolicyStore
from tests.browsing.album import album
from tests.contracts.records import TENANT
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.running import ADMIN, Console, token_in
from tests.lockgate.console.test_service_accounts_page import CONTOSO, put

INBOUND = "default-inbound-protect"


@pytest.fixture(scope="module", autouse=True)
def _policies(console: Console) -> None:
    seeding.policies(console)


def current(console: Console, direction: Direction = Direction.INBOUND) -> tuple[Policy, ...]:
    with console.database.read() as unit:
        return PolicyStore(unit).current(TENANT, direction).policies


def test_a_form_that_changes_nothing_saves_the_same_policy(console: Console, page: Page) -> None:
    sign_in(page)
    for policy in (current(console)[0], current(console, Direction.OUTBOUND)[0]):
        page.goto(f"/policies/{policy.id}")
        page.get_by_role("button", name="Save as version").click()
        expect(page.get_by_text("is saved and in force")).to_be_visible()
        [saved] = [one for one in current(console, policy.direction) if one.id == policy.id]
        assert (saved.rules, saved.targets, saved.enabled) == (policy.rules, policy.targets, policy.enabled)
        assert saved.version == policy.version + 1


def test_a_policy_is_copied_edited_switched_on_and_moved_to_the_top(console: Console, page: Page) -> None:
    sign_in(page)
    page.goto("/policies")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="Default protection", exact=True)).first
    row.get_by_role("button", name="Copy").click()
    page.get_by_label("Name", exact=True).first.fill("Finance is strict")
    page.get_by_label("Everyone in the organisation").uncheck()
    page.get_by_label("Or people").fill("cfo@contoso.example\nrobert@contoso.example")
    summary = page.locator("summary").filter(has_text="Spam")
    summary.click()
    rule = page.locator("details.rule").filter(has=summary)
    rule.get_by_label("Quarantine").check()
    rule.get_by_label("Tag subject").check()
    rule.get_by_label("Subject prefix").fill("[Spam] ")
    page.get_by_role("button", name="Save as version").click()
    expect(page.get_by_text("'Finance is strict' is saved")).to_be_visible()
    page.goto("/policies")
    row = page.get_by_role("row").filter(has_text="Finance is strict")
    row.get_by_role("button", name="Switch on").click()
    page.get_by_role("button", name="Move Finance is strict up").click()
    expect(page.get_by_text("'Finance is strict' is number 1 now.")).to_be_visible()
    first = current(console)[0]
    assert first.name == "Finance is strict" and first.enabled and not first.targets.everyone
    assert first.targets.users == ("cfo@contoso.example", "robert@contoso.example")
    [spam] = [one for one in first.rules if one.when.verdicts == {Verdict.SPAM}]
    assert Action(ActionKind.TAG_SUBJECT, "[Spam] ") in spam.actions and Action(ActionKind.QUARANTINE) in spam.actions
    page.goto(f"/policies/{first.id}")
    expect(page.locator("#conflicts")).to_contain_text("tag subject does nothing, because quarantine is stronger")
    page.goto(f"/policies/{first.id}?version=1")
    expect(page.get_by_text("an old version")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)


def test_a_policy_is_begun_with_sensible_rules_and_says_what_is_missing(console: Console, page: Page) -> None:
    sign_in(page)
    put(console, CONTOSO)
    page.goto("/policies")
    page.get_by_role("link", name="New policy outbound").click()
    page.get_by_label("Name", exact=True).first.fill("Finance, outbound")
    page.get_by_role("button", name="Add the policy").click()
    expect(page.get_by_text("Choose whom the policy is for")).to_be_visible()
    page.get_by_label("Or people").fill("cfo@contoso.example")
    page.get_by_role("button", name="Add the policy").click()
    expect(page.get_by_text("'Finance, outbound' is added, the first in the order")).to_be_visible()
    made = current(console, Direction.OUTBOUND)[0]
    assert (made.name, made.enabled, made.targets.users) == ("Finance, outbound", False, ("cfo@contoso.example",))
    assert made.rules == starting_policy("", Direction.OUTBOUND).rules
    with console.client(ADMIN) as client:
        console.post(client, f"/policies/{made.id}/delete")


def test_links_are_protected_by_a_policy_that_says_which(console: Console, page: Page) -> None:
    sign_in(page)
    policy = current(console)[-1]
    page.goto(f"/policies/{policy.id}")
    page.get_by_label("Judge links again when they are followed").check()
    page.get_by_label("Which links").select_option("unknown")
    page.get_by_label("In plain text too").check()
    page.get_by_label("Links to these domains stay as they are").fill("Teams.Example\nnot a domain")
    page.get_by_role("button", name="Save as version").click()
    expect(page.get_by_text("'not a domain', whose links are to stay")).to_be_visible()
    page.get_by_label("Links to these domains stay as they are").fill("Teams.Example")
    page.get_by_role("button", name="Save as version").click()
    expect(page.get_by_text("is saved and in force")).to_be_visible()
    album("policy-links").take(page, "saved")
    [saved] = [one for one in current(console) if one.id == policy.id]
    assert saved.click_time == ClickTime(LinkChoice.UNKNOWN, plain_text=True, except_domains=("teams.example",))
    page.goto(f"/policies/{policy.id}/compare?before={policy.version}&after={saved.version}")
    expect(page.get_by_text("unknown links judged again, in plain text too")).to_be_visible()
    page.goto(f"/policies/{current(console, Direction.OUTBOUND)[0].id}")
    expect(page.get_by_label("Judge links again when they are followed")).to_have_count(0)


def test_what_is_wrong_is_said_and_nothing_is_saved(console: Console) -> None:
    before = current(console)
    with console.client(ADMIN) as client:
        token = token_in(client.get("/account"))
        version = next(one.version for one in before if one.id == INBOUND)
        form = {
            "csrf_token": token,
            "version": str(version),
            "name": "",
            "rule-0-name": "R",
            "rule-0-minimum_score": "x",
        }
        assert "must be a number" in client.post(f"/policies/{INBOUND}", data=form).text
        form["rule-0-minimum_score"] = "0.5"
        answer = client.post(f"/policies/{INBOUND}", data=form)
    assert answer.status_code == 400
    for sentence in ("Give the policy a name.", "Choose whom the policy is for", "Choose an action for rule"):
        assert sentence in answer.text
    assert current(console) == before


def test_of_two_who_edit_the_same_version_the_second_is_told(console: Console) -> None:
    policy = next(one for one in current(console) if one.id == "default-inbound-monitor")
    form = {
        "version": str(policy.version), "name": "Watching", "everyone": "on", "monitor_only": "on",
        "rule-0-name": "All spam", "rule-0-verdicts": "spam", "rule-0-actions": "quarantine",
    }  # fmt: skip
    with console.client(ADMIN) as client:
        assert console.post(client, f"/policies/{policy.id}", form).status_code == 303
        late = console.post(client, f"/policies/{policy.id}", {**form, "name": "Watching too"})
    assert late.status_code == 400 and "Somebody else has saved this policy" in late.text


def test_a_deleted_policy_can_still_be_read_because_the_trace_names_it(console: Console) -> None:
    with console.client(ADMIN) as client:
        console.post(client, "/policies/default-outbound-monitor/delete")
        page = client.get("/policies/default-outbound-monitor")
    assert page.status_code == 200 and "deleted" in page.text and "Save as version" not in page.text
    assert [one.id for one in current(console, Direction.OUTBOUND)] == ["default-outbound-protect"]


def test_a_rule_begins_with_a_filter_and_has_files_exceptions_and_a_switch(console: Console, page: Page) -> None:
    pictures = album("policy_rules")
    sign_in(page)
    page.goto(f"/policies/{INBOUND}")
    page.get_by_text("Add a rule").click()
    added = page.locator("details.rule").filter(has_text="Add a rule")
    added.get_by_label("Start from a filter").select_option(label="Newsletters")
    added.get_by_label("Move to junk").check()
    page.get_by_role("button", name="Save as version").click()
    expect(page.locator("summary").filter(has_text="finding graymail:newsletter → Move to junk")).to_be_visible()
    page.get_by_text("Add a rule").click()
    added = page.locator("details.rule").filter(has_text="Add a rule")
    added.get_by_label("Name", exact=True).fill("Disk images")
    added.get_by_text("And it carries a file").click()
    added.get_by_label("Of this true kind").fill("disk-image")
    added.get_by_label("Or this extension").fill(".ISO\nimg")
    added.get_by_label("Unless one of these findings").fill("listed:approved")
    added.get_by_label("Replace attachments").check()
    added.get_by_label("Switched off").check()
    pictures.take(page, "form")
    page.get_by_role("button", name="Save as version").click()
    said = page.locator("summary").filter(has_text="Disk images")
    expect(said).to_contain_text("a file disk-image or .iso or .img; unless listed:approved → Replace attachments")
    expect(said.get_by_text("Off", exact=True)).to_be_visible()
    [policy] = [one for one in current(console) if one.id == INBOUND]
    newsletters, images = policy.rules[-2:]
    assert newsletters.when.findings == ("graymail:newsletter",) and newsletters.enabled
    files = FileCondition(kinds=("disk-image",), extensions=("iso", "img"))
    assert images.when == Condition(files=files, unless=("listed:approved",)) and not images.enabled
    page.get_by_role("button", name="Save as version").click()
    expect(page.get_by_text("is saved and in force")).to_be_visible()
    [again] = [one for one in current(console) if one.id == INBOUND]
    assert again.rules == policy.rules, "a form that changes nothing keeps files, exceptions and switches"


def names_shown(page: Page) -> list[str]:
    rows = page.get_by_role("region", name="inbound").locator("tbody tr")
    return [row.get_by_role("link").first.inner_text() for row in rows.all()]


def test_policies_are_put_in_another_order_by_pulling_and_by_arrow_keys(console: Console, page: Page) -> None:
    with console.database.write() as unit:
        store = PolicyStore(unit)
        for number in range(2):
            store.copy(INBOUND, f"pulled-{number}", f"Pulled {number}", Author("ada", system_clock()))
    sign_in(page)
    page.goto("/policies")
    order = [one.id for one in current(console)]
    before = names_shown(page)
    assert [one.name for one in current(console)] == before

    handle, top = page.locator("#place-pulled-0"), page.locator(f"#place-{order[0]}")
    box, goal = handle.bounding_box(), top.bounding_box()
    assert box and goal
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 5, box["y"] - 10, steps=4)
    page.mouse.move(goal["x"] + 5, goal["y"] + 2, steps=8)
    page.mouse.up()
    expect(page.get_by_text("'Pulled 0' is number 1 now.")).to_be_visible()
    assert [one.id for one in current(console)] == ["pulled-0", *(one for one in order if one != "pulled-0")]

    expect(handle).to_be_focused()  # the page has come anew, and its reader goes on where they were
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        handle.press(key)
    expect(page.get_by_text("Number 2 of")).to_have_count(1)
    handle.press("Escape")
    assert names_shown(page)[0] == "Pulled 0" and current(console)[0].id == "pulled-0"
    handle.press("ArrowDown")
    handle.press("Enter")
    expect(page.get_by_text("'Pulled 0' is number 2 now.")).to_be_visible()
    assert current(console)[1].id == "pulled-0"


def test_a_draft_is_kept_compared_and_put_in_force_and_the_old_version_comes_back(console: Console, page: Page) -> None:
    pictures = album("policies")
    [before] = [one for one in current(console) if one.id == INBOUND]
    sign_in(page)
    page.goto(f"/policies/{INBOUND}")
    rule = page.locator("details.rule").filter(has=page.locator("summary strong", has_text="Bulk mail"))
    rule.locator("summary").first.click()
    rule.get_by_label("Tag subject").check()
    rule.get_by_label("Subject prefix").fill("[Bulk] ")
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.get_by_text("The draft is kept")).to_be_visible()
    changed = page.get_by_role("row").filter(has_text="Rule 'Bulk mail': do")
    expect(changed.locator("del")).to_have_text("pass")
    expect(changed.locator("ins")).to_have_text("pass, tag subject “[Bulk] ”")
    pictures.take(page, "draft")
    assert [one for one in current(console) if one.id == INBOUND] == [before]
    page.goto("/policies")
    pictures.take(page, "list")
    page.get_by_role("link", name="Draft").click()
    page.get_by_role("button", name="Save as version").click()
    expect(page.get_by_text("is saved and in force")).to_be_visible()
    [saved] = [one for one in current(console) if one.id == INBOUND]
    assert saved.version == before.version + 1 and saved.rules != before.rules

    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="Rule 'Bulk mail': do").locator("ins")).to_contain_text("[Bulk] ")
    pictures.take(page, "compare")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=f"Roll back to version {before.version}").click()
    expect(page.get_by_text(f"says what version {before.version} said")).to_be_visible()
    [restored] = [one for one in current(console) if one.id == INBOUND]
    assert restored == replace(before, version=saved.version + 1)
    with console.client(ADMIN) as client:
        assert client.get(f"/policies/{INBOUND}?draft=true").status_code == 400, "the draft was used up"
