"""The policies that every organisation starts with: one that protects and one that only watches, per direction.

Thresholds: verdicts are given at even odds; only near certainty is quarantined without a person asking for it, so
phishing and fraud below it and spam go to junk, and bulk passes. Each family has its own, from its measured curve in
docs/detection.md; a test holds them against it.
"""

from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.policy import Action, ActionKind, Condition, Policy, PolicySet, Rule, Targets

PROTECTION = "Default protection"
MONITORING = "Default protection (monitor only)"
QUARANTINE, JUNK = Action(ActionKind.QUARANTINE), Action(ActionKind.MOVE_TO_JUNK)
NEAR_CERTAIN = 0.9
"""Score from which phishing and fraud are quarantined: measured, none of 3,184 wanted messages reaches it with either
verdict (docs/detection.md, "Curves by family"). Above 0.88, where the classifier alone ends, detectors have agreed."""
DANGEROUS_FILES = ("file-danger:*",)

PHISHING, FRAUD = frozenset({Verdict.PHISHING}), frozenset({Verdict.FRAUD})

INBOUND_RULES = (
    Rule("Malware", Condition(verdicts=frozenset({Verdict.MALWARE})), (QUARANTINE,)),
    Rule("Phishing", Condition(verdicts=PHISHING, minimum_score=NEAR_CERTAIN), (QUARANTINE,)),
    Rule("Suspected phishing", Condition(verdicts=PHISHING), (JUNK,)),
    Rule("Fraud", Condition(verdicts=FRAUD, minimum_score=NEAR_CERTAIN), (QUARANTINE,)),
    Rule("Suspected fraud", Condition(verdicts=FRAUD), (JUNK,)),
    Rule("Dangerous file types", Condition(findings=DANGEROUS_FILES), (QUARANTINE,)),
    Rule("Spam", Condition(verdicts=frozenset({Verdict.SPAM})), (JUNK,)),
    Rule("Bulk mail", Condition(verdicts=frozenset({Verdict.BULK})), (Action(ActionKind.PASS),)),
)
OUTBOUND_RULES = (
    Rule("Malware", Condition(verdicts=frozenset({Verdict.MALWARE})), (QUARANTINE,)),
    Rule("Phishing and fraud", Condition(verdicts=PHISHING | FRAUD), (QUARANTINE,)),
    Rule("Payment card numbers", Condition(findings=("dlp-template:pci-dss",)), (QUARANTINE,)),
)


def default_policies(tenant_id: str, direction: Direction, *, monitor_only: bool = False) -> PolicySet:
    """Both default policies of a direction, for everyone; `monitor_only` says which of the two is switched on."""
    protect = default_policy(direction, monitor_only=False, enabled=not monitor_only, priority=1)
    watch = default_policy(direction, monitor_only=True, enabled=monitor_only, priority=2)
    return PolicySet(tenant_id, direction, (protect, watch))


def default_policy(direction: Direction, *, monitor_only: bool, enabled: bool, priority: int) -> Policy:
    """One of the two, in its first version."""
    rules = INBOUND_RULES if direction is Direction.INBOUND else OUTBOUND_RULES
    suffix = "monitor" if monitor_only else "protect"
    return Policy(
        id=f"default-{direction}-{suffix}",
        version=1,
        name=MONITORING if monitor_only else PROTECTION,
        direction=direction,
        priority=priority,
        enabled=enabled,
        monitor_only=monitor_only,
        targets=Targets(everyone=True),
        rules=rules,
        description="Comes with the product; copy it to make your own.",
    )
