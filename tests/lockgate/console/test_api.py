"""The REST API: tokens, roles, what it answers, and that it does what its own description says."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pyzipper
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from prometheus_client.parser import text_string_to_metric_families
from pydantic import TypeAdapter
from schemathesis.checks import positive_data_acceptance

from lockgate.console.app import create_app
from lockgate.model.clock import system_clock
from lockgate.model.reputation import Standing
from lockgate.storage.api_tokens import ApiTokens
from lockgate.storage.audit import Author
from lockgate.storage.feedback import FeedbackStore
from lockgate.storage.reputation import ReputationStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.users import Role
from lockgate.tuning.lists import Lists
from tests.lockgate.console import seeding
from tests.lockgate.console.desk import NextHop, with_quarantine, with_reports
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console, token_in
from tests.lockgate.console.test_service_accounts_page import CONTOSO

HOP = NextHop()
HEALTH = list(HealthCheck)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console with a day of mail, policies, a quarantine and reports."""
    with running_console(
        tmp_path_factory.mktemp("api"), lambda parts: with_reports(with_quarantine(parts, HOP))
    ) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        seeding.a_day(running)
        seeding.policies(running)
        yield running


def bearer(console: Console, role: Role, lifetime: timedelta = timedelta(days=1)) -> dict[str, str]:
    """The header with a new token."""
    with console.database.write() as unit:
        made = ApiTokens(unit).make(console.parts.new_id(), "test", role, lifetime, Author("ada", system_clock()))
    return {"Authorization": f"Bearer {made.secret}"}


async def test_all_routes_are_built_before_anybody_waits_for_one(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(console.parts)
    built: list[object] = []
    make = TypeAdapter.__init__

    def noted(self: TypeAdapter[object], of: type, **rest: Any) -> None:
        built.append(of)
        make(self, of, **rest)

    monkeypatch.setattr(TypeAdapter, "__init__", noted)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=console.address) as client:
        assert (await client.get("/api/v1/none")).status_code == 404  # every route was looked at
    assert not built


def test_without_a_token_or_with_a_wrong_one_nothing_is_said(console: Console) -> None:
    with console.client() as client:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}):
            answer = client.get("/api/v1/messages", headers=headers)
            assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
            assert set(answer.json()) == {"error"}


def test_a_token_whose_time_is_over_does_not_work(console: Console) -> None:
    with console.client() as client:
        old = bearer(console, Role.ADMIN, timedelta(seconds=-1))
        assert client.get("/api/v1/messages", headers=old).status_code == 401


def test_a_token_is_made_on_its_page_shown_once_and_revoked(console: Console) -> None:
    with console.client(ADMIN) as client, console.client() as program:
        made = console.post(client, "/tokens", {"name": "SIEM", "role": "viewer", "days": "30"}).text
        secret = made.split('id="new-token">')[1].split("<")[0]
        headers = {"Authorization": f"Bearer {secret}"}
        assert program.get("/api/v1/counts", headers=headers).status_code == 200
        page = client.get("/tokens").text
        assert secret not in page and "SIEM" in page
        token_id = page.split("<td>SIEM")[1].split("/tokens/")[1].split("/")[0]
        console.post(client, f"/tokens/{token_id}/revoke")
        assert program.get("/api/v1/counts", headers=headers).status_code == 401


def test_messages_are_searched_and_paged(console: Console) -> None:
    headers = bearer(console, Role.VIEWER)
    with console.client() as client:
        first = client.get("/api/v1/messages?verdict=clean&limit=10", headers=headers).json()
        rest = client.get(f"/api/v1/messages?verdict=clean&limit=10&after={first['next']}", headers=headers).json()
        assert (len(first["items"]), len(rest["items"]), rest["next"]) == (10, 4, "")
        one = client.get(f"/api/v1/messages/{first['items'][0]['id']}", headers=headers).json()
        assert one == first["items"][0] and one["recipients"][0]["policy_name"] == "Default protection"
        assert client.get("/api/v1/messages/none", headers=headers).status_code == 404


def test_a_held_message_is_released_once_by_an_admin_token_only(console: Console) -> None:
    held = seeding.hold(console, "api@contoso.example")
    path = f"/api/v1/quarantine/{held.id}"
    with console.client() as client:
        assert client.post(f"{path}/release", json={}, headers=bearer(console, Role.VIEWER)).status_code == 403
        headers = bearer(console, Role.ADMIN)
        answers = [client.post(f"{path}/release", json={}, headers=headers) for _ in range(2)]
        shown = client.get(path, headers=headers).json()
    assert answers[0].json() == {"recipients": ["api@contoso.example"]}
    assert answers[1].status_code == 400  # the content is gone with the last recipient
    assert [one["state"] for one in shown["recipients"]] == ["released"] and not shown["content_kept"]
    assert [address for address, _ in HOP.came].count("api@contoso.example") == 1


