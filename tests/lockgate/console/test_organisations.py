"""Several organisations in one console: nobody sees or touches what belongs to one in which he has no role.

Every route is tried, with a session and with a token, by people of Contoso against everything of Fabrikam.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lockgate.console.app import ROUTERS
from lockgate.console.guard.places import RECORDS
from lockgate.model.access import EVERYWHERE, Role
from lockgate.model.clock import system_clock
from lockgate.model.end_user import Reason
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.notification import Notification, NotificationKind
from lockgate.model.pull_back import Destination, PullBack
from lockgate.model.report import Report, ReportFrequency, ReportPlan
from lockgate.model.service_account import AccountStatus
from lockgate.model.settling import Settling
from lockgate.model.tenant import AcceptedDomain, OwnRetention, Protection
from lockgate.policy.defaults import default_policies
from lockgate.storage.api_tokens import ApiTokens
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.blobs import open_blobs
from lockgate.storage.clicks import Clicks
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.notifications import Notifications
from lockgate.storage.policies import PolicyStore
from lockgate.storage.pull_backs import PullBacks
from lockgate.storage.reports import Reports
from lockgate.storage.schema.administration import policies, policy_versions
from lockgate.storage.schema.custody import held, held_recipients
from lockgate.storage.schema.pull_backs import pull_back_copies, pull_backs
from lockgate.storage.schema.reports import report_plans, reports
from lockgate.storage.schema.tenants import service_accounts
from lockgate.storage.schema.traces import messages
from lockgate.storage.schema.user_reports import user_reports
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.users import Users
from tests.contracts import records
from tests.contracts.records import TENANT
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.desk import with_quarantine
from tests.lockgate.console.running import ADMIN, HASH, Console, add_account, running_console, token_in
from tests.lockgate.console.test_service_accounts_page import CONTOSO, put, with_grants

NOW = system_clock()
FOREIGN = "99999999-8888-4777-8666-555555555555"
FABRIKAM = replace(
    CONTOSO, id="fabrikam", tenant_id=FOREIGN, tenant_name="Fabrikam", domains=(AcceptedDomain("fabrikam.example"),)
)
MARK = re.compile(r"fabrikam|zanzibar", re.IGNORECASE)  # in everything that is Fabrikam's
PEOPLE = {"carl": Role.ADMIN, "cora": Role.ANALYST, "cleo": Role.VIEWER}  # of Contoso alone


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Two organisations with mail, held messages, policies and audit entries; and people of one of them."""
    folder = tmp_path_factory.mktemp("organisations")
    with running_console(folder, lambda parts: with_quarantine(with_grants(parts))) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        for name, role in PEOPLE.items():
            with running.database.write() as unit:
                Users(unit).add(f"id-{name}", name, HASH, role, Author("system", NOW), [TENANT])
        put(running, CONTOSO)
        put(running, FABRIKAM)
        seeding.a_day(running)
        seeding.policies(running)
        _foreign(running)
        yield running


