"""Decides what becomes of a message for one recipient, and says why in one sentence.

The first enabled policy whose targets match is the one; all of its rules whose condition holds act together.
Two rules of the house are structure here, not configuration: a monitor-only policy has its actions taken away
before anything is decided (`_carry_out` never sees them), and an incomplete report never relays by accident.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lockgate.model.decision import Changes, Decision, Fate
from lockgate.model.envelope import Direction
from lockgate.model.findings import Failure, Report
from lockgate.model.policy import Action, ActionKind, Policy, PolicySet, RecipientProfile, Rule
from lockgate.policy import actions, conditions, explanation, simulations, targets

PATIENCE = 3
"""Deferrals of an incompletely inspected message before it is held (design: 451, then quarantine)."""

FINAL = frozenset({Fate.QUARANTINE, Fate.REJECT, Fate.DELETE})
HOLD = Action(ActionKind.QUARANTINE)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The rules of the policy that apply, and the actions they ask for in that order."""

    rules: tuple[Rule, ...]
    actions: tuple[Action, ...]


def decide(report: Report, rcpt_to: str, profile: RecipientProfile, policies: PolicySet) -> Decision:
    """What becomes of the message for `rcpt_to`. Never raises; without a matching policy the message is relayed."""
    return decide_after_retries(report, rcpt_to, profile, policies, tries=0)


def decide_after_retries(
    report: Report,
    rcpt_to: str,
    profile: RecipientProfile,
    policies: PolicySet,
    *,
    tries: int,
    patience: int = PATIENCE,
) -> Decision:
    """As `decide`, for a message that was already deferred `tries` times because its inspection was incomplete.

    From `patience` deferrals on it is held in quarantine instead of being deferred again.
    """
    policy = choose(policies, profile)
    if policy is None:
        return Decision(rcpt_to, Fate.RELAY, Changes(), explanation.no_policy(profile, policies))
    chosen = _choose_actions(policy, report)
    if policy.monitor_only:
        return _only_record(policy, chosen, report, rcpt_to)
    decision = _carry_out(policy, chosen, report, rcpt_to)
    if report.is_complete or decision.fate in FINAL:
        return decision
    return _mind_the_gap(policy, decision, chosen, report, tries >= patience)


def choose(policies: PolicySet, profile: RecipientProfile) -> Policy | None:
    """The policy for this person: the enabled one with the smallest priority number whose targets match."""
    in_order = sorted(policies.policies, key=lambda policy: policy.priority)
    return next((policy for policy in in_order if _applies(policy, policies, profile)), None)


def _applies(policy: Policy, policies: PolicySet, profile: RecipientProfile) -> bool:
    return policy.enabled and policy.direction is policies.direction and targets.matches(policy.targets, profile)


def _choose_actions(policy: Policy, report: Report) -> _Chosen:
    rules = simulations.still_acting(conditions.applying(policy, report), report)
    allowed = actions.ALLOWED[policy.direction]
    return _Chosen(rules, tuple(action for rule in rules for action in rule.actions if action.kind in allowed))


def _only_record(policy: Policy, chosen: _Chosen, report: Report, rcpt_to: str) -> Decision:
    wanted = [*chosen.actions]
    if not report.is_complete and policy.when_incomplete is not None:
        wanted.append(policy.when_incomplete)
    held_back: tuple[ActionKind, ...] = tuple(dict.fromkeys(_kinds_that_act(wanted)))
    return Decision(
        rcpt_to=rcpt_to,
        fate=Fate.RELAY,
        changes=Changes(),
        explanation=explanation.monitored(policy, chosen.rules, report, held_back),
        reasons=_reasons(chosen.rules, report),
        rule=_decisive_rule(chosen),
        policy_id=policy.id,
        policy_name=policy.name,
        policy_version=policy.version,
        monitored=held_back,
    )


