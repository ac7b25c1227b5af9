"""What a change would have done to past mail, told from the trace before it is made."""

from dataclasses import replace
from datetime import UTC, datetime

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.engine import inspect
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Maturity, Verdict
from lockgate.model.reputation import Entry, Standing, Subject
from lockgate.model.trace import MessageTrace
from lockgate.model.tuning import OwnRule, Tuning
from lockgate.tuning.replay import Change, Replayed, replay
from tests.lockgate.detection.messages import facts, message

AT = datetime(2026, 5, 1, tzinfo=UTC)
SENDER = "ada@sender.example"
LETTERS = {
    "numeric": message("The printers answer at http://8.8.8.8/a and http://9.9.9.9/b now.", subject="Numbers"),
    "qr": message(
        "Your password expires. Verify your account.", ("a.png", "qr(https://collect.example/x)"), subject="Scan"
    ),
    "museum": message("The programme.", ("a.png", "qr(https://museum.example/x)"), subject="Programme"),
    "plain": message("Hello Tom, see you on Monday.", subject="Monday"),
}


def traces() -> list[MessageTrace]:
    made = []
    for name, letter in LETTERS.items():
        report = inspect(letter, facts(), default_catalogue())
        findings = (*report.findings, *report.shadow)
        made.append(
            MessageTrace(
                name, "t1", Direction.INBOUND, AT, AT, "", SENDER, SENDER, letter.subject, "", "", 1000,
                report.verdict, report.score, "250", findings, (), (),
            )
        )  # fmt: skip
    return made


def told(tried: Tuning, *entries: Entry) -> Replayed:
    return replay(traces(), Tuning(0), Change(tried, entries))


def test_no_change_changes_nothing() -> None:
    found = told(Tuning(0))
    assert (found.messages, dict(found.moved)) == (4, {})


def test_another_weight_moves_the_messages_that_hang_on_it() -> None:
    found = told(Tuning(0, weights={"link.numeric-host": 9.0}))
    (one,) = found.examples
    assert (one.message_id, one.after) == ("numeric", Verdict.PHISHING)
    judged_anew = inspect(LETTERS["numeric"], facts(Tuning(1, {"link.numeric-host": 9.0})), default_catalogue())
    assert (judged_anew.verdict, judged_anew.score) == (one.after, one.score_after)
    assert any("link.numeric-host" in why for why in one.because)


def test_a_detector_in_shadow_takes_its_correlations_along() -> None:
    before = {trace.id: trace for trace in traces()}["qr"]
    assert before.verdict is Verdict.PHISHING
    assert "correlation.code-with-pretext" in {finding.detector for finding in before.findings}
    watched = dict.fromkeys(("link.qr-code", "phishing.classifier"), Maturity.SHADOW)
    (one,) = told(Tuning(0, maturities=watched)).examples
    assert (one.message_id, one.after) == ("qr", Verdict.CLEAN)
    assert any("correlation.code-with-pretext" in why and "gone" in why for why in one.because)


def test_a_rule_is_counted_and_one_that_asks_too_much_is_said() -> None:
    rules = (
        OwnRule("numbers", "n", "message.subject == 'Numbers'", Category.SPAM, 9.0, Maturity.ENFORCED),
        OwnRule("text", "t", "message.text.contains('Monday')", Category.SPAM, 9.0, Maturity.ENFORCED),
    )
    found = told(Tuning(0, rules=rules))
    assert found.hits == {"own.numbers": 1}
    assert found.untold == {"own.text": 4}
    assert [(one.message_id, one.after) for one in found.examples] == [("numeric", Verdict.SPAM)]


def test_a_blocked_sender_and_a_blocked_domain_of_links() -> None:
    sender = Entry("1", "", "", Standing.BLOCKED, Subject.SENDER, "ada@sender.example", "", "manual", AT, "")
    assert {one.after for one in told(Tuning(0), sender).examples} == {Verdict.SPAM}
    domain = replace(sender, subject=Subject.DOMAIN, pattern="museum.example")
    assert [(one.message_id, one.after) for one in told(Tuning(0), domain).examples] == [("museum", Verdict.PHISHING)]
