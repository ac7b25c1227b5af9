"""SPF hard fail, and the gateway among the trusted ARC sealers."""

from dataclasses import replace

from lockgate.microsoft365.verification import Outcome
from lockgate.model.envelope import Direction
from tests.lockgate.microsoft365.conftest import Tenant
from tests.lockgate.microsoft365.verification.verified import SEALER, account, by_hand, check, ours, verified

ARC = "arc-sealer"


async def test_spf_hard_fail_fails(tenant: Tenant) -> None:
    assert (await verified(tenant))["spf-hard-fail"].outcome is Outcome.PASS
    await tenant.exchange.run("Set-HostedContentFilterPolicy", Identity="Default", MarkAsSpamSpfRecordHardFail="On")
    found = (await verified(tenant))["spf-hard-fail"]
    assert found.outcome is Outcome.FAIL and "Default" in found.detail and found.fix


async def test_the_fix_for_the_sealer_keeps_the_others(tenant: Tenant) -> None:
    await tenant.exchange.run("Set-ArcConfig", Identity="Default", ArcTrustedSealers=["lists.example", "other.example"])
    found = (await verified(tenant))[ARC]
    assert found.outcome is Outcome.WARN
    assert f'-ArcTrustedSealers "lists.example", "other.example", "{SEALER}"' in found.fix
    sealers = ["lists.example", "other.example", SEALER]
    await tenant.exchange.run("Set-ArcConfig", Identity="Default", ArcTrustedSealers=sealers)
    assert (await verified(tenant))[ARC].outcome is Outcome.PASS


async def test_outbound_protection_alone_needs_no_sealer(tenant: Tenant) -> None:
    found = (await verified(tenant, who=account(Direction.OUTBOUND)))[ARC]
    assert found.outcome is Outcome.PASS and "Only mail from outside" in found.detail


def test_a_gateway_that_does_not_seal_needs_no_trust() -> None:
    evidence = by_hand(ArcConfig=[{"ArcTrustedSealers": ""}])
    assert check(evidence, ARC).outcome is Outcome.WARN
    found = check(replace(evidence, installation=ours(sealer="")), ARC)
    assert found.outcome is Outcome.PASS and "does not seal" in found.detail
