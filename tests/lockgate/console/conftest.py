"""One console per test module with an administrator and a viewer, one Chromium for all."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from lockgate.storage.users import Role
from tests.lockgate.console.running import ADMIN, PASSWORD, VIEWER, Console, add_account, running_console


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console with an administrator and a viewer."""
    with running_console(tmp_path_factory.mktemp("console")) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser; nothing of it leaves this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, console: Console) -> Iterator[Page]:
    """A tab of its own session; the console's authority is not in the browser's store."""
    context = chromium.new_context(
        ignore_https_errors=True, base_url=console.address, viewport={"width": 1360, "height": 900}
    )
    context.set_default_timeout(60_000)
    tab = context.new_page()
    yield tab
    context.close()


def sign_in(page: Page, name: str = ADMIN) -> None:
    """By the form, as a person does."""
    page.goto("/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
