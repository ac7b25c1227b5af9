"""One message against policies: the outcome, the rules and findings behind it, and what would change it."""

from dataclasses import replace

import pytest

from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Finding, Maturity, Verdict
from lockgate.model.lifecycle import State
from lockgate.model.policy import Action, ActionKind, Condition, Rule, Targets
from lockgate.policy.actions import ALLOWED
from lockgate.policy.engine import decide
from lockgate.policy.outcomes import OUTCOMES, outcome_of
from lockgate.tuning.policy_trial import Judged, alone, try_past
from tests.contracts.records import a_recipient, a_trace
from tests.lockgate.policy.test_engine import ADA, DISCLAIMER, JUNK, QUARANTINE, TAG, inbound, on, policy, report

PHISHING = Rule("Sure", Condition(frozenset({Verdict.PHISHING}), minimum_score=0.99), (QUARANTINE,))
LESS_SURE = on(Verdict.PHISHING, JUNK, name="Less sure")
FILES = Rule("Files", Condition(findings=("file-type:exe",)), (TAG,))


def finding(detector: str, weight: float, *labels: str, maturity: Maturity = Maturity.ENFORCED) -> Finding:
    return Finding(detector, Category.PHISHING, weight, f"{detector} says so", (), maturity, labels)


LURE, PROGRAM = finding("phishing.lure", 5.0), finding("file.program", 0.5, "file-type:exe")


def judged(*rules: Rule, found: tuple[Finding, ...] = (LURE, PROGRAM), monitor_only: bool = False) -> Judged:
    trace = a_trace(findings=found, recipients=(a_recipient("ada@contoso.com", State.RELAYED),))
    trial = try_past(trace, inbound(policy(*rules, monitor_only=monitor_only)), lambda _: ADA)
    assert trial is not None
    return trial.recipients[0]


def test_it_says_which_rules_apply_and_on_what() -> None:
    one = judged(LESS_SURE, FILES)
    assert one.outcome == "move-to-junk" and one.decision.explanation.startswith("Relayed with the mark for the junk")
    assert [(rule.rule, rule.condition, rule.findings, rule.actions) for rule in one.applied] == [
        ("Less sure", "verdict phishing", ("phishing.lure", "file.program"), ("move-to-junk",)),
        ("Files", "finding file-type:exe", ("file.program",), ("tag-subject",)),
    ]


def test_it_says_what_would_change_the_outcome() -> None:
    one = judged(PHISHING, LESS_SURE, FILES)
    assert one.would_change == (
        "Without “phishing.lure says so” (phishing.lure): tag subject.",
        "Without rule 'Less sure': tag subject.",
        "From probability 0.99 on (it is 0.93) rule 'Sure' would apply: quarantine.",
    )


def test_shadow_findings_and_rules_of_others_say_nothing() -> None:
    shadow = finding("phishing.shadow", 9.0, "file-type:exe", maturity=Maturity.SHADOW)
    one = judged(LESS_SURE, FILES, found=(LURE, shadow))
    assert [rule.rule for rule in one.applied] == ["Less sure"]
    elsewhere = policy(LESS_SURE, targets=Targets(users=("ben@contoso.com",)))
    trial = try_past(a_trace(), inbound(elsewhere), lambda _: ADA)
    assert trial is not None
    assert (
        trial.recipients[0].outcome == "pass"
        and "no enabled inbound policy" in trial.recipients[0].decision.explanation
    )


def test_monitor_only_passes_and_says_what_it_holds_back() -> None:
    one = judged(on(Verdict.PHISHING, QUARANTINE), monitor_only=True)
    assert one.outcome == "pass" and one.would_change[0] == "If the policy did not only monitor: quarantine."


def test_a_message_that_was_never_inspected_cannot_be_tried() -> None:
    assert try_past(replace(a_trace(), verdict=None), inbound(policy()), lambda _: ADA) is None


@pytest.mark.parametrize("kind", list(ActionKind))
def test_every_action_has_an_outcome_of_its_name(kind: ActionKind) -> None:
    acts = on(Verdict.SPAM, Action(kind, "a@contoso.com"))
    way = Direction.INBOUND if kind in ALLOWED[Direction.INBOUND] else Direction.OUTBOUND
    policies = alone("t", policy(acts, direction=way))
    decision = decide(report(Verdict.SPAM, finding("spam.x", 4.0)), "ada@contoso.com", ADA, policies)
    protective = kind in (ActionKind.SANITISE, ActionKind.REPLACE_ATTACHMENTS)
    assert outcome_of(decision) == ("quarantine" if protective else kind.value)  # there is no attachment to change
    assert outcome_of(decision) in OUTCOMES


def test_of_several_changes_the_strongest_is_the_outcome() -> None:
    decision = decide(
        report(Verdict.SPAM), "ada@contoso.com", ADA, alone("t", policy(on(Verdict.SPAM, TAG, DISCLAIMER)))
    )
    assert outcome_of(decision) == "add-disclaimer"