def _foreign(console: Console) -> None:
    trace = records.a_trace(at=NOW, tenant_id=FOREIGN, subject="Zanzibar", recipients=(
        records.a_recipient("mina@fabrikam.example", State.QUARANTINED),
    ))  # fmt: skip
    nobodys = records.a_trace(at=NOW, tenant_id="", direction=None, subject="Zanzibar, refused at the door")
    blob = open_blobs(str(seeding.blob_folder(console))).put([b"Subject: Zanzibar\r\n\r\nfabrikam"], NOW)
    kept = replace(records.a_held(trace, "mina@fabrikam.example", blob=blob), tenant_id=FOREIGN)
    seeding.settle(console, records.held_settling(trace, kept), Settling(nobodys))
    with console.database.write() as unit:
        Clicks(unit).add(
            records.a_click(7, tenant_id=FOREIGN, host="zanzibar.example", rcpt_to="mina@fabrikam.example")
        )
    taken = PullBack("fabrikam-pull", trace.id, FOREIGN, "<zanzibar@example>", Destination.JUNK, NOW, "frida@fabrikam")
    IDS.update(
        message_id=trace.id,
        held_id=kept.id,
        account_id=FABRIKAM.id,
        policy_id="fabrikam-policy",
        pull_back_id=taken.id,
        report_id=seeding.reported(console, FOREIGN, b"Subject: Zanzibar\r\n\r\nfabrikam", "mina@fabrikam.example"),
        made_id="fabrikam-report",
        plan_id="fabrikam-plan",
    )
    author = Author("frida@fabrikam", NOW)
    with console.database.write() as unit:
        PullBacks(unit).add(taken, ["mina@fabrikam.example"])
        PullBacks(unit).end(taken.id, NOW)
        report = Report(IDS["made_id"], FOREIGN, "", "Zanzibar", NOW, NOW, NOW, "frida@fabrikam")
        Reports(unit).keep(report, b"Zanzibar", b"Zanzibar")
        weekly = ReportFrequency.WEEKLY
        plan = ReportPlan(
            IDS["plan_id"], FOREIGN, "Zanzibar", weekly, 7, 0, "UTC", ("frida@fabrikam.example",), "", NOW
        )
        Reports(unit).plan(plan, author)
        policy = default_policies(FOREIGN, Direction.INBOUND).policies[0]
        PolicyStore(unit).add(FOREIGN, replace(policy, id=IDS["policy_id"], name="Fabrikam's own"), author)
        AuditLog(unit).record(AuditEntry(NOW, "frida@fabrikam", "settings.save", "zanzibar"))
        for tenant_id, account_id in ((FOREIGN, FABRIKAM.id), ("", "")):
            key = f"zanzibar-{tenant_id}"
            told = Notification(key, next(iter(NotificationKind)), NOW, "Zanzibar", "Fabrikam", tenant_id, account_id)
            Notifications(unit).tell(told)


IDS: dict[str, str] = {}


def routes() -> list[tuple[str, APIRoute]]:
    """Every method of every route."""
    found = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return [(method, route) for route in found for method in sorted(set(route.methods or ()) - {"HEAD"})]


def about_records() -> list[tuple[str, str]]:
    """Every route whose path names a record of an organisation, with Fabrikam's in its place."""
    found = []
    for method, route in routes():
        if any(f"{{{name}}}" in route.path for name in RECORDS) and not route.path.startswith("/accounts/"):
            path = (
                route.path.replace("{step}", "activity")
                .replace("{direction}", "outbound")
                .replace("{entry}", "1")
                .replace("{form}", "pdf")
                .replace("{rule_id}", "new")
                .replace("{template_id}", "recipient")
            )
            found.append((method, path.format(**IDS)))
    return found


def bearer(console: Console, role: Role, organisation: str = TENANT) -> dict[str, str]:
    with console.database.write() as unit:
        made = ApiTokens(unit).make(
            console.parts.new_id(), "test", role, timedelta(days=1), Author("ada", NOW), organisation
        )
    return {"Authorization": f"Bearer {made.secret}"}


def everything(console: Console) -> str:
    """All of Fabrikam that could have been changed."""
    tables = (
        service_accounts,
        policies,
        policy_versions,
        held,
        held_recipients,
        messages,
        pull_backs,
        pull_back_copies,
        user_reports,
        report_plans,
        reports,
    )
    with console.database.read() as unit:
        rows = [unit.connection.execute(select(table).order_by(*table.primary_key)).all() for table in tables]
    return repr(rows)


@pytest.mark.parametrize("name", PEOPLE)
def test_no_page_shows_or_changes_a_record_of_another_organisation(console: Console, name: str) -> None:
    before = everything(console)
    tried = about_records()
    assert len(tried) > 25
    with console.client(name) as client:
        token = token_in(client.get("/account"))
        for method, path in tried:
            answer = client.request(method, path, headers={"X-CSRF-Token": token}, json={} if "/api/" in path else None)
            assert answer.status_code in (403, 404), (method, path, answer.status_code)
            assert not MARK.search(answer.text.replace(path, "")), path
    assert everything(console) == before


