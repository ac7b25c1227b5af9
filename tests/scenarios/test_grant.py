"""The access grant from the first consent to a protected tenant, then back out, without a browser."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lockgate.microsoft365.consent import Declined, Granted
from lockgate.microsoft365.task_words import SYNCED
from lockgate.microsoft365.tasks import Task
from lockgate.model.envelope import Direction
from lockgate.model.service_account import AccountStatus, ConsentStep
from lockgate.model.tenant import Protection
from m365_simulator.seed import CONTOSO
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import AUTHOR, Installation, granted, installation, protected

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(simulation, tmp_path) as running_installation:
        yield running_installation


async def test_grant_apply_upgrade_bypass_revoke(lockgate: Installation) -> None:
    account_id = await protected(lockgate, Direction.INBOUND)
    account = lockgate.grants.account(account_id)
    assert account.status is AccountStatus.ACTIVE
    assert account.tenant_name == "Contoso" and account.counts.users > 5 and account.counts.groups > 3
    assert account.protection(Direction.INBOUND) is Protection.LIVE

    lockgate.grants.upgrade(account_id, Direction.OUTBOUND, AUTHOR)
    plan = await lockgate.grants.plan(account_id)
    assert all("outbound" in change.name for change in plan.changes)
    lockgate.grants.apply(account_id, plan.digest, AUTHOR)
    progress = await lockgate.until(account_id, Task.APPLY)
    assert not progress.failed, progress
    assert lockgate.grants.account(account_id).protection(Direction.OUTBOUND) is Protection.LIVE
    assert (await lockgate.grants.plan(account_id)).is_empty

    lockgate.grants.bypass(account_id, Direction.INBOUND, on=True, author=AUTHOR)
    await lockgate.until(account_id, Task.SWITCH)
    assert lockgate.grants.account(account_id).protection(Direction.INBOUND) is Protection.BYPASSED

    lockgate.grants.revoke(account_id, AUTHOR)
    progress = await lockgate.until(account_id, Task.REVOKE)
    assert not progress.failed, progress
    assert not lockgate.grants.accounts()
    for noun in ("TransportRule", "InboundConnector", "OutboundConnector", "TenantAllowBlockListSpoofItems"):
        assert not lockgate.simulation.control("GET", f"/tenants/{CONTOSO}/exchange/{noun}").json()


async def test_an_answer_in_another_session_or_twice_is_worth_nothing(lockgate: Installation) -> None:
    account_id = lockgate.grants.start(AUTHOR, [Direction.INBOUND], monitor_only=False)
    url = lockgate.grants.consent_request(account_id, ConsentStep.MAIL_FLOW, "mine")
    state = url.partition("state=")[2].partition("&")[0]
    query = {"state": state, "admin_consent": "True", "tenant": CONTOSO}
    stolen = await asyncio.to_thread(lockgate.grants.consent_answer, "theirs", query)
    assert isinstance(stolen, Declined) and "begin" in stolen.sentence.lower()
    first = await asyncio.to_thread(lockgate.grants.consent_answer, "mine", query)
    assert not isinstance(first, Granted)
    again = await asyncio.to_thread(lockgate.grants.consent_answer, "mine", query)
    assert isinstance(again, Declined)
    assert not lockgate.grants.account(account_id).granted(ConsentStep.MAIL_FLOW)


async def test_a_declined_consent_that_says_true_is_declined(lockgate: Installation) -> None:
    account_id = lockgate.grants.start(AUTHOR, [Direction.INBOUND], monitor_only=False)
    browser = lockgate.simulation.browser()
    url = lockgate.grants.consent_request(account_id, ConsentStep.MAIL_FLOW, "mine")

    def decline() -> object:
        from tests.m365_simulator.simulation import callback

        page = lockgate.simulation.sign_in(browser, url)
        query = callback(browser.submit(page, "#consent-form", "#cancel"))
        assert query["admin_consent"] == "True"
        return lockgate.grants.consent_answer("mine", query)

    answer = await asyncio.to_thread(decline)
    assert isinstance(answer, Declined) and "declined" in answer.sentence


async def test_consent_and_role_that_take_their_time(lockgate: Installation) -> None:
    lockgate.simulation.control(
        "POST", "/switches", {"consent_propagation_refusals": 1, "consent_propagation_empty_tokens": 1}
    )
    account_id = await granted(lockgate, Direction.INBOUND)
    assert (await lockgate.until(account_id, Task.PROVISION)).sentence == SYNCED