def test_held_messages_are_taken_in_a_locked_archive_and_their_sender_blocked(console: Console) -> None:
    held = [seeding.hold(console, f"taken{number}@contoso.example") for number in range(2)]
    wish = {"held": [one.id for one in held], "password": "Quiet-harbour-7"}
    with console.client() as client:
        path = "/api/v1/quarantine/archive"
        assert client.post(path, json=wish, headers=bearer(console, Role.VIEWER)).status_code == 403
        headers = bearer(console, Role.ANALYST)
        assert client.post(path, json=wish | {"held": [held[0].id, "none"]}, headers=headers).status_code == 404
        assert client.post(path, json=wish | {"password": "short"}, headers=headers).status_code == 422
        answer = client.post(path, json=wish, headers=headers)
        blocked = client.post(f"/api/v1/quarantine/{held[0].id}/block-sender", json={}, headers=headers).json()
        released = client.post(
            f"/api/v1/quarantine/{held[0].id}/release", json={"false_positive": True}, headers=headers
        )
    with pyzipper.AESZipFile(io.BytesIO(answer.content)) as archive:
        assert [archive.read(one, b"Quiet-harbour-7") for one in archive.infolist()] == [seeding.HOSTILE] * 2
    assert released.json() == {"recipients": ["taken0@contoso.example"]}
    with console.database.read() as unit:
        entry = ReputationStore(unit).get(blocked["entry_id"])
        said = [one.message_id for one in FeedbackStore(unit).all(approved=False)]
    assert entry is not None and (entry.pattern, entry.standing) == (blocked["address"], Standing.BLOCKED)
    assert said == [held[0].message_id]
    Lists(console.database, console.parts.new_id).remove(entry.id, entry.tenant_id, Author("ada", system_clock()))


def test_a_session_may_use_the_api_but_not_without_its_token(console: Console) -> None:
    held = seeding.hold(console)
    with console.client(ADMIN) as client:
        assert client.get("/api/v1/policies").status_code == 200
        path = f"/api/v1/quarantine/{held.id}/delete"
        assert client.post(path, json={}).status_code == 403
        token = token_in(client.get("/account"))
        assert client.post(path, json={}, headers={"X-CSRF-Token": token}).status_code == 200


def test_policies_counts_and_accounts_are_listed(console: Console) -> None:
    with console.client() as client:
        headers = bearer(console, Role.VIEWER)
        policies = client.get("/api/v1/policies", headers=headers).json()
        counts = client.get("/api/v1/counts", headers=headers).json()
        assert client.get("/api/v1/accounts", headers=headers).json() == []
    assert len(policies) == 4 and policies[0]["name"] == "Default protection"
    assert sum(one["count"] for one in counts["items"] if one["kind"] == "verdict" and one["value"] == "spam") == 4


def test_policies_are_written_moved_compared_and_rolled_back(console: Console) -> None:
    """On an organisation of its own, so that others find what they expect."""
    other = replace(CONTOSO, id="policies", tenant_id="99999999-2222-3333-4444-555555555555")
    with console.database.write() as unit:
        ServiceAccounts(unit, console.parts.vault).add(other, Author("ada", system_clock()))
    admin, viewer = bearer(console, Role.ADMIN), bearer(console, Role.VIEWER)
    rule = {"name": "Spam", "when": {"verdicts": ["spam"]}, "actions": [{"kind": "quarantine"}]}
    text = {"name": "Ours", "targets": {"everyone": True}, "rules": [rule]}
    new = text | {"direction": "inbound"}
    with console.client() as client:

        def ask(method: str, path: str, body: object = None, status: int = 200) -> Any:
            answer = client.request(method, f"/api/v1{path}", headers=admin, json=body)
            assert answer.status_code == status, answer.text
            return answer.json()

        first = ask("POST", "/accounts/policies/policies", new)["policy"]
        second = ask("POST", "/accounts/policies/policies", new | {"name": "Behind"})["policy"]
        assert (first["enabled"], first["version"], second["priority"]) == (False, 1, 2)
        begun = {key: value for key, value in new.items() if key != "rules"} | {"direction": "outbound"}
        begun = ask("POST", "/accounts/policies/policies", begun)["policy"]
        assert {"Malware", "Payment card numbers"} <= {rule["name"] for rule in begun["rules"]}
        assert ask("GET", "/accounts/policies/policies/coverage?cover=none")["mailboxes"] == 0
        one, two = f"/policies/{first['id']}", f"/policies/{second['id']}"
        ask("PATCH", one, {"enabled": True})
        [told] = ask("PATCH", two, {"enabled": True})["remarks"]
        assert told.startswith("It is never reached: 'Ours'")
        assert ask("PATCH", two, {"place": 1})["policy"]["priority"] == 1

        tagging = rule | {"actions": [{"kind": "quarantine"}, {"kind": "tag-subject", "text": "[S] "}]}
        version = ask("GET", one)["policy"]["version"]
        changed = text | {"version": version, "rules": [tagging]}
        drafted = ask("PUT", f"{one}/draft", changed)
        assert drafted["policy"]["rules"] != drafted["draft"]["rules"]
        saved = ask("POST", f"{one}/draft")
        assert "tag subject does nothing" in saved["remarks"][0] and saved["draft"] is None
        assert "Somebody else" in ask("PUT", one, changed, 400)["error"]
        assert "Give the policy a name" in ask("PUT", one, text | {"name": " "}, 400)["error"]
        path = f"{one}/differences?before={version}&after={version + 1}"
        assert ask("GET", path) == [
            {"place": "Rule 'Spam': do", "before": "quarantine", "after": "quarantine, tag subject “[S] ”"}
        ]
        rolled = ask("POST", f"{one}/roll-back", {"version": version})["policy"]
        assert rolled["rules"] == first["rules"] and rolled["enabled"]
        assert ask("GET", f"{one}/versions")[0]["version"] == rolled["version"] == version + 2
        copied = ask("POST", f"{one}/copy", {"name": "Copy"})["policy"]
        assert ask("DELETE", f"/policies/{copied['id']}")["policy"]["name"] == "Copy"
        ask("GET", f"/policies/{copied['id']}", status=400)
        for method in ("PUT", "PATCH", "DELETE"):
            assert client.request(method, f"/api/v1{one}", headers=viewer, json=text).status_code == 403


