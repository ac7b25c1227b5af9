"""What no page may forget: a guard on every route, tokens on every change, headers on every answer."""

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import Mount

from lockgate.console.api.callers import administrator, changer, reader
from lockgate.console.app import ROUTERS
from lockgate.console.end_users.session import end_user
from lockgate.console.guard import password_rules
from lockgate.console.guard.places import RECORDS
from lockgate.console.guard.visitors import admin, analyst, anyone, member, provider, viewer
from lockgate.console.machine.routes import nearby
from tests.lockgate.console.running import ADMIN, VIEWER, Console, token_in
from tests.patience import PATIENCE

GUARDS = {anyone, member, viewer, analyst, admin, provider, reader, changer, administrator, nearby, end_user}
WITH_A_ROLE = {analyst, admin, provider, administrator}
OF_NO_ORGANISATION = {
    "form",  # of a report: pdf or html; of an export: csv or jsonl
    "log",  # one of the lists
    "search_id",  # kept by an account, which may share it
    "step",
    "direction",
    "token_id",
    "link",
    "identity",  # a detector of the product
    "entry",  # of the lists of the organisation that the path names before it
    "own_id",
    "pull_back_id",
    "rule_id",  # of the notifications of the organisation that the path names before it
    "template_id",  # of their words
}  # parameters of paths that name no record of an organisation
BY_LINK = {
    "/mine/held/{link}",
    "/mine/choices/{link}",
    "/mine/sign-in",
    "/mine/callback",
    "/mine/review/{link}",
}  # the signed link is what proves who asks
MICROSOFT = {"/sign-in/microsoft", "/sign-in/microsoft/callback"}
OPEN = {"/sign-in", *MICROSOFT, "/first-run", "/healthz", *BY_LINK}  # what a stranger may see


def routes() -> list[APIRoute]:
    """Every route of every page. That the application has no others is the first test."""
    found = [route for router in ROUTERS for route in router.routes]
    assert all(isinstance(route, APIRoute) for route in found)
    return [route for route in found if isinstance(route, APIRoute)]


def methods(route: APIRoute) -> set[str]:
    return set(route.methods or ())


def guards(dependant: Dependant) -> set[object]:
    """Every guard in a route's tree of dependencies."""
    found: set[object] = {dependant.call} if dependant.call in GUARDS else set()
    return found.union(*(guards(one) for one in dependant.dependencies))


def test_every_route_has_exactly_one_guard_and_strangers_see_only_the_way_in(console: Console) -> None:
    assert len(routes()) > 10
    for route in routes():
        found = guards(route.dependant)
        assert len(found) == 1, f"{route.path} has {found}"
        assert (anyone in found) == (route.path in OPEN), route.path
    included = [getattr(route, "original_router", None) for route in console.app.routes]
    assert [router for router in included if router is not None] == list(ROUTERS)
    others = [route for route, router in zip(console.app.routes, included, strict=True) if router is None]
    assert [(type(route), getattr(route, "path", "")) for route in others] == [(Mount, "/static")]


def test_every_page_sends_a_stranger_to_the_sign_in_page(console: Console) -> None:
    with console.client() as client:
        for route in routes():
            if "GET" in methods(route) and route.path not in OPEN and not route.path.startswith(("/api/", "/metrics")):
                answer = client.get(route.path)
                way_in = "/mine/sign-in" if route.path.startswith("/mine") else "/sign-in"
                assert answer.status_code == 303 and answer.headers["location"].startswith(way_in), route.path


def test_what_only_administrators_may_do_is_refused_to_a_viewer(console: Console) -> None:
    with console.client(VIEWER) as client:
        token = token_in(client.get("/account"))
        for route in routes():
            if guards(route.dependant) & WITH_A_ROLE:
                method = "POST" if "POST" in methods(route) else next(iter(methods(route)))
                answer = client.request(method, route.path, headers={"X-CSRF-Token": token})
                assert answer.status_code == 403, route.path


def test_every_change_is_admins_only_except_ones_own_account(console: Console) -> None:
    own = {"/sign-in", "/sign-out", "/first-run", "/account/password", "/policies/try", "/organisations/choose"}
    own |= {*MICROSOFT, "/account/microsoft", "/account/microsoft/unlink", "/account/password-off"}
    own |= {*BY_LINK, "/mine/messages/{own_id}", "/mine/sign-out"}
    own |= {"/api/v1/reported-mail"}  # adds to a queue, and decides nothing
    own |= {"/data-loss/{account_id}/try"}  # tries a text, and keeps nothing
    own |= {"/policies/{policy_id}/try", "/api/v1/accounts/{account_id}/policies/try"}  # and so do these
    own |= {"/own-rules/{account_id}/try", "/lists/{account_id}/try"}  # look back on past mail, and keep nothing
    own |= {"/searches/{log}", "/searches/{search_id}/forget"}  # searches of one's own, or that one administers
    own |= {"/api/v1/searches", "/api/v1/searches/{search_id}"}
    changing = [route for route in routes() if methods(route) - {"GET", "HEAD"} and route.path not in own]
    assert changing
    for route in changing:
        assert guards(route.dependant) & {*WITH_A_ROLE, changer}, route.path


