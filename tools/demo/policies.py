"""The policies of the demo: the default ones without Carla in their targets, and before them one for each special case.

Every policy is valid by the product's own rules; they are stored through the product's own interfaces.
"""

from dataclasses import replace

from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.policy import Action, ActionKind, Condition, Policy, PolicySet, Rule, Targets
from lockgate.policy.defaults import INBOUND_RULES, OUTBOUND_RULES, default_policy
from tools.demo.messages.people import CARLA, INFO, PRIYA, SAMUEL, TOM, YUKI

DISCLAIMER = "Contoso Ltd. This message is meant for its addressee. Please check payment details by telephone."
TAG = "[CHECK FILE]"
JUNK = Action(ActionKind.MOVE_TO_JUNK)
QUARANTINE = Action(ActionKind.QUARANTINE)
DELETE = Action(ActionKind.DELETE)
UNWANTED = frozenset({Verdict.PHISHING, Verdict.FRAUD, Verdict.SPAM, Verdict.BULK})


def demo_policies(direction: Direction) -> tuple[Policy, ...]:
    """All policies of a direction in priority order; the last one is the default protection, with its own id."""
    special = _inbound() if direction is Direction.INBOUND else _outbound()
    default = default_policy(direction, monitor_only=False, enabled=True, priority=len(special) + 1)
    everyone_else = replace(default, targets=Targets(everyone=True, except_users=(CARLA,)))
    return (*special, everyone_else)


def demo_policy_set(tenant_id: str, direction: Direction) -> PolicySet:
    """The same, as the mail path reads it."""
    return PolicySet(tenant_id, direction, demo_policies(direction))


def _inbound() -> tuple[Policy, ...]:
    malware = Rule("Malware", Condition(verdicts=frozenset({Verdict.MALWARE})), (QUARANTINE,))
    deletes = Rule("Malware is deleted", Condition(verdicts=frozenset({Verdict.MALWARE})), (DELETE,))
    unwanted = Rule("Unwanted mail into junk", Condition(verdicts=UNWANTED), (JUNK,))
    encrypted = Rule(
        "Encrypted files are marked", Condition(findings=("file:encrypted",)), (Action(ActionKind.TAG_SUBJECT, TAG),)
    )
    return (
        _watching(Direction.INBOUND),
        _policy(Direction.INBOUND, 2, "design", "Design: junk rather than quarantine", YUKI, (malware, unwanted)),
        _policy(
            Direction.INBOUND, 3, "info", "Shared mailbox: malware is deleted", INFO, (deletes, *INBOUND_RULES[1:])
        ),
        _policy(Direction.INBOUND, 4, "accounts", "Accounts: encrypted files", PRIYA, (*INBOUND_RULES, encrypted)),
    )


def _outbound() -> tuple[Policy, ...]:
    disclaimer = Rule("Company notice", Condition(minimum_score=0.0), (Action(ActionKind.ADD_DISCLAIMER, DISCLAIMER),))
    sales = _policy(
        Direction.OUTBOUND, 2, "notice", "Sales and accounts: company notice", TOM, (*OUTBOUND_RULES, disclaimer)
    )
    return (_watching(Direction.OUTBOUND), replace(sales, targets=Targets(users=(TOM, PRIYA))))


def _watching(direction: Direction) -> Policy:
    rules = INBOUND_RULES if direction is Direction.INBOUND else OUTBOUND_RULES
    policy = _policy(direction, 1, "watch", "Engineering pilot: monitor only", SAMUEL, rules)
    return replace(policy, monitor_only=True)


def _policy(direction: Direction, priority: int, key: str, name: str, user: str, rules: tuple[Rule, ...]) -> Policy:
    return Policy(
        id=f"demo-{direction}-{key}",
        version=1,
        name=name,
        direction=direction,
        priority=priority,
        enabled=True,
        monitor_only=False,
        targets=Targets(users=(user,)),
        rules=rules,
        description="Made by the demo.",
    )