def _kinds_that_act(wanted: Iterable[Action]) -> Iterable[ActionKind]:
    return (action.kind for action in wanted if action.kind is not ActionKind.PASS)


def _carry_out(policy: Policy, chosen: _Chosen, report: Report, rcpt_to: str) -> Decision:
    fate = actions.fate_of(chosen.actions)
    rule = _decisive_rule(chosen)
    changes = Changes() if fate in FINAL else actions.changes_of(chosen.actions, chosen.rules, report)
    told = explanation.decided(policy, chosen.rules, report, fate, rule)
    if fate not in FINAL and not changes.protects and any(one.kind in actions.PROTECTIVE for one in chosen.actions):
        fate, changes, told = Fate.QUARANTINE, Changes(), explanation.no_attachment(policy, rule)
    goes_on = policy.direction is Direction.INBOUND and fate not in (Fate.REJECT, Fate.DELETE)  # perhaps once released
    simulation = simulations.simulation_in(report)
    if simulation is not None and not chosen.rules:
        told = explanation.simulated(policy, simulation)
    click_time = policy.click_time if goes_on and simulation is None else None
    return Decision(
        rcpt_to=rcpt_to,
        fate=fate,
        changes=changes,
        explanation=told,
        reasons=_reasons(chosen.rules, report),
        rule=rule,
        policy_id=policy.id,
        policy_name=policy.name,
        policy_version=policy.version,
        actions=chosen.actions,
        refusal=actions.refusal_of(chosen.actions) if fate is Fate.REJECT else "",
        reviewers=actions.reviewers_of(chosen.actions) if fate is Fate.RELAY else (),
        click_time=click_time,
        asked=actions.asked_of(chosen.actions),
        require_tls=actions.requires_tls(chosen.actions),
        unlogged=fate is Fate.RELAY and report.is_complete and not click_time and actions.is_unlogged(chosen.actions),
    )


def _mind_the_gap(policy: Policy, decision: Decision, chosen: _Chosen, report: Report, tired: bool) -> Decision:
    """An essential gap: the policy's own answer, else try later, else hold when trying again is of no use."""
    gaps = tuple(gap.detector for gap in report.incomplete if gap.essential)
    if policy.when_incomplete is not None:
        own = _Chosen(chosen.rules, (*chosen.actions, policy.when_incomplete))
        decision = _carry_out(policy, own, report, decision.rcpt_to)
        reasons = tuple(dict.fromkeys((*decision.reasons, *gaps)))
        told = explanation.incomplete(policy, report, decision.fate)
        return replace(decision, explanation=told, reasons=reasons)
    fate = Fate.QUARANTINE if tired or not _worth_retrying(report) else Fate.TRY_LATER
    return replace(
        decision,
        fate=fate,
        changes=Changes(),
        explanation=explanation.incomplete(policy, report, fate),
        reasons=tuple(dict.fromkeys((*decision.reasons, *gaps))),
        actions=(HOLD,) if fate is Fate.QUARANTINE else (),
        reviewers=(),
        asked=(),
        unlogged=False,
    )


def _worth_retrying(report: Report) -> bool:
    """A limit is reached again at every try, and a verdict that comes later is waited for in quarantine, from where it
    releases the message; a missing fact or a crash may be gone.
    """
    lasting = (Failure.LIMIT, Failure.PENDING)
    return any(gap.failure not in lasting for gap in report.incomplete if gap.essential)


def _reasons(rules: Iterable[Rule], report: Report) -> tuple[str, ...]:
    """Detector ids behind the rules that applied; a rule on the verdict stands on every finding against the message."""
    named: dict[str, None] = {}
    for rule in rules:
        named.update((finding.detector, None) for finding in actions.findings_of(rule, report))
    return tuple(named)


def _decisive_rule(chosen: _Chosen) -> str:
    decisive = actions.strongest(chosen.actions)
    return next((rule.name for rule in chosen.rules if decisive in rule.actions), "")
