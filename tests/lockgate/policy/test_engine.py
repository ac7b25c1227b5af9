"""What becomes of a message: choice of the policy, combination of actions, incomplete inspections, monitor-only."""

import re
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lockgate.model.decision import Changes, Fate
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence, Failure, Finding, Incomplete, Report, Verdict
from lockgate.model.policy import Action, ActionKind, Condition, Policy, PolicySet, RecipientProfile, Rule, Targets
from lockgate.policy.defaults import MONITORING, NEAR_CERTAIN, PROTECTION, default_policies
from lockgate.policy.engine import PATIENCE, decide, decide_after_retries

MEASURED = Path(__file__).parents[3] / "docs" / "detection.md"
ADA = RecipientProfile("ada@contoso.com", frozenset({"ada@contoso.com", "a.lovelace@contoso.com"}), frozenset({"g-1"}))


def finding(detector: str = "link.text-differs", weight: float = 4.0, labels: tuple[str, ...] = ()) -> Finding:
    return Finding(
        detector, Category.PHISHING, weight, "a link shows another target", (Evidence("link 1", "x"),), labels=labels
    )


def report(verdict: Verdict = Verdict.CLEAN, *findings: Finding, gaps: tuple[Incomplete, ...] = ()) -> Report:
    return Report(verdict, 0.9 if verdict is not Verdict.CLEAN else 0.1, findings, gaps)


def policy(
    *rules: Rule,
    identity: str = "p",
    priority: int = 1,
    targets: Targets | None = None,
    monitor_only: bool = False,
    direction: Direction = Direction.INBOUND,
    when_incomplete: Action | None = None,
    enabled: bool = True,
) -> Policy:
    return Policy(
        identity, 3, f"Policy {identity}", direction, priority, enabled, monitor_only,
        targets or Targets(everyone=True), rules, when_incomplete,
    )  # fmt: skip


def inbound(*policies: Policy) -> PolicySet:
    return PolicySet("t", Direction.INBOUND, policies)


def on(verdict: Verdict, *actions: Action, name: str = "") -> Rule:
    return Rule(name or f"on {verdict}", Condition(verdicts=frozenset({verdict})), actions)


QUARANTINE = Action(ActionKind.QUARANTINE)
JUNK = Action(ActionKind.MOVE_TO_JUNK)
TAG = Action(ActionKind.TAG_SUBJECT, "[External]")
DISCLAIMER = Action(ActionKind.ADD_DISCLAIMER, "Be careful.")
CRASH = Incomplete("link.text-differs", Failure.CRASHED, "boom")
LIMIT = Incomplete("file.archive-limits", Failure.LIMIT, "too deep")


def test_without_a_matching_policy_the_message_is_relayed_and_the_reason_says_so() -> None:
    decision = decide(report(Verdict.MALWARE), "ada@contoso.com", ADA, inbound())
    assert decision.fate is Fate.RELAY
    assert "no enabled inbound policy is for ada@contoso.com" in decision.explanation


def test_the_first_matching_policy_by_priority_decides_whatever_the_order_given() -> None:
    strict = policy(on(Verdict.SPAM, QUARANTINE), identity="strict", priority=1)
    mild = policy(on(Verdict.SPAM, JUNK), identity="mild", priority=2)
    assert decide(report(Verdict.SPAM), "ada@contoso.com", ADA, inbound(mild, strict)).policy_id == "strict"


def test_a_disabled_policy_and_one_for_others_are_passed_over() -> None:
    off = policy(on(Verdict.SPAM, QUARANTINE), identity="off", priority=1, enabled=False)
    others = policy(on(Verdict.SPAM, QUARANTINE), identity="others", priority=2, targets=Targets(users=("bob@x.org",)))
    last = policy(on(Verdict.SPAM, JUNK), identity="last", priority=3, targets=Targets(groups=("g-1",)))
    assert decide(report(Verdict.SPAM), "ada@contoso.com", ADA, inbound(off, others, last)).policy_id == "last"


def test_an_exception_wins_over_every_way_of_being_a_target() -> None:
    targets = Targets(everyone=True, users=("ada@contoso.com",), except_users=("A.Lovelace@contoso.com",))
    decision = decide(
        report(Verdict.SPAM), "ada@contoso.com", ADA, inbound(policy(on(Verdict.SPAM, JUNK), targets=targets))
    )
    assert decision.policy_id == ""


