"""Searches that are kept under a name: for oneself, for an organisation's people, in console and API alike."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lockgate.model.access import EVERYWHERE
from lockgate.model.clock import system_clock
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.users import Role, Users
from tests.browsing.album import album
from tests.contracts.records import TENANT
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.desk import with_quarantine
from tests.lockgate.console.running import ADMIN, HASH, VIEWER, Console, add_account, running_console, token_in
from tests.lockgate.console.test_api import bearer
from tests.lockgate.console.test_service_accounts_page import CONTOSO, put, with_grants

OTHER = replace(CONTOSO, id="fabrikam", tenant_id="99999999-8888-4777-8666-555555555555", tenant_name="Fabrikam")
PEOPLE = {"carl": (Role.ADMIN, TENANT), "cleo": (Role.VIEWER, TENANT), "fay": (Role.ADMIN, OTHER.tenant_id)}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Two organisations, people of each, and a day of mail."""
    folder = tmp_path_factory.mktemp("saved")
    with running_console(folder, lambda parts: with_quarantine(with_grants(parts))) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        for name, (role, tenant_id) in PEOPLE.items():
            with running.database.write() as unit:
                Users(unit).add(f"id-{name}", name, HASH, role, Author("system", system_clock()), [tenant_id])
        put(running, CONTOSO)
        put(running, OTHER)
        seeding.a_day(running)
        yield running


def names(console: Console, who: str, log: str = "trace") -> list[str]:
    """What somebody sees by API with their session."""
    with console.client(who) as client:
        return [one["name"] for one in client.get("/api/v1/searches", params={"log": log}).json()]


def kept(console: Console, who: str, name: str, shared_with: str = "", **fields: str) -> dict[str, Any]:
    with console.client(who) as client:
        token = token_in(client.get("/account"))
        wish = {"log": "trace", "name": name, "fields": fields, "shared_with": shared_with}
        answer = client.post("/api/v1/searches", json=wish, headers={"X-CSRF-Token": token})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_search_is_kept_found_again_shared_and_deleted_on_its_page(console: Console, page: Page) -> None:
    pictures = album("saved-searches")
    sign_in(page, "cleo")
    page.goto("/trace?verdict=spam")
    page.get_by_text("Save this search").click()
    page.get_by_label("Name", exact=True).fill("Spam & <b>more</b>")
    page.get_by_label("Who sees it").select_option(label="Everybody with a role in Contoso")
    pictures.take(page, "saving")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The search is kept as 'Spam & <b>more</b>'.")).to_be_visible()
    page.goto("/trace")
    saved = page.get_by_role("navigation", name="Saved searches")
    saved.get_by_role("link", name="Spam & <b>more</b>").click()
    expect(page.get_by_label("Verdict", exact=True)).to_have_value("spam")
    expect(page.get_by_role("heading", name="4 messages")).to_be_visible()
    pictures.take(page, "kept")
    page.set_viewport_size({"width": 390, "height": 844})
    pictures.take(page, "kept-phone")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert names(console, "carl") == ["Spam & <b>more</b>"] and names(console, "fay") == []
    page.get_by_text("Delete saved searches").locator("..").click()
    pictures.take(page, "deleting")
    page.get_by_role("button", name="Delete Spam & <b>more</b>").click()
    expect(page.get_by_text("is deleted.")).to_be_visible()
    assert names(console, "carl") == []


def test_what_is_shared_is_seen_by_those_and_deleted_by_its_owner_or_their_administrator(console: Console) -> None:
    mine = kept(console, "cleo", "Mine", verdict="spam")
    ours = kept(console, "cleo", "Ours", TENANT, verdict="phishing", words="")
    wide = kept(console, ADMIN, "Wide", EVERYWHERE, direction="outbound")
    assert ours["fields"] == {"verdict": "phishing"} and ours["address"] == "/trace?verdict=phishing"
    assert names(console, "cleo") == ["Mine", "Ours"] and names(console, "carl") == ["Ours"]
    assert names(console, "fay") == [] and names(console, VIEWER) == ["Ours", "Wide"]
    assert names(console, "cleo", "audit") == []

    def forget(who: str, one: dict[str, Any]) -> int:
        with console.client(who) as client:
            return console.post(client, f"/searches/{one['id']}/forget").status_code

    assert forget("fay", ours) == forget("carl", mine) == 404
    assert forget(VIEWER, ours) == forget(VIEWER, wide) == 403
    assert forget("carl", ours) == forget("cleo", mine) == forget(ADMIN, wide) == 303
    assert forget("cleo", mine) == 404
    with console.database.read() as unit:
        acts = [(one.act, one.subject) for one in AuditLog(unit).newest(act="search.")]
    assert ("search.forget", "search Ours") in acts and ("search.save", "search Mine") in acts


def test_a_token_keeps_searches_of_its_own_and_nothing_that_no_list_understands(console: Console) -> None:
    headers = bearer(console, Role.VIEWER)
    with console.client() as program:

        def post(**wish: object) -> int:
            whole = {"log": "audit", "name": "n", "fields": {"act": "policy."}, **wish}
            return program.post("/api/v1/searches", json=whole, headers=headers).status_code

        assert post() == post(fields={"actor": "ada"}) == 201, "the same name again replaces it"
        assert post(fields={}) == post(fields={"verdict": "spam"}) == post(fields={"since": "soon"}) == 400
        assert post(name="") == post(log="everything") == 422
        [one] = program.get("/api/v1/searches?log=audit", headers=headers).json()
        assert one["fields"] == {"actor": "ada"} and one["owner"] == "token test"
        assert program.delete(f"/api/v1/searches/{one['id']}", headers=headers).status_code == 200
    with console.client("cleo") as client:
        assert console.post(client, "/searches/trace", {"name": "x", "query": "verdict=spam",
                                                        "shared_with": OTHER.tenant_id}).status_code == 403  # fmt: skip
