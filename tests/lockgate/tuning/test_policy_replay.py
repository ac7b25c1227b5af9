"""What other policies would have done with past mail, from stored findings: counts, pairs, and the rows behind them."""

from dataclasses import replace
from datetime import timedelta

from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.policy import ClickTime, Policy, RecipientProfile, Targets
from lockgate.model.trace import MessageTrace
from lockgate.policy.outcomes import carried_out
from lockgate.tuning.policy_changes import with_instead
from lockgate.tuning.policy_replay import ReplayedFates, replay_fates
from tests.contracts.records import NOW, a_recipient, a_trace
from tests.lockgate.policy.test_conflicts import REVIEW
from tests.lockgate.policy.test_engine import ADA, JUNK, QUARANTINE, TAG, inbound, on, policy, report

ADA_ADDRESS, BEN_ADDRESS = "ada@contoso.com", "ben@contoso.com"
SPAM = on(Verdict.SPAM, JUNK, name="Spam")
IN_FORCE = policy(SPAM, on(Verdict.MALWARE, QUARANTINE, name="Malware"))


def mail() -> list[MessageTrace]:
    """Newest first, as storage gives it: spam for two, malware, spam that leaves, a message that nobody inspected."""
    both = (a_recipient(ADA_ADDRESS), a_recipient(BEN_ADDRESS))
    return [
        a_trace(at=NOW, verdict=Verdict.SPAM, recipients=both, subject="Win"),
        a_trace(at=NOW - timedelta(hours=1), verdict=Verdict.MALWARE, recipients=both[:1]),
        a_trace(at=NOW - timedelta(hours=2), verdict=Verdict.SPAM, direction=Direction.OUTBOUND, recipients=both),
        a_trace(at=NOW - timedelta(hours=3), verdict=None, recipients=both),
        a_trace(at=NOW - timedelta(hours=4), verdict=Verdict.SPAM, recipients=both[1:], subject="Win again"),
    ]


def profile(address: str) -> RecipientProfile:
    return ADA if address == ADA_ADDRESS else RecipientProfile(address)


def told(tried: Policy, *others: Policy, **options: object) -> ReplayedFates:
    now = inbound(IN_FORCE, *others)
    return replay_fates(mail(), now, with_instead(now, tried), profile, **options)  # type: ignore[arg-type]


def test_the_same_policy_changes_nothing() -> None:
    found = told(replace(IN_FORCE, version=9))
    assert (found.messages, found.recipients, found.changed, found.rows) == (3, 4, 0, [])
    assert found.before == found.after == {"move-to-junk": 3, "quarantine": 1}
    assert found.back_to == NOW - timedelta(hours=4) and not found.stopped


def test_deliveries_whose_links_would_be_judged_again_are_counted() -> None:
    found = told(replace(IN_FORCE, click_time=ClickTime()))
    assert (found.changed, found.links_before, found.links_after) == (0, 0, 3), "what is quarantined has no links"


def test_what_became_what_is_counted_by_delivery_and_by_action_and_has_its_rows() -> None:
    found = told(replace(IN_FORCE, rules=(on(Verdict.SPAM, JUNK, TAG, name="Spam"), on(Verdict.MALWARE, TAG))))
    assert found.moved == {("move-to-junk", "move-to-junk + tag-subject"): 3, ("quarantine", "tag-subject"): 1}
    assert found.after == {"move-to-junk": 3, "tag-subject": 4}
    assert [(one.subject, one.rcpt_to) for one in found.rows if one.before == "move-to-junk"] == [
        ("Win", ADA_ADDRESS), ("Win", BEN_ADDRESS), ("Win again", BEN_ADDRESS)
    ]  # fmt: skip
    pair = ("quarantine", "tag-subject")
    [row] = told(replace(IN_FORCE, rules=(on(Verdict.SPAM, JUNK), on(Verdict.MALWARE, TAG))), only=pair).rows
    assert (row.before, row.after) == pair and "by rule 'on malware'" in row.because


def test_a_draft_of_a_policy_for_some_touches_only_their_mail_and_only_from_its_place() -> None:
    finance = policy(
        on(Verdict.SPAM, QUARANTINE), identity="f", priority=2, targets=Targets(users=(BEN_ADDRESS,)), enabled=False
    )
    assert told(finance, finance).changed == 0, "it stands behind the one for everyone"
    first = replace(finance, priority=0)
    assert {row.rcpt_to for row in told(first, first).rows} == {BEN_ADDRESS}
    assert told(first, first).moved == {("move-to-junk", "quarantine"): 2}


def test_monitor_only_would_have_passed_everything() -> None:
    assert told(replace(IN_FORCE, monitor_only=True)).after == {"pass": 4}


def test_it_stops_at_the_most_and_says_so() -> None:
    found = told(IN_FORCE, most=2)
    assert (found.messages, found.back_to, found.stopped) == (2, NOW - timedelta(hours=1), True)
    assert not told(IN_FORCE, most=3).stopped
    assert len(told(replace(IN_FORCE, monitor_only=True), rows=1).rows) == 1


def test_what_is_carried_out_leaves_out_what_a_stronger_action_makes_idle() -> None:
    from lockgate.policy.engine import decide

    def done(*rules: object) -> tuple[str, ...]:
        return carried_out(decide(report(Verdict.SPAM), ADA_ADDRESS, ADA, inbound(policy(*rules))))  # type: ignore[arg-type]

    assert done(on(Verdict.SPAM, TAG, QUARANTINE)) == ("quarantine",)
    assert done(on(Verdict.SPAM, REVIEW, JUNK, TAG)) == ("move-to-junk", "tag-subject")
    assert done(on(Verdict.SPAM, REVIEW)) == ("change-recipient",)
