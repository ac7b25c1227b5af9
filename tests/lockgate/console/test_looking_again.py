"""Pages that look again by themselves: nobody loses a click, an open part, a place or a word by it."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Page, Route, expect

from lockgate.console.parts import ConsoleParts
from lockgate.microsoft365 import clouds
from lockgate.microsoft365.credentials import new_credential
from lockgate.microsoft365.identity import Identity, Registration
from lockgate.microsoft365.tasks import Task
from lockgate.model.service_account import AccountStatus, ConsentStep, StageState
from lockgate.storage.progress import Stages
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.users import Role
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.running import ADMIN, Console, add_account, running_console
from tests.lockgate.console.test_service_accounts_page import CONTOSO, NOW, put, with_grants

STAGE = "Connectors and rules"
TOLD = "has looked again"
ENDED = "Inline Protection is in service."


def prepared(parts: ConsoleParts) -> ConsoleParts:
    """With the grant service and the application that the wizard names."""
    made = with_grants(parts)
    assert made.grants is not None
    proof = new_credential(NOW)
    registration = Registration("Lockgate", "client-1", proof.certificate, proof.key)
    identity = Identity(clouds.named("global"), {ConsentStep.MAIL_FLOW: registration})
    return replace(made, grants=replace(made.grants, identity=identity))


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running_console(tmp_path_factory.mktemp("again"), prepared) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        yield running


@pytest.fixture
def page(page: Page) -> Page:
    """Signed in, with a clock that can be put forward."""
    page.clock.install()
    page.add_init_script(f"document.addEventListener('htmx:afterRequest', () => console.info('{TOLD}'))")
    sign_in(page)
    return page


@dataclass(frozen=True)
class Followed:
    """An account and the task that its pages follow."""

    console: Console
    id: str
    task: Task

    def note(self, detail: str, state: StageState = StageState.RUNNING) -> None:
        with self.console.database.write() as unit:
            Stages(unit, self.id, self.task.value).note(STAGE, state, detail, NOW)


def begin(console: Console, task: Task, status: AccountStatus = AccountStatus.ACTIVE) -> Followed:
    made = Followed(console, uuid.uuid4().hex, task)
    synced = None if task is Task.PROVISION else NOW
    put(console, replace(CONTOSO, id=made.id, tenant_id=made.id, status=status, last_sync=synced))
    with console.database.write() as unit:
        Stages(unit, made.id, task.value).begin([STAGE], NOW)
    made.note("1 of 3")
    return made


def looked_again(page: Page) -> None:
    """Once more than it would have by now, and what came is in its place."""
    with page.expect_console_message(lambda message: message.text == TOLD):
        page.clock.fast_forward(10_000)


def test_what_is_open_stays_open_and_what_has_the_focus_keeps_it(console: Console, page: Page) -> None:
    account = begin(console, Task.PROVISION, AccountStatus.SYNCING)
    page.goto(f"/service-accounts/grant/{account.id}")
    granted = page.get_by_text("What was granted").first
    granted.click()
    expect(page.get_by_text("What is sent").first).to_be_visible()
    account.note("2 of 3")
    looked_again(page)
    expect(page.get_by_text("2 of 3")).to_be_visible()
    expect(page.get_by_text("What is sent").first).to_be_visible()
    expect(granted).to_be_focused()


def test_a_click_that_takes_longer_than_the_time_between_two_looks_arrives(console: Console, page: Page) -> None:
    account = begin(console, Task.PROVISION, AccountStatus.SYNCING)
    page.goto(f"/service-accounts/grant/{account.id}")
    page.get_by_role("link", name="Verify the settings in Microsoft 365").hover()
    page.mouse.down()
    account.note("2 of 3")
    looked_again(page)
    expect(page.get_by_text("1 of 3")).to_be_visible()  # nothing moves away below the pointer
    page.mouse.up()
    page.wait_for_url(f"**/verification?account={account.id}")


def test_what_comes_waits_no_longer_than_the_pointer_is_down(console: Console, page: Page) -> None:
    account = begin(console, Task.APPLY)
    page.goto(f"/service-accounts/{account.id}")
    page.get_by_role("heading", name="Protection").hover()
    page.mouse.down()
    page.mouse.up()
    account.note("2 of 3")
    looked_again(page)
    expect(page.get_by_text("2 of 3")).to_be_visible()


def test_the_end_of_a_task_renews_the_page_around_what_is_being_typed(console: Console, page: Page) -> None:
    account = begin(console, Task.APPLY, AccountStatus.APPLYING)
    page.goto(f"/service-accounts/{account.id}")
    page.get_by_text("Revoke access", exact=True).first.click()
    confirm = page.get_by_label("Type revoke to confirm")
    confirm.press_sequentially("rev")
    with console.database.write() as unit:
        ServiceAccounts(unit, console.parts.vault).change(
            account.id, lambda one: replace(one, status=AccountStatus.ACTIVE)
        )
    account.note("3 of 3", StageState.DONE)
    looked_again(page)
    expect(page.get_by_text(ENDED)).to_be_visible()
    expect(page.get_by_role("link", name="Continue the grant")).to_have_count(0)
    expect(confirm).to_be_focused()
    confirm.press_sequentially("oke")
    expect(confirm).to_have_value("revoke")


def test_the_end_of_a_task_does_not_take_away_the_way_to_another_page(console: Console, page: Page) -> None:
    account = begin(console, Task.APPLY)
    page.goto(f"/service-accounts/{account.id}")
    under_way: list[Route] = []

    def hold(route: Route) -> None:
        under_way.append(route)

    page.route("**/trace", hold)
    with page.expect_console_message(lambda message: message.text == TOLD):
        page.get_by_role("link", name="Message trace").click(no_wait_after=True)
        account.note("3 of 3", StageState.DONE)
    under_way[0].continue_()
    page.wait_for_url("**/trace")


def test_the_first_numbers_bring_their_charts(console: Console, page: Page) -> None:
    expect(page.get_by_role("navigation", name="Period")).to_have_count(0)
    seeding.a_day(console)
    looked_again(page)
    expect(page.locator("#threats-chart canvas")).to_be_visible()
    expect(page.get_by_role("navigation", name="Period")).to_be_visible()
