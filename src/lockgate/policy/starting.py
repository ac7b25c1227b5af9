"""A policy that somebody begins: what is sensible for its direction, for nobody yet, and switched off.

Rule: it starts with the rules of the default policy, because their levels are those that were measured.
"""

from dataclasses import replace

from lockgate.model.envelope import Direction
from lockgate.model.policy import Policy, Targets
from lockgate.policy.defaults import default_policy

FIRST = 1  # special policies are looked at before those for everybody


def starting_policy(policy_id: str, direction: Direction, name: str = "", targets: Targets | None = None) -> Policy:
    """The policy before its author has changed anything; without `targets` it may not be saved yet."""
    begun = default_policy(direction, monitor_only=False, enabled=False, priority=FIRST)
    return replace(begun, id=policy_id, name=name, targets=targets or Targets(), description="")
