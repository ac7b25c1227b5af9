"""Actions that meet: what the author is told."""

from dataclasses import replace

from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.policy import Action, ActionKind, Condition, Rule
from lockgate.policy.conflicts import conflicts
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
