"""Two versions of a policy, as a person reads what differs."""

from dataclasses import fields, replace

from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.policy import Action, ActionKind, ClickTime, Condition, Policy, Rule, Targets
from lockgate.policy.differences import Difference, differences

QUARANTINE = Action(ActionKind.QUARANTINE)
SPAM = Rule("Spam", Condition(frozenset({Verdict.SPAM})), (Action(ActionKind.MOVE_TO_JUNK),))
FILES = Rule("Files", Condition(findings=("file-danger:*",)), (QUARANTINE,))
TARGETS = Targets(domains=("contoso.com",), users=("ada@contoso.com", "ben@contoso.com"))
OLD = Policy("p", 1, "Finance", Direction.INBOUND, 1, True, False, TARGETS, (SPAM, FILES))


def test_a_version_number_alone_is_no_difference() -> None:
    assert differences(OLD, replace(OLD, version=7)) == ()


def test_every_field_that_changes_is_told_with_what_was_and_what_is() -> None:
    sure = replace(SPAM, when=replace(SPAM.when, minimum_score=0.9), actions=(Action(ActionKind.TAG_SUBJECT, "[S] "),))
    new = replace(
        OLD,
        name="Strict",
        enabled=False,
        priority=2,
        targets=replace(TARGETS, users=("ben@contoso.com", "cleo@contoso.com"), except_groups=("g",)),
        rules=(replace(FILES, name="Programs"), sure),
        when_incomplete=QUARANTINE,
    )
    assert differences(OLD, new) == (
        Difference("Name", "Finance", "Strict"),
        Difference("Switched", "on", "off"),
        Difference("Place in the order", "1", "2"),
        Difference("When inspection is incomplete", "try again, then hold", "quarantine"),
        Difference("For people", "ada@contoso.com", "cleo@contoso.com"),
        Difference("Except groups", "", "g"),
        Difference("Rule 'Spam': when", "verdict spam", "verdict spam; probability from 0.9 (near certain)"),
        Difference("Rule 'Spam': do", "move to junk", "tag subject “[S] ”"),
        Difference("Rule 'Files'", "finding file-danger:* → quarantine", ""),
        Difference("Rule 'Programs'", "", "finding file-danger:* → quarantine"),
    )
    assert differences(OLD, replace(OLD, rules=(FILES, SPAM))) == (
        Difference("Order of the rules", "Spam, Files", "Files, Spam"),
    )


def test_no_field_of_a_policy_is_left_out() -> None:
    """A field that is added tomorrow fails here until it is told."""
    other = Policy(
        "p", 1, "n", Direction.OUTBOUND, 9, False, True, Targets(True, ("d.com",), ("u@d.com",), ("g",), ("x@d.com",),
        ("h",)), (), QUARANTINE, "d", ClickTime(), outside_reviewers=True,
    )  # fmt: skip
    for name in {field.name for field in fields(Policy)} - {"id", "version", "direction"}:
        assert differences(OLD, replace(OLD, **{name: getattr(other, name)})), name
    for field in fields(Targets):
        changed = replace(TARGETS, **{field.name: getattr(other.targets, field.name)})
        assert differences(OLD, replace(OLD, targets=changed)), field.name
    for rule in (replace(SPAM, when=Condition(findings=("x",))), replace(SPAM, actions=(QUARANTINE,))):
        assert differences(OLD, replace(OLD, rules=(rule, FILES)))
