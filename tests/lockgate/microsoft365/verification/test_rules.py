"""Rules of others: room for ours, those that stop before ours, and those that would act twice."""

from lockgate.microsoft365.verification import Outcome
from tests.lockgate.microsoft365.conftest import Tenant
from tests.lockgate.microsoft365.test_plan_and_apply import LIVE, applied
from tests.lockgate.microsoft365.verification.verified import by_hand, check, verified

EARLIER, TWICE = "earlier-rules", "rules-that-act-twice"


async def test_a_rule_that_stops_before_ours_is_named(tenant: Tenant) -> None:
    await applied(tenant, LIVE)
    rule = {"Name": "Payroll", "SentToScope": "InOrganization", "SetAuditSeverity": "Low", "StopRuleProcessing": True}
    await tenant.exchange.run("New-TransportRule", **rule)
    assert (await verified(tenant))[EARLIER].outcome is Outcome.PASS  # behind ours it stops nothing of ours
    await tenant.exchange.run("Set-TransportRule", Identity="Payroll", Priority=0)
    found = (await verified(tenant))[EARLIER]
    assert found.outcome is Outcome.WARN and "Payroll" in found.detail and found.fix


async def test_a_rule_before_ours_acts_twice_and_behind_them_once(tenant: Tenant) -> None:
    run = tenant.exchange.run
    actions: dict[str, dict[str, object]] = {
        "adds a disclaimer": {"ApplyHtmlDisclaimerText": "<p>Private</p>"},
        "writes in front of the subject": {"PrependSubject": "[External] "},
        "encrypts": {"ApplyOME": True},
        "encrypts and adds a disclaimer": {"ApplyRightsProtectionTemplate": "Do Not Forward"},
    }
    for words, action in actions.items():
        await run("New-TransportRule", Name=f"It {words}", SentToScope="InOrganization", **action)
    await run("Set-TransportRule", Identity="It encrypts and adds a disclaimer", ApplyHtmlDisclaimerText="<p>One</p>")
    assert "'It encrypts'" in (await verified(tenant))[TWICE].detail  # ours are put in front of it
    await applied(tenant, LIVE)
    behind = (await verified(tenant))[TWICE]
    assert behind.outcome is Outcome.PASS and "once" in behind.detail
    for words in actions:
        await run("Set-TransportRule", Identity=f"It {words}", Priority=0)
    before = (await verified(tenant))[TWICE]
    assert before.outcome is Outcome.WARN and before.fix
    assert all(f"'It {words}'" in before.detail for words in actions)
    assert "'It adds a disclaimer' adds a disclaimer." in before.detail
    assert "'It encrypts and adds a disclaimer' adds a disclaimer and encrypts;" in before.detail
    for words in actions:
        await run("Set-TransportRule", Identity=f"It {words}", Mode="Audit")
    assert (await verified(tenant))[TWICE].outcome is Outcome.PASS  # they only try out what they would do


async def test_a_rule_between_our_two_routing_rules_is_before_one_of_them(tenant: Tenant) -> None:
    await applied(tenant, LIVE)
    await tenant.exchange.run(
        "New-TransportRule", Name="Between", SentToScope="NotInOrganization", PrependSubject="[Out] ", Priority=1
    )
    assert "'Between'" in (await verified(tenant))[TWICE].detail


def test_a_full_list_of_rules_fails() -> None:
    rules = [{"Name": f"Rule {number}", "Priority": number, "State": "Enabled"} for number in range(294)]
    assert check(by_hand(TransportRule=rules), "rule-slots").outcome is Outcome.FAIL
    assert check(by_hand(TransportRule=rules[:293]), "rule-slots").outcome is Outcome.PASS
