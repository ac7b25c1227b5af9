"""Signing in and out, the first start, passwords, accounts."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from lockgate.console.parts import ConsoleParts
from lockgate.end_users.ports import Begun, Proven
from lockgate.model.clock import system_clock
from lockgate.model.directory import DirectoryUser
from lockgate.model.errors import TemporaryError
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.sessions import BootstrapCodes
from lockgate.storage.users import Role
from tests.lockgate.console.running import ADMIN, PASSWORD, VIEWER, Console, add_account, running_console, token_in
from tests.lockgate.console.test_service_accounts_page import CONTOSO

NEW = "seven herons by the weir"


def test_the_first_start_takes_the_code_once_and_a_good_password(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_console(tmp_path_factory.mktemp("first")) as console, console.client() as client:
        with console.database.write() as unit:
            code = BootstrapCodes(unit).issue(system_clock())
        assert code is not None
        assert client.get("/sign-in").headers["location"] == "/first-run"

        def begin(**changed: str) -> int:
            form = {"code": code, "name": "Ada", "password": NEW, "again": NEW, **changed}
            return client.post(
                "/first-run", data={"csrf_token": token_in(client.get("/first-run")), **form}
            ).status_code

        assert begin(code="0000") == 400
        assert begin(password="short", again="short") == 400
        assert begin(again="seven herons by the wear") == 400
        assert begin() == 303
        assert "Welcome to Lockgate" in client.get("/").text
        with console.client() as late:
            assert late.get("/first-run").headers["location"] == "/sign-in"
            late.get("/sign-in")
            token = token_in(late.get("/sign-in"))
            form = {"csrf_token": token, "code": code, "name": "Eve", "password": NEW, "again": NEW}
            assert late.post("/first-run", data=form).status_code == 400


def test_a_wrong_name_and_a_wrong_password_look_alike(console: Console) -> None:
    pages = []
    for name in (ADMIN, "nobody"):
        with console.client() as client:
            form = {"csrf_token": token_in(client.get("/sign-in")), "name": name, "password": "wrong wrong wrong"}
            answer = client.post("/sign-in", data=form)
            assert answer.status_code == 403
            pages.append(answer.text.replace(f'value="{name}"', "").replace(form["csrf_token"], ""))
    assert pages[0] == pages[1]


def test_five_wrong_passwords_lock_the_account_and_the_audit_log_knows(console: Console) -> None:
    add_account(console.database, "luca", Role.VIEWER)
    with console.client() as client:
        for _ in range(5):
            form = {"csrf_token": token_in(client.get("/sign-in")), "name": "luca", "password": "wrong wrong wrong"}
            client.post("/sign-in", data=form)
        form["password"] = PASSWORD
        assert client.post("/sign-in", data=form).status_code == 403
    with console.database.read() as unit:
        refused = AuditLog(unit).newest(act="session.refused")
    assert [entry.actor for entry in refused].count("luca") == 5


def test_signing_in_leads_back_to_the_page_that_was_wanted_and_never_elsewhere(console: Console) -> None:
    with console.client() as client:
        wanted = client.get("/account").headers["location"]
        assert wanted == "/sign-in?next=/account"
        for given, led in (
            ("/account", "/account"),
            ("https://evil.example/", "/"),
            ("//evil.example", "/"),
            ("/\\evil", "/"),
        ):
            form = {"csrf_token": token_in(client.get("/sign-in")), "name": ADMIN, "password": PASSWORD, "next": given}
            assert client.post("/sign-in", data=form).headers["location"] == led


def test_signing_out_ends_the_session_on_the_server(console: Console) -> None:
    with console.client(ADMIN) as client:
        stolen = dict(client.cookies)
        console.post(client, "/sign-out")
        client.cookies.update(stolen)
        assert client.get("/").status_code == 303


def test_a_changed_password_ends_other_sessions_and_keeps_this_one(console: Console) -> None:
    add_account(console.database, "cleo", Role.VIEWER)
    with console.client("cleo") as here, console.client("cleo") as there:
        wrong = console.post(here, "/account/password", {"present": "no", "password": NEW, "again": NEW})
        assert wrong.status_code == 400 and "The present password is wrong" in wrong.text
        done = console.post(here, "/account/password", {"present": PASSWORD, "password": NEW, "again": NEW})
        assert done.status_code == 303
        assert "Your password is changed" in here.get("/account").text
        assert there.get("/").status_code == 303


def test_an_administrator_adds_changes_and_shuts_out_accounts(console: Console) -> None:
    with console.client(ADMIN) as client:
        add = {"name": "Bo", "password": PASSWORD, "role": "viewer"}
        assert console.post(client, "/accounts", add).status_code == 303
        assert "There is an account with this name already" in console.post(client, "/accounts", add).text
        assert console.post(client, "/accounts", {**add, "name": "Jo", "password": "short"}).status_code == 400
        page = client.get("/accounts").text
        bo = page.split("<td>Bo")[1].split("/accounts/")[1].split("/")[0]
        with console.client("bo") as theirs:
            assert theirs.get("/accounts").status_code == 403
            console.post(client, f"/accounts/{bo}/role", {"role": "admin"})
            assert theirs.get("/accounts").status_code == 200
            console.post(client, f"/accounts/{bo}/enabled", {"enabled": "false"})
            assert theirs.get("/").status_code == 303


def test_the_last_administrator_stays_one(console: Console) -> None:
    with console.client(ADMIN) as client:
        page = client.get("/accounts").text
        own = page.split(f"<td>{ADMIN}")[1].split("/accounts/")[1].split("/")[0]
        answer = console.post(client, f"/accounts/{own}/enabled", {"enabled": "false"})
    with console.client(VIEWER) as other:
        assert other.get("/").status_code == 200
    assert answer.status_code == 400 and "last administrator" in answer.text


def test_an_account_without_a_password_is_made_for_a_work_address_and_no_password_opens_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Where the directory application is set up; who has the address is looked up in the synced directories."""
    with running_console(tmp_path_factory.mktemp("linked"), with_microsoft) as console, console.client() as nobody:
        add_account(console.database, ADMIN, Role.ADMIN)
        assert "Continue with Microsoft" in nobody.get("/sign-in").text
        with console.database.write() as unit:
            ServiceAccounts(unit, console.parts.vault).add(CONTOSO, Author("ada", system_clock()))
            found = DirectoryUser(
                "lena-id", "Lena", "lena@contoso.example", ("lena@contoso.example", "l@contoso.example")
            )
            other = DirectoryUser("max-id", "Max", "max@contoso.example", ("max@contoso.example",))
            DirectoryStore(unit, CONTOSO.tenant_id).put_users([found, other], 1)
        with console.client(ADMIN) as client:
            new = {"name": "Lena", "role": "viewer", "address": "nobody@contoso.example"}
            assert "Nobody in the synced directories" in console.post(client, "/accounts", new).text
            assert console.post(client, "/accounts", {**new, "address": "L@contoso.example"}).status_code == 303
            assert "Microsoft only: lena@contoso.example (not used yet)" in client.get("/accounts").text
            again = {**new, "name": "Bo", "address": "lena@contoso.example"}
            assert "linked with another account" in console.post(client, "/accounts", again).text
            lena = client.get("/accounts").text.split("<td>Lena")[1].split("/accounts/")[1].split("/")[0]
            refused = console.post(client, f"/accounts/{lena}/microsoft/unlink")
            assert refused.status_code == 400 and "has no other way in" in refused.text
            with console.client() as guessing:
                form = {"csrf_token": token_in(guessing.get("/sign-in")), "name": "Lena"}
                for password in ("", "nobody has this password"):
                    assert guessing.post("/sign-in", data={**form, "password": password}).status_code == 403
            console.post(client, f"/accounts/{lena}/password", {"password": PASSWORD})
            for path, form in (("microsoft", {"address": "max@contoso.example"}), ("microsoft/unlink", {})):
                with console.client("Lena") as theirs:
                    assert console.post(client, f"/accounts/{lena}/{path}", form).status_code == 303
                    assert theirs.get("/").status_code == 303, "their sessions end"


class NeverAsked:
    """Implements `SignsIn`; nobody goes to Microsoft here (tests/scenarios/test_administrators_sign_in.py does)."""

    def begin(self, *, choose: bool = False) -> Begun:
        raise TemporaryError(f"Microsoft is away {choose}")

    def finish(self, flow: dict[str, object], query: Mapping[str, str]) -> Proven:
        raise TemporaryError("Microsoft is away")


def with_microsoft(parts: ConsoleParts) -> ConsoleParts:
    return replace(parts, administrators_sign_in=NeverAsked())