def test_the_feed_gives_everything_once_and_oldest_first_to_whoever_asks_again_with_next(console: Console) -> None:
    headers = bearer(console, Role.VIEWER)
    with console.client() as client:
        seen: list[tuple[str, str]] = []
        after = ""
        while page := client.get("/api/v1/feed", params={"after": after, "limit": 7}, headers=headers).json():
            seen += [(one["finished_at"], one["id"]) for one in page["items"]]
            after = page["next"]
            if not page["items"]:
                break
        assert seen == sorted(seen) and len({one for _, one in seen}) == len(seen) > 20
        assert client.get("/api/v1/feed", params={"after": after}, headers=headers).json() == {
            "items": [],
            "next": after,
        }
        assert client.get("/api/v1/feed", params={"after": "nonsense"}, headers=headers).status_code == 400


def test_health_and_metrics(console: Console) -> None:
    with console.client() as client:
        assert client.get("/healthz", headers={"Host": "10.0.0.1"}).text == "ok\n"
        families = {one.name: one for one in text_string_to_metric_families(client.get("/metrics").text)}
        assert {"lockgate_quarantine_waiting", "lockgate_letters_waiting", "lockgate_last_day"} <= set(families)
        forwarded = client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}, follow_redirects=False)
        assert forwarded.status_code == 401
        token = {**bearer(console, Role.VIEWER), "X-Forwarded-For": "192.0.2.1"}
        assert "lockgate_last_day" in client.get("/metrics", headers=token).text


def test_the_api_does_what_its_description_says(console: Console) -> None:
    """Requests made up from the description: no 500, and only answers that it promises."""
    seeding.hold(console)
    schema = schemathesis.openapi.from_dict(console.app.openapi())
    session = requests.Session()
    session.trust_env = False
    session.headers.update(bearer(console, Role.ADMIN))
    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
    assert len(operations) == 86
    for operation in operations:

        @settings(
            max_examples=10, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy())
        def conforms(case: Any) -> None:
            case.call_and_validate(
                base_url=console.address,
                session=session,
                verify=str(console.authority),
                excluded_checks=[positive_data_acceptance],  # a date or a page may be wrong in ways no schema says
            )

        conforms()


def test_an_organisations_rules_and_lists_are_kept_by_its_administrators(console: Console) -> None:
    with console.database.write() as unit:
        ServiceAccounts(unit, console.parts.vault).add(CONTOSO, Author("ada", system_clock()))
    account = CONTOSO.id
    admin, viewer = bearer(console, Role.ADMIN), bearer(console, Role.VIEWER)
    tuning, lists = f"/api/v1/accounts/{account}/tuning", f"/api/v1/accounts/{account}/reputation"
    rule = {"id": "forms", "name": "Forms", "expression": "score > 0.5", "category": "phishing", "weight": 2.0}
    with console.client() as client:
        assert client.get(tuning, headers=viewer).json()["version"] == 0
        assert client.put(tuning, headers=viewer, json={"rules": [rule]}).status_code == 403
        saved = client.put(tuning, headers=admin, json={"rules": [rule]}).json()
        assert (saved["version"], saved["rules"][0]["maturity"]) == (1, "shadow")
        wrong = client.put(tuning, headers=admin, json={"version": 1, "rules": [rule | {"expression": "no.such"}]})
        assert wrong.status_code == 400 and "not there" in wrong.json()["error"]
        assert client.put(tuning, headers=admin, json={"version": 0}).status_code == 400
        entry = client.post(lists, headers=admin, json={"standing": "blocked", "pattern": "*@bad.example"}).json()
        assert client.post(lists, headers=admin, json={"standing": "blocked", "pattern": "*@*"}).status_code == 400
        assert [one["pattern"] for one in client.get(lists, headers=viewer).json()] == ["*@bad.example"]
        assert client.delete(f"{lists}/{entry['id']}", headers=admin).json() == entry
        assert client.get(lists, headers=viewer).json() == []