def test_the_strongest_action_decides_and_the_rule_that_asked_for_it_is_named() -> None:
    rules = (on(Verdict.PHISHING, TAG, name="tag"), on(Verdict.PHISHING, QUARANTINE, name="hold"))
    decision = decide(report(Verdict.PHISHING, finding()), "ada@contoso.com", ADA, inbound(policy(*rules)))
    assert (decision.fate, decision.rule, decision.changes) == (Fate.QUARANTINE, "hold", Changes())
    assert decision.reasons == ("link.text-differs",)
    assert "version 3" in decision.explanation
    assert "link.text-differs" in decision.explanation


def test_tag_disclaimer_and_junk_are_done_together() -> None:
    rules = (on(Verdict.SPAM, TAG), on(Verdict.SPAM, DISCLAIMER, JUNK, name="more"))
    decision = decide(report(Verdict.SPAM), "ada@contoso.com", ADA, inbound(policy(*rules)))
    assert decision.fate is Fate.JUNK
    assert decision.changes == Changes("[External]", "Be careful.")


def test_outbound_mail_is_never_marked_as_junk() -> None:
    outward = policy(on(Verdict.SPAM, JUNK), direction=Direction.OUTBOUND)
    decision = decide(report(Verdict.SPAM), "x@y.org", ADA, PolicySet("t", Direction.OUTBOUND, (outward,)))
    assert decision.fate is Fate.RELAY


def test_a_rule_on_a_label_with_a_wildcard_names_the_finding() -> None:
    rule = Rule("files", Condition(findings=("file-danger:*",)), (QUARANTINE,))
    dangerous = finding("file.dangerous-type", 1.0, ("file-danger:exe",))
    decision = decide(report(Verdict.CLEAN, finding(), dangerous), "a@b.c", ADA, inbound(policy(rule)))
    assert decision.fate is Fate.QUARANTINE
    assert decision.reasons == ("file.dangerous-type",)


def test_an_incomplete_inspection_is_tried_later_and_held_after_repeated_tries() -> None:
    unsure = report(Verdict.CLEAN, gaps=(CRASH,))
    policies = inbound(policy(on(Verdict.SPAM, JUNK)))
    assert decide(unsure, "a@b.c", ADA, policies).fate is Fate.TRY_LATER
    assert decide_after_retries(unsure, "a@b.c", ADA, policies, tries=PATIENCE - 1).fate is Fate.TRY_LATER
    held = decide_after_retries(unsure, "a@b.c", ADA, policies, tries=PATIENCE)
    assert held.fate is Fate.QUARANTINE
    assert "incomplete" in held.explanation
    assert "link.text-differs" in held.reasons


def test_a_limit_is_held_at_once_because_trying_again_would_meet_it_again() -> None:
    assert decide(report(gaps=(LIMIT,)), "a@b.c", ADA, inbound(policy(on(Verdict.SPAM, JUNK)))).fate is Fate.QUARANTINE


def test_malware_that_was_found_is_held_even_when_something_else_could_not_be_looked_at() -> None:
    found = report(Verdict.MALWARE, finding(), gaps=(CRASH,))
    assert decide(found, "a@b.c", ADA, inbound(policy(on(Verdict.MALWARE, QUARANTINE)))).fate is Fate.QUARANTINE


def test_a_gap_that_is_not_essential_changes_nothing() -> None:
    gap = Incomplete("impersonation.first-contact", Failure.MISSING_FACT, "not configured", essential=False)
    assert decide(report(gaps=(gap,)), "a@b.c", ADA, inbound(policy(on(Verdict.SPAM, JUNK)))).fate is Fate.RELAY


def test_a_policy_may_say_itself_what_an_incomplete_inspection_means() -> None:
    brave = policy(on(Verdict.SPAM, JUNK), when_incomplete=TAG)
    decision = decide(report(gaps=(CRASH,)), "a@b.c", ADA, inbound(brave))
    assert (decision.fate, decision.changes.subject_prefix) == (Fate.RELAY, "[External]")