@pytest.mark.parametrize("role", Role)
def test_no_token_of_one_organisation_reaches_another(console: Console, role: Role) -> None:
    headers = bearer(console, role)
    with console.client() as client:
        for method, path in about_records():
            if path.startswith("/api/"):
                answer = client.request(method, path, headers=headers, json={})
                assert answer.status_code in (403, 404), (method, path)
                assert not MARK.search(answer.text), path


def test_what_another_organisation_took_back_is_not_put_back_under_the_name_of_ones_own_message(
    console: Console,
) -> None:
    before = everything(console)
    headers = bearer(console, Role.ADMIN)
    with console.client() as client:
        mine = client.get("/api/v1/messages", headers=headers).json()["items"][0]["id"]
        path = f"/api/v1/messages/{mine}/pull-backs/{IDS['pull_back_id']}/return"
        assert client.post(path, headers=headers).status_code == 400
        assert client.get(path.removesuffix(f"/{IDS['pull_back_id']}/return"), headers=headers).json() == []
    with console.client("carl") as client:
        form = {"pull_back": IDS["pull_back_id"]}
        assert console.post(client, f"/trace/{mine}/put-back", form).status_code == 400
    assert everything(console) == before


@pytest.mark.parametrize("name", PEOPLE)
def test_no_list_has_anything_of_another_organisation(console: Console, name: str) -> None:
    lists = [route.path for method, route in routes() if method == "GET" and "{" not in route.path]
    assert len(lists) > 15
    with console.client(name) as client:
        for path in lists:
            for query in ("", f"?tenant={FOREIGN}", f"?account={FABRIKAM.id}", "?words=zanzibar", "?act=settings."):
                if path not in ("/sign-in", "/first-run", "/metrics"):
                    _shows_nothing_foreign(client.get(path + query), path + query)


@pytest.mark.parametrize("role", Role)
def test_no_list_of_the_api_has_anything_of_another_organisation(console: Console, role: Role) -> None:
    headers = bearer(console, role)
    with console.client() as client:
        for method, route in routes():
            if method == "GET" and "{" not in route.path and route.path.startswith(("/api/", "/metrics")):
                forwarded = {**headers, "X-Forwarded-For": "192.0.2.1"}
                for query in ("", f"?tenant={FOREIGN}", "?words=zanzibar"):
                    _shows_nothing_foreign(client.get(route.path + query, headers=forwarded), route.path)
        counted = client.get("/api/v1/counts", headers=headers).json()
        everywhere = client.get("/api/v1/counts", headers=bearer(console, role, EVERYWHERE)).json()
    assert everywhere["waiting_in_quarantine"] == counted["waiting_in_quarantine"] + 1


def _shows_nothing_foreign(answer: httpx.Response, path: str) -> None:
    assert answer.status_code < 500, path
    shown = (
        answer.text.replace("zanzibar", "") if "words=zanzibar" in path else answer.text
    )  # the search field says it back
    assert not MARK.search(shown) and FOREIGN not in shown.replace(f"tenant={FOREIGN}", ""), path


def test_what_belongs_to_no_organisation_is_for_those_with_a_role_everywhere(console: Console) -> None:
    with console.client(ADMIN) as provider, console.client("carl") as carl:
        assert "refused at the door" in provider.get("/trace").text
        assert "refused at the door" not in carl.get("/trace").text
        for path in ("/settings", "/accounts", "/tokens", "/service-accounts/grant"):
            assert (provider.get(path).status_code, carl.get(path).status_code) == (200, 403), path


