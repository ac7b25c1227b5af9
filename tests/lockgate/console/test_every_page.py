"""Every page that links lead to: reachable, accessible, in light and dark, on a desktop and on a phone.

Rule: a page that no link leads to fails here, so a new page is looked at from its first day. Pictures are kept.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from lockgate.console.app import ROUTERS
from lockgate.console.parts import ConsoleParts
from lockgate.console.rendering import CONSOLE
from lockgate.model.envelope import Direction
from lockgate.model.service_account import AccountStatus
from lockgate.model.tenant import Protection
from lockgate.storage.users import Role
from tests.browsing.album import Album, album
from tests.browsing.axe import serious_violations
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.desk import with_quarantine
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console
from tests.lockgate.console.test_service_accounts_page import CONTOSO, put, with_grants

pytestmark = pytest.mark.browser
DESKTOP, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
NEEDS_MICROSOFT = {  # the scenario of the grant wizard looks at these
    "/service-accounts/{account_id}/plan", "/service-accounts/{account_id}/removal",
    "/service-accounts/grant/{account_id}",
}  # fmt: skip
FABRIKAM = replace(CONTOSO, id="fabrikam", tenant_id="22222222-2222-3333-4444-555555555555", tenant_name="Fabrikam")
SPRITE = CONSOLE / "static" / "vendor" / "icons.svg"
ICONS = set(re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text(encoding="utf-8")))
NO_PAGE = ("/mine", "/api/", "/static", "/healthz", "/metrics", "/dashboard/")  # for programs, or a part of a page
PARTS = {
    "/service-accounts/grant/callback", "/sign-in/microsoft/callback", "/service-accounts/grant/{account_id}/steps",
    "/service-accounts/{account_id}/tasks", "/quarantine/{held_id}/body", "/reported-mail/{report_id}/body",
}  # fmt: skip
FILES = {
    "/reports/{made_id}/{form}", "/exports/{log}/{form}",
    "/quarantine/{held_id}/download", "/certificates/new.pem",
}  # fmt: skip
BEFORE_SIGNING_IN = {"/sign-in", "/first-run"}  # and what is of people without an account: `/mine`


def complete(parts: ConsoleParts) -> ConsoleParts:
    """A console with everything that pages can show without Microsoft."""
    return with_grants(with_quarantine(parts))


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A day of mail, held messages, policies, an organisation that is protected and one in trouble."""
    with running_console(tmp_path_factory.mktemp("every"), complete) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        put(running, replace(CONTOSO, directions=dict.fromkeys(Direction, Protection.LIVE)))
        put(running, replace(FABRIKAM, status=AccountStatus.ATTENTION, problem="The token was refused."))
        seeding.policies(running)
        seeding.a_day(running)
        seeding.hold(running)
        seeding.reported(running)
        yield running


@pytest.fixture(scope="module")
def context(chromium: Browser, console: Console) -> Iterator[BrowserContext]:
    made = chromium.new_context(ignore_https_errors=True, base_url=console.address, viewport=DESKTOP)
    made.set_default_timeout(60_000)
    yield made
    made.close()


def declared() -> list[APIRoute]:
    """Every route of the console that answers GET, in the order in which they are asked."""
    found = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return [route for route in found if "GET" in (route.methods or ())]


def pattern(path: str) -> str:
    """The route that answers this path, as it is declared; empty when there is none."""
    return next((route.path for route in declared() if route.path_regex.fullmatch(path)), "")


def pages() -> set[str]:
    """Every route that answers with a page for somebody who has signed in."""
    shown = {route.path for route in declared() if not route.path.startswith(NO_PAGE)}
    return shown - PARTS - FILES - NEEDS_MICROSOFT - BEFORE_SIGNING_IN


def links(page: Page) -> list[str]:
    """Addresses of the console on this page."""
    found: list[str] = page.eval_on_selector_all("a[href^='/']", "all => all.map((one) => one.getAttribute('href'))")
    return found


def icons(page: Page) -> set[str]:
    """The names of the icons that the page wants to draw."""
    used: list[str] = page.eval_on_selector_all("use", "all => all.map((one) => one.href.baseVal.split('#')[1])")
    return set(used)


def wrong_with(page: Page, pictures: Album, name: str) -> list[str]:
    """What axe and the eye of a phone find; keeps three pictures."""
    pictures.take(page, f"{name}-light")
    found = serious_violations(page)
    page.evaluate("() => document.documentElement.setAttribute('data-bs-theme', 'dark')")
    pictures.take(page, f"{name}-dark")
    found += [f"dark: {one}" for one in serious_violations(page, "color-contrast")]
    page.evaluate("() => document.documentElement.setAttribute('data-bs-theme', 'light')")
    page.set_viewport_size(PHONE)
    pictures.take(page, f"{name}-phone")
    if page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth"):
        found.append("on a phone it is wider than the screen")
    page.set_viewport_size(DESKTOP)
    found += [f"no icon {one}" for one in icons(page) - ICONS]
    return [f"{name}: {one}" for one in found]


def test_every_page_is_linked_and_accessible_and_fits_a_phone(context: BrowserContext) -> None:
    page, pictures = context.new_page(), album("every_page")
    page.goto("/sign-in")
    wrong = wrong_with(page, pictures, "sign-in")
    sign_in(page)
    waiting: list[str] = ["/"]
    seen: dict[str, str] = {}
    while waiting:
        address = waiting.pop(0)
        route = pattern(urlsplit(address).path)
        if route in seen or route not in pages():
            continue
        seen[route] = address
        page.goto(address)
        wrong += wrong_with(
            page, pictures, route.strip("/").replace("/", "-").replace("{", "").replace("}", "") or "home"
        )
        waiting += links(page)
    assert len(pages()) > 15
    assert pages() - set(seen) == set(), "no link leads there"
    assert not wrong, "\n".join(wrong)
