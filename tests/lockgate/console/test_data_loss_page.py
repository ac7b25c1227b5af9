"""The data loss page in a browser: what ships, own rules saved in versions, a text tried; and the same by the API."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from lockgate.storage.users import Role
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console
from tests.lockgate.console.test_service_accounts_page import CONTOSO, put, with_grants

RULES = '[[template]]\nid = "own.accounts"\nname = "Two accounts"\nways = [["iban:2"]]\n'
ACCOUNTS = "DE89 3704 0044 0532 0130 00 and NL91 ABNA 0417 1643 00"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running_console(tmp_path_factory.mktemp("data-loss"), with_grants) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        put(running, CONTOSO)
        yield running


def test_rules_are_tried_then_saved_and_then_in_force(console: Console, page: Page) -> None:
    sign_in(page)
    page.goto("/")
    page.get_by_role("link", name="Data loss").click()
    expect(page.get_by_text("PCI DSS: payment card data")).to_be_visible()
    page.get_by_role("link", name="Contoso").click()
    page.get_by_label("Identifiers and templates (TOML)").fill(RULES)
    page.get_by_label("Text, as it would stand").fill(ACCOUNTS)
    page.get_by_role("button", name="Try with the rules above").click()
    expect(page.locator("#cases")).to_contain_text("Two accounts: 2 × International bank account number (IBAN): DE")
    expect(page.locator("#cases")).not_to_contain_text("3704 0044")
    expect(page.get_by_text("There are none yet")).to_be_visible()
    page.get_by_role("button", name="Save as version 1").click()
    expect(page.get_by_text("Version 1 is saved and in force within a second.")).to_be_visible()
    page.get_by_label("Identifiers and templates (TOML)").fill("[[template]]\nid = 'x'")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("template 'x': name: Field required")).to_be_visible()
    page.goto(f"/data-loss/{CONTOSO.id}")
    expect(page.get_by_label("Identifiers and templates (TOML)")).to_have_value(RULES)


def test_the_api_reads_and_replaces_the_rules_and_a_viewer_only_reads(console: Console) -> None:
    path = f"/api/v1/data-loss/{CONTOSO.id}"
    with console.client(ADMIN) as admin, console.client(VIEWER) as viewer:
        known = admin.get(path).json()
        changed = {"text": RULES.replace("iban:2", "iban:3"), "version": known["version"]}
        token = {"X-CSRF-Token": admin.get("/account").text.split('name="csrf_token" value="')[1].split('"')[0]}
        saved = admin.put(path, json=changed, headers=token)
        assert saved.json() == {**changed, "version": known["version"] + 1}
        assert admin.put(path, json=changed, headers=token).status_code == 400
        assert viewer.get(path).json() == saved.json()
        token = {"X-CSRF-Token": viewer.get("/account").text.split('name="csrf_token" value="')[1].split('"')[0]}
        assert viewer.put(path, json=changed, headers=token).status_code == 403