def test_each_role_does_what_is_its_own(console: Console) -> None:
    mine = {name: seeding.hold(console, f"{name}@contoso.example") for name in PEOPLE}
    answers = {}
    for name, item in mine.items():
        with console.client(name) as client:
            form = {"recipient": f"{name}@contoso.example"}
            answers[name] = console.post(client, f"/quarantine/{item.id}/delete", form).status_code
            page = client.get(f"/policies/default-{Direction.INBOUND}-protect").text
            assert ("Save as version" in page) == (name == "carl")
    assert answers == {"carl": 303, "cora": 303, "cleo": 403}


def test_of_several_chosen_messages_none_is_touched_when_one_is_foreign(console: Console) -> None:
    mine = seeding.hold(console, "bulk@contoso.example")
    before = everything(console)
    with console.client("cora") as client:
        answer = console.post(client, "/quarantine/bulk", {"act": "delete", "held": [mine.id, IDS["held_id"]]})
    assert answer.status_code == 404 and everything(console) == before


def test_the_switcher_narrows_what_is_listed_to_one_organisation(console: Console, page: Page) -> None:
    sign_in(page)
    expect(page.get_by_text("Zanzibar")).to_have_count(0)
    page.goto("/trace")
    expect(page.get_by_text("Zanzibar", exact=True).first).to_be_visible()
    page.get_by_label("Organisation", exact=True).first.select_option(label="Contoso")
    expect(page.get_by_text("Spring offers for your garden").first).to_be_visible()
    expect(page.get_by_text("Zanzibar")).to_have_count(0)
    page.goto("/policies")
    expect(page.get_by_text("Fabrikam's own")).to_have_count(0)
    page.get_by_label("Organisation", exact=True).first.select_option(label="All 2 organisations")
    expect(page.get_by_role("link", name="Fabrikam's own")).to_be_visible()


def test_a_chosen_organisation_that_is_not_mine_is_not_there_and_a_forged_cookie_is_ignored(console: Console) -> None:
    with console.client("cleo") as client:
        assert console.post(client, "/organisations/choose", {"organisation": FOREIGN}).status_code == 404
        client.cookies.set("__Host-lockgate-organisation", FOREIGN)
        shown = client.get("/trace").text
    assert "Spring offers" in shown and "Zanzibar" not in shown


def test_the_overview_puts_first_who_needs_attention_and_filters(console: Console, page: Page) -> None:
    troubled = replace(
        FABRIKAM, trouble="The application was removed.", directions={Direction.INBOUND: Protection.BYPASSED}
    )
    _change(console, troubled.id, trouble=troubled.trouble, directions=troubled.directions)
    try:
        sign_in(page)
        page.goto("/organisations")
        rows = page.locator("tbody tr")
        expect(rows.first).to_contain_text("Fabrikam")
        expect(rows.first).to_contain_text("The application was removed.")
        expect(rows.first).to_contain_text("Bypassed")
        expect(rows.nth(1)).to_contain_text("All is well")
        page.get_by_label("Name or domain").fill("contoso.example")
        expect(rows).to_have_count(1)
        expect(rows.first).to_contain_text("Contoso")
    finally:
        _change(console, troubled.id, trouble="", directions=FABRIKAM.directions)


