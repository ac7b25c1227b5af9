"""Actions that meet: what the author is told."""

from dataclasses import replace

from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.policy import Action, ActionKind, Condition, PolicySet, Rule, Targets
from lockgate.policy.conflicts import conflicts, never_reached
from lockgate.policy.defaults import default_policies
from tests.lockgate.policy.test_engine import JUNK, QUARANTINE, TAG, on, policy

REVIEW = Action(ActionKind.CHANGE_RECIPIENT, "dpo@contoso.com")


def test_the_policies_that_ship_have_none() -> None:
    for direction in Direction:
        protect, _ = default_policies("t", direction).policies
        assert not conflicts(protect)


def test_a_change_beside_a_final_action_does_nothing() -> None:
    [told] = conflicts(policy(on(Verdict.SPAM, TAG, QUARANTINE, name="spam")))
    assert told == "Rule 'spam': tag subject does nothing, because quarantine is stronger."


def test_reviewers_get_nothing_of_junk() -> None:
    [told] = conflicts(policy(on(Verdict.SPAM, REVIEW, JUNK)))
    assert "reviewers get nothing" in told


def test_two_rules_for_the_same_verdict_name_the_stronger_fate() -> None:
    [told] = conflicts(policy(on(Verdict.SPAM, JUNK, name="a"), on(Verdict.SPAM, QUARANTINE, name="b")))
    assert told == "Rules 'a' and 'b' can apply to one message; then quarantine is done."
    assert not conflicts(policy(on(Verdict.SPAM, JUNK, name="a"), on(Verdict.MALWARE, QUARANTINE, name="b")))


def test_a_stronger_fate_for_a_surer_verdict_is_no_conflict_and_the_reverse_is() -> None:
    sure = Condition(frozenset({Verdict.SPAM}), minimum_score=0.9)
    assert not conflicts(policy(on(Verdict.SPAM, JUNK, name="a"), Rule("b", sure, (QUARANTINE,))))
    [told] = conflicts(policy(on(Verdict.SPAM, QUARANTINE, name="a"), Rule("b", sure, (JUNK,))))
    assert "then quarantine is done" in told


def test_rejecting_inbound_mail_warns_of_reports_to_forged_senders() -> None:
    rejecting = policy(on(Verdict.SPAM, Action(ActionKind.REJECT, "no")))
    assert "report" in conflicts(rejecting)[0]
    assert not conflicts(replace(rejecting, direction=Direction.OUTBOUND))


def test_a_policy_behind_one_for_everybody_whom_it_is_for_is_never_reached() -> None:
    def told(first: Targets, second: Targets, *, enabled: bool = True) -> bool:
        before = replace(policy(), id="a", name="Before", priority=1, enabled=enabled, targets=first)
        behind = replace(policy(), id="b", priority=2, targets=second)
        both = PolicySet("t", Direction.INBOUND, (before, behind))
        assert not never_reached(before, both)
        return any("'Before' is looked at before it" in one for one in never_reached(behind, both))

    everyone, finance = Targets(everyone=True), Targets(users=("cfo@contoso.com",))
    assert told(everyone, finance) and told(everyone, everyone)
    assert not told(everyone, finance, enabled=False)
    assert not told(finance, everyone)
    assert not told(Targets(everyone=True, except_groups=("g",)), finance)
    assert told(Targets(domains=("contoso.com", "contoso.net")), finance)
    assert told(Targets(groups=("g", "h")), Targets(groups=("g",)))
    assert not told(Targets(groups=("h",)), Targets(groups=("g",)))