def test_the_default_policies_protect_and_watch() -> None:
    protect = default_policies("t", Direction.INBOUND)
    watch = default_policies("t", Direction.INBOUND, monitor_only=True)
    assert decide(report(Verdict.MALWARE), "a@b.c", ADA, protect).policy_name == PROTECTION
    for verdict, fate in {
        Verdict.MALWARE: Fate.QUARANTINE,
        Verdict.PHISHING: Fate.QUARANTINE,
        Verdict.FRAUD: Fate.QUARANTINE,
        Verdict.SPAM: Fate.JUNK,
        Verdict.BULK: Fate.RELAY,
        Verdict.CLEAN: Fate.RELAY,
    }.items():
        assert decide(certain(verdict), "a@b.c", ADA, protect).fate is fate
        watched = decide(certain(verdict), "a@b.c", ADA, watch)
        assert (watched.fate, watched.policy_name) == (Fate.RELAY, MONITORING)
        assert bool(watched.monitored) == (fate is not Fate.RELAY)


def test_by_default_what_is_only_likely_goes_to_junk() -> None:
    protect = default_policies("t", Direction.INBOUND)
    for verdict in (Verdict.PHISHING, Verdict.FRAUD):
        likely = replace(report(verdict), score=NEAR_CERTAIN - 0.01)
        assert decide(likely, "a@b.c", ADA, protect).fate is Fate.JUNK
        assert decide(replace(likely, score=NEAR_CERTAIN), "a@b.c", ADA, protect).fate is Fate.QUARANTINE
    sent = replace(report(Verdict.PHISHING), score=0.6)
    assert decide(sent, "a@b.c", ADA, default_policies("t", Direction.OUTBOUND)).fate is Fate.QUARANTINE


def test_default_thresholds_are_those_of_the_measured_curves() -> None:
    """Of the table "Curves by family": nothing is quarantined that more than 1 in 1,000 wanted messages would share."""
    protect = default_policies("t", Direction.INBOUND)
    row = re.compile(r"^\| (\w+) \| ([\d.]+) \| ([\d.]+)% \| [\d.]+% \| \W*(\w+)", re.MULTILINE)
    curves = MEASURED.read_text("utf-8").partition("## Curves by family")[2].partition("\n## ")[0]
    rows = row.findall(curves)
    assert {verdict for verdict, *_ in rows} == {"phishing", "fraud", "spam"}
    for verdict, score, wanted, told in rows:
        fate = decide(replace(report(Verdict(verdict)), score=float(score)), "a@b.c", ADA, protect).fate
        assert (fate is Fate.QUARANTINE) == (told == "quarantine"), (verdict, score)
        assert fate is Fate.JUNK or float(wanted) <= 0.1, (verdict, score)


def certain(verdict: Verdict) -> Report:
    return replace(report(verdict), score=0.99)


findings = st.builds(
    Finding,
    st.sampled_from(("a.b", "file.dangerous-type")),
    st.sampled_from(Category),
    st.floats(-9, 9),
    st.just("because"),
    st.just(()),
    labels=st.sampled_from(((), ("file-danger:exe",), ("dlp-template:pci-dss",))),
)
gaps = st.builds(Incomplete, st.just("a.b"), st.sampled_from(Failure), st.just("why"), st.booleans())
reports = st.builds(
    Report,
    st.sampled_from(Verdict),
    st.floats(0, 1),
    st.lists(findings, max_size=4).map(tuple),
    st.lists(gaps, max_size=3).map(tuple),
)
actions = st.builds(Action, st.sampled_from(ActionKind), st.just("text"))
rules = st.builds(
    Rule,
    st.sampled_from(("one", "two")),
    st.builds(
        Condition,
        st.frozensets(st.sampled_from(Verdict), max_size=3),
        st.sampled_from(((), ("*:exe",), ("a.b",))),
        st.none() | st.floats(0, 1),
    ),
    st.lists(actions, min_size=1, max_size=3).map(tuple),
)