def test_an_account_is_given_a_role_in_one_organisation_on_the_page(console: Console, page: Page) -> None:
    sign_in(page)
    page.goto("/accounts")
    page.get_by_label("Name", exact=True).fill("fred")
    page.get_by_label("Role", exact=True).select_option(label="Analyst: also decides about quarantine")
    page.get_by_label("Where", exact=True).last.select_option(label="Fabrikam")
    page.get_by_label("First password").fill("a lock for every boat")
    page.get_by_role("button", name="Add the account").click()
    expect(page.get_by_text("fred may sign in now as analyst in Fabrikam.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="fred")).to_contain_text("Analyst in Fabrikam")


def test_an_organisation_keeps_its_mail_as_long_as_it_wants(console: Console) -> None:
    before = [seeding.hold(console, subject=f"Kept {number}") for number in range(2)]
    with console.client("carl") as client, console.client("cora") as analyst:
        wanted = {"quarantine": "7", "traces": "", "data_loss": "3", "days-malware": "90"}
        assert console.post(analyst, "/organisations/contoso/retention", wanted).status_code == 403
        assert console.post(client, "/organisations/contoso/retention", wanted).status_code == 303
        assert 'value="7"' in client.get("/organisations/contoso").text
    with console.database.read() as unit:
        kept = ServiceAccounts(unit, console.parts.vault).get("contoso")
    own = OwnRetention(quarantine=7, data_loss=3, by_reason={Reason.MALWARE: 90})
    assert kept.retention == own and kept.status is AccountStatus.ACTIVE
    assert [until(console, one.id) for one in before] == [one.expires_at for one in before], "they keep their day"
    _, phishing = before
    malware = replace(before[0], verdict="malware")
    with console.database.write() as unit:
        HeldMessages(unit).explain(malware, malware.reason, "malware.sandbox", "malware")
    with console.client("carl") as client:
        answer = console.post(client, "/organisations/contoso/retention", wanted | {"held_too": "true"})
        assert "held messages have a new end" in client.get(answer.headers["location"]).text
        assert until(console, malware.id) - malware.held_at == timedelta(days=90)
        assert until(console, phishing.id) - phishing.held_at == timedelta(days=7)
        assert "Kept until" in client.get(f"/quarantine/{malware.id}").text
        assert until(console, IDS["held_id"]) - NOW == timedelta(days=30), "another organisation's"
        wrong = wanted | {"days-spam": "4000"}
        assert console.post(client, "/organisations/contoso/retention", wrong).status_code == 400
        headers = {"X-CSRF-Token": token_in(client.get("/account"))}
        path = "/api/v1/accounts/contoso/retention"
        assert client.get(path).json()["by_reason"] == {"malware": 90}
        shorter = {"by_reason": {"malware": 1, "phishing": 1}}
        given = client.put(f"{path}?held_too=true", json=shorter, headers=headers).json()
        assert given["dated_anew"] >= 2 and given["quarantine"] is None
        assert client.put(path, json={"by_reason": {"malware": 0}}, headers=headers).status_code == 422
        assert client.put("/api/v1/accounts/fabrikam/retention", json={}, headers=headers).status_code == 404
    assert until(console, malware.id) > system_clock() + timedelta(hours=23), "a day's notice"
    with console.database.read() as unit:
        newest = AuditLog(unit).newest(subject="contoso", act="account.retention")[0]
    assert newest.before["by_reason"] == {"malware": 90} and newest.after["by_reason"] == shorter["by_reason"]


def test_an_administrator_chooses_whether_false_positives_go_by_themselves(console: Console) -> None:
    path, api = "/organisations/contoso/letting-go", "/api/v1/accounts/contoso/letting-go"

    def chosen() -> bool:
        with console.database.read() as unit:
            return ServiceAccounts(unit, console.parts.vault).get("contoso").lets_go

    with console.client("carl") as client, console.client("cora") as analyst:
        assert not chosen()
        assert console.post(analyst, path, {"lets_go": "true"}).status_code == 403 and not chosen()
        assert console.post(client, path, {"lets_go": "true"}).status_code == 303 and chosen()
        assert 'name="lets_go" value="true" checked' in client.get("/organisations/contoso").text
        headers = {"X-CSRF-Token": token_in(client.get("/account"))}
        assert client.put(api, json={"lets_go": False}, headers=headers).json() == {"lets_go": False} and not chosen()


def until(console: Console, held_id: str) -> datetime:
    with console.database.read() as unit:
        item = HeldMessages(unit).get(held_id)
    assert item is not None
    return item.held.expires_at


def _change(console: Console, account_id: str, **values: object) -> None:
    with console.database.write() as unit:
        ServiceAccounts(unit, console.parts.vault).change(account_id, lambda now: replace(now, **values))  # type: ignore[arg-type]