def test_every_record_that_a_path_names_is_known_to_the_guards() -> None:
    """So that a new route cannot name a record of an organisation past them."""
    for route in routes():
        names = {one.name for one in route.dependant.path_params}
        assert names <= {*RECORDS, *OF_NO_ORGANISATION}, route.path
        if names & set(RECORDS) and not route.path.startswith("/accounts"):
            assert guards(route.dependant) & {viewer, analyst, admin, reader, changer, administrator}, route.path


def test_a_form_without_the_sessions_token_changes_nothing(console: Console) -> None:
    with console.client(ADMIN) as client:
        for token in ("", "guessed"):
            form = {"csrf_token": token, "name": "mallory", "password": "tide gates at dawn", "role": "admin"}
            assert client.post("/accounts", data=form).status_code == 403
        assert "mallory" not in client.get("/accounts").text


def test_another_origin_is_refused_even_with_the_token(console: Console) -> None:
    with console.client(ADMIN) as client:
        form = {"csrf_token": token_in(client.get("/account"))}
        foreign = client.post("/sign-out", data=form, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert client.post("/sign-out", data=form, headers={"Origin": console.address}).status_code == 303


def test_the_sign_in_form_is_refused_without_the_cookie_it_came_with(console: Console) -> None:
    with console.client() as client, console.client() as other:
        token = token_in(client.get("/sign-in"))
        assert other.post("/sign-in", data={"csrf_token": token, "name": ADMIN, "password": "x"}).status_code == 403


@pytest.mark.parametrize("path", ["/sign-in", "/", "/nowhere", "/static/console.css"])
def test_every_answer_carries_the_headers_that_keep_the_browser_in_bounds(console: Console, path: str) -> None:
    with console.client(ADMIN) as client:
        headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["strict-transport-security"].startswith("max-age=")
    assert ("no-store" in headers["cache-control"]) != path.startswith("/static/")
    assert "server" not in headers


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(console: Console) -> None:
    with console.client() as client:
        form = {"csrf_token": token_in(client.get("/sign-in")), "name": ADMIN, "password": "tide gates at dawn"}
        answer = client.post("/sign-in", data=form)
    cookie = next(one for one in answer.headers.get_list("set-cookie") if "session" in one)
    assert cookie.startswith("__Host-lockgate-session=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


def test_only_the_consoles_own_name_is_answered(console: Console) -> None:
    with console.client() as client:
        assert client.get("/sign-in", headers={"Host": "evil.example"}).status_code == 400


def test_a_body_beyond_the_limit_is_refused_with_and_without_a_declared_length(console: Console) -> None:
    with console.client() as client:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        assert client.post("/sign-in", content=b"a=" + b"x" * 2_000_000, headers=kind).status_code == 413

        def chunks() -> object:
            yield from (b"x" * 100_000 for _ in range(30))

        assert client.post("/sign-in", content=chunks(), headers=kind).status_code in (400, 413)  # type: ignore[arg-type]


def test_an_error_says_a_sentence_and_no_stack(console: Console) -> None:
    with console.client(ADMIN) as client:
        missing = client.get("/nowhere")
        assert missing.status_code == 404 and "There is nothing here" in missing.text
        plain = client.get("/nowhere", headers={"Accept": "*/*"})
        assert plain.headers["content-type"].startswith("text/plain") and "Traceback" not in plain.text


@pytest.mark.parametrize(
    "password",
    [
        "short", "password1234", "P@ssw0rd2024!!", "aaaaaaaaaaaaaaa", "123456789012", "abcdefghijkl",
        "ada likes long walks", "Welcome20261!", "qwertyuiopas",
    ],
)  # fmt: skip
def test_passwords_that_are_guessed_first_are_refused(password: str) -> None:
    assert password_rules.problems(password, "ada")


@pytest.mark.parametrize("password", ["tide gates at dawn", "Kiel-canal-7-locks", "x" * 4 + "qZ8!mNp2kL"])
def test_long_and_uncommon_passwords_are_taken(password: str) -> None:
    assert password_rules.problems(password, "ada") == ()


def test_the_client_of_these_tests_checks_certificates(console: Console) -> None:
    with pytest.raises(httpx.ConnectError), httpx.Client(timeout=PATIENCE, trust_env=False) as client:
        client.get(console.address)