@given(reports, st.lists(rules, max_size=4), st.none() | actions, st.integers(0, 9), st.sampled_from(Direction))
def test_monitor_only_never_holds_changes_junks_drops_or_delays_anything(
    seen: Report, some: list[Rule], when_incomplete: Action | None, tries: int, direction: Direction
) -> None:
    watching = policy(*some, monitor_only=True, when_incomplete=when_incomplete, direction=direction)
    policies = PolicySet("t", direction, (watching,))
    decision = decide_after_retries(seen, "a@b.c", ADA, policies, tries=tries)
    assert (decision.fate, decision.changes, decision.actions) == (Fate.RELAY, Changes(), ())
    assert decision.explanation


@given(reports, st.lists(rules, max_size=4), st.integers(0, 9))
def test_what_is_incomplete_is_never_simply_relayed(seen: Report, some: list[Rule], tries: int) -> None:
    decision = decide_after_retries(seen, "a@b.c", ADA, inbound(policy(*some)), tries=tries)
    if not seen.is_complete:
        assert decision.fate in {Fate.TRY_LATER, Fate.QUARANTINE, Fate.REJECT, Fate.DELETE}
    else:
        assert decision.fate is not Fate.TRY_LATER


def in_part(path: str, labels: tuple[str, ...] = ()) -> Finding:
    evidence = (Evidence(f"part {path} a.docm > vbaProject.bin", "AutoOpen"),)
    return Finding("malware.office-macros", Category.MALWARE, 3.0, "a macro starts by itself", evidence, labels=labels)


def acting(kind: ActionKind, text: str = "", findings: tuple[str, ...] = ("malware.office-macros",)) -> Rule:
    return Rule(f"{kind}", Condition(findings=findings), (Action(kind, text),))


def test_attachments_are_replaced_and_cleaned_where_the_rules_own_findings_are() -> None:
    rules = (acting(ActionKind.SANITISE), acting(ActionKind.REPLACE_ATTACHMENTS, "gone", ("file-danger:*",)))
    seen = report(Verdict.CLEAN, in_part("2"), in_part("1.3", ("file-danger:exe",)), finding())
    changes = decide(seen, "ada@contoso.com", ADA, inbound(policy(*rules))).changes
    assert (changes.replace, changes.sanitise, changes.replacement) == (("1.3",), ("2",), "gone")
    assert changes.protects


def test_what_cannot_be_made_harmless_is_held() -> None:
    decision = decide(
        report(Verdict.MALWARE, finding()), "ada@contoso.com", ADA,
        inbound(policy(on(Verdict.MALWARE, Action(ActionKind.REPLACE_ATTACHMENTS)))),
    )  # fmt: skip
    assert decision.fate is Fate.QUARANTINE and "in no attachment" in decision.explanation


def test_a_banner_gives_the_reasons_and_stands_beside_junk() -> None:
    rules = (on(Verdict.PHISHING, Action(ActionKind.ADD_BANNER, "Careful!"), JUNK),)
    decision = decide(report(Verdict.PHISHING, finding()), "ada@contoso.com", ADA, inbound(policy(*rules)))
    assert decision.fate is Fate.JUNK
    assert decision.changes.banner == "Careful!\n- a link shows another target"


def test_a_rejection_is_stronger_than_a_hold_and_carries_its_reason() -> None:
    rules = (on(Verdict.SPAM, QUARANTINE), on(Verdict.SPAM, Action(ActionKind.REJECT, "no thanks"), name="second"))
    decision = decide(report(Verdict.SPAM, finding()), "ada@contoso.com", ADA, inbound(policy(*rules)))
    assert (decision.fate, decision.refusal, decision.rule) == (Fate.REJECT, "no thanks", "second")
    assert "Rejected by rule 'second'" in decision.explanation


def test_reviewers_stand_in_only_where_the_message_is_relayed() -> None:
    review = Action(ActionKind.CHANGE_RECIPIENT, "dpo@contoso.com; legal@contoso.com")
    seen = report(Verdict.SPAM, finding())
    relayed = decide(seen, "x@outside.example", ADA, inbound(policy(on(Verdict.SPAM, review))))
    assert (relayed.fate, relayed.reviewers) == (Fate.RELAY, ("dpo@contoso.com", "legal@contoso.com"))
    held = decide(seen, "x@outside.example", ADA, inbound(policy(on(Verdict.SPAM, review, QUARANTINE))))
    assert (held.fate, held.reviewers) == (Fate.QUARANTINE, ())
