"""A policy survives the round trip to JSON; what is wrong is refused with a sentence that says what to do."""

import json
from dataclasses import replace

import pytest

from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Verdict
from lockgate.model.policy import Action, ActionKind, ClickTime, Condition, LinkChoice, Rule, Targets
from lockgate.policy.defaults import default_policies, default_policy
from lockgate.policy.serialisation import from_json, to_json
from lockgate.policy.validation import problems

GOOD = default_policy(Direction.INBOUND, monitor_only=False, enabled=True, priority=1)


@pytest.mark.parametrize("direction", Direction)
def test_default_policies_are_valid_and_survive_the_round_trip(direction: Direction) -> None:
    for policy in default_policies("t", direction).policies:
        assert problems(policy) == ()
        assert from_json(json.loads(json.dumps(to_json(policy)))) == policy


def test_every_field_survives_the_round_trip() -> None:
    full = replace(
        GOOD,
        targets=Targets(False, ("contoso.com",), ("ada@contoso.com",), ("g",), ("bob@contoso.com",), ("h",)),
        rules=(
            Rule("r", Condition(frozenset({Verdict.SPAM}), ("a.*",), 0.5), (Action(ActionKind.TAG_SUBJECT, "[x]"),)),
        ),
        when_incomplete=Action(ActionKind.QUARANTINE),
        description="d",
        click_time=ClickTime(LinkChoice.UNKNOWN, plain_text=True, except_domains=("teams.example",)),
    )
    assert from_json(json.loads(json.dumps(to_json(full)))) == full


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"surprise": 1}, "unknown keys: surprise"),
        ({"enabled": "yes"}, "policy.enabled must be true or false"),
        ({"priority": True}, "policy.priority must be a whole number"),
        ({"direction": "sideways"}, "none of inbound, outbound"),
        ({"rules": [{"name": "r", "when": {"verdict": ["spam"]}, "actions": []}]}, "unknown keys: verdict"),
        ({"rules": [{"name": "r", "when": {"verdicts": ["ham"]}, "actions": []}]}, "'ham' is none of"),
        ({"rules": {}}, "policy.rules must be a list"),
        ({"targets": []}, "targets must be an object"),
        ({"click_time": {"links": "some"}}, "'some' is none of all, unknown"),
        ({"click_time": {"link": "all"}}, "policy.click_time has unknown keys: link"),
    ],
)
def test_what_does_not_belong_is_refused_with_its_place(change: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        from_json({**to_json(GOOD), **change})


def test_link_protection_is_for_inbound_mail_and_its_exceptions_are_domains() -> None:
    assert problems(replace(GOOD, click_time=ClickTime(except_domains=("teams.example",)))) == ()
    outbound = default_policy(Direction.OUTBOUND, monitor_only=False, enabled=True, priority=1)
    assert "inbound mail only" in problems(replace(outbound, click_time=ClickTime()))[0]
    assert "'https://x', whose links" in problems(replace(GOOD, click_time=ClickTime(except_domains=("https://x",))))[0]
    before = to_json(GOOD)
    del before["click_time"]
    assert from_json(before) == GOOD, "a policy that was kept before links could be protected"


def test_a_missing_key_is_named() -> None:
    value = to_json(GOOD)
    del value["monitor_only"]
    with pytest.raises(InvalidInput, match="monitor_only is missing"):
        from_json(value)


SPAM = Condition(verdicts=frozenset({Verdict.SPAM}))
PASS = (Action(ActionKind.PASS),)


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ((), "Add at least one rule"),
        ((Rule("r", Condition(), PASS),), "Say when rule 'r' applies"),
        ((Rule("r", SPAM, ()),), "Choose an action for rule 'r'"),
        ((Rule("r", SPAM, PASS), Rule("r", SPAM, PASS)), "Two rules are called 'r'"),
        ((Rule("r", Condition(findings=("*",)), PASS),), "would match all of them"),
        ((Rule("r", SPAM, (Action(ActionKind.TAG_SUBJECT),)),), "Enter the words to put in front"),
        ((Rule("r", SPAM, (Action(ActionKind.TAG_SUBJECT, "a\nBcc: x"),)),), "Remove line breaks"),
        ((Rule("r", Condition(minimum_score=7.0), PASS),), "between 0 and 1"),
    ],
)
def test_a_wrong_rule_is_explained(rules: tuple[Rule, ...], says: str) -> None:
    assert any(says in problem for problem in problems(replace(GOOD, rules=rules)))


def test_junk_is_refused_for_outbound_mail() -> None:
    junk = Rule("r", SPAM, (Action(ActionKind.MOVE_TO_JUNK),))
    outward = default_policy(Direction.OUTBOUND, monitor_only=False, enabled=True, priority=1)
    assert any("not possible for outbound" in problem for problem in problems(replace(outward, rules=(junk,))))


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        (Targets(), "Choose whom the policy is for"),
        (Targets(domains=("contoso",)), "'contoso' is not a domain"),
        (Targets(everyone=True, except_users=("ada",)), "'ada' is not an e-mail address"),
    ],
)
def test_wrong_targets_are_explained(targets: Targets, says: str) -> None:
    assert any(says in problem for problem in problems(replace(GOOD, targets=targets)))
