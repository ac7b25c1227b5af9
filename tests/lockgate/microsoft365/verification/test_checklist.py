"""The whole list: a tenant without obstacles passes, every question can be shown, what is unread is unknown."""

import pytest

from lockgate.microsoft365.survey import EXTRAS, Survey
from lockgate.microsoft365.verification import ASKED, CHECKLIST, Evidence, Outcome, verify
from tests.lockgate.microsoft365.conftest import Tenant
from tests.lockgate.microsoft365.test_plan_and_apply import LIVE, applied
from tests.lockgate.microsoft365.verification.verified import SEALER, ours, outcomes, verified


async def test_a_tenant_without_obstacles_passes_everything(tenant: Tenant) -> None:
    await applied(tenant, LIVE)
    await tenant.exchange.run("Set-ArcConfig", Identity="Default", ArcTrustedSealers=[SEALER])
    checks = await verified(tenant)
    assert [question.id for question in CHECKLIST] == list(checks)
    assert outcomes(checks) == {"domains-agree": Outcome.UNKNOWN}  # Graph was not granted to this account
    assert not any(check.fix for check in checks.values() if check.outcome is Outcome.PASS)
    assert checks["safe-links"].outcome is Outcome.UNKNOWN and "Safe Links" in checks["safe-links"].fix


def test_every_question_says_why_and_where() -> None:
    assert len({question.id for question in CHECKLIST}) == len(CHECKLIST) == 18
    assert all(question.title and question.meaning and question.where for question in CHECKLIST)


def test_without_any_answer_nothing_passes() -> None:
    checks = verify(Evidence(Survey((), {}), ours()))
    assert not [check for check in checks if check.outcome is Outcome.PASS]
    assert all(check.fix for check in checks)


@pytest.mark.parametrize("cmdlet", EXTRAS)
async def test_what_cannot_be_read_is_unknown(tenant: Tenant, cmdlet: str) -> None:
    tenant.fault("empty-403", f"*#{cmdlet}", remaining=-1)
    checks = await verified(tenant)
    reading = {one.question.id for one in ASKED if cmdlet in one.reads} or {"other-gateways"}
    assert {checks[name].outcome for name in reading} == {Outcome.UNKNOWN}
    assert all("role" in checks[name].detail and checks[name].fix for name in reading)
