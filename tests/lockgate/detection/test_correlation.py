"""Rules that administrators write: what they see, what is refused, what happens when one cannot be evaluated."""

import time
from dataclasses import replace

import pytest

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.correlation import own_rules
from lockgate.detection.correlation.expressions import compiled
from lockgate.detection.engine import inspect
from lockgate.model.errors import InvalidInput
from lockgate.model.facts import SenderHistory
from lockgate.model.findings import Category, Failure, Maturity, Report, Verdict
from lockgate.model.tuning import OwnRule, OwnSignal, Tuning
from tests.lockgate.detection.messages import facts, message

LETTER = message("Please pay at http://8.8.8.8/a today.", ("a.zip", "zip(b.exe=exe)"), subject="Invoice 77")


def rule(expression: str, maturity: Maturity = Maturity.ENFORCED, weight: float = 5.0) -> OwnRule:
    return OwnRule("test", "Test", expression, Category.FRAUD, weight, maturity)


def judged(*rules: OwnRule, signals: tuple[OwnSignal, ...] = (), known: SenderHistory | None = None) -> Report:
    given = facts(Tuning(3, rules=rules, signals=signals), *([known] if known else []))
    return inspect(LETTER, given, default_catalogue())


@pytest.mark.parametrize(
    "expression",
    [
        "message.subject.startsWith('Invoice') && message.from_domain == 'sender.example'",
        "message.text.contains('pay') && !message.is_list",
        "message.headers['subject'][0] == 'Invoice 77'",
        "links.exists(l, l.host == '8.8.8.8')",
        "attachments.exists(a, a.kind == 'exe' && a.nested)",
        "origin.direction == 'inbound' && 'tom@contoso.com' in origin.recipients",
        "'link.numeric-host' in findings && findings['link.numeric-host'] > 1.0",
        "families.phishing > 1.0 && score > 0.1",
        "'file-type:exe' in labels || size(labels) >= 0",
        "sender.messages == 0 && !sender.known",
        "authentication.dmarc == '' && exchange.scl == -9",
        "message.subject.matches('^Invoice [0-9]+$')",
    ],
)
def test_an_expression_sees_the_message_and_what_was_found(expression: str) -> None:
    report = judged(rule(expression))
    (found,) = [finding for finding in report.findings if finding.detector == "own.test"]
    assert found.weight == 5.0
    assert found.evidence[-1].excerpt == expression
    assert report.verdict is not Verdict.CLEAN


def test_a_rule_in_shadow_is_recorded_and_decides_nothing() -> None:
    shadow = judged(rule("true", Maturity.SHADOW, weight=9.0))
    plain = judged()
    assert [finding.detector for finding in shadow.shadow] == ["own.test"]
    assert (shadow.verdict, shadow.score) == (plain.verdict, plain.score)
    assert not [one for one in judged(rule("true", Maturity.DRAFT)).shadow if one.detector == "own.test"]


def test_rules_build_upon_signals_and_signals_upon_each_other() -> None:
    signals = (
        OwnSignal("stranger", "!sender.known"),
        OwnSignal("bare_address", "'link.numeric-host' in findings"),
        OwnSignal("both", "signals.stranger && signals.bare_address"),
    )
    found = judged(rule("signals.both"), signals=signals)
    assert "own.test" in {finding.detector for finding in found.findings}
    known = judged(rule("signals.both"), signals=signals, known=SenderHistory(5))
    assert "own.test" not in {finding.detector for finding in known.findings}


def test_a_rule_that_cannot_be_evaluated_is_a_gap_and_holds_no_mail() -> None:
    report = judged(rule("message.headers['x-none'][0] == 'a'"))
    (gap,) = [gap for gap in report.incomplete if gap.detector == "own.test"]
    assert (gap.failure, gap.essential) == (Failure.CRASHED, False)
    assert "own.test" not in {finding.detector for finding in report.findings}


def test_a_weight_and_a_maturity_of_the_tuning_are_in_force_and_mark_the_report() -> None:
    plain = inspect(LETTER, facts(), default_catalogue())
    tuned = Tuning(7, {"link.numeric-host": 0.5}, {"spam.shouting": Maturity.DRAFT})
    report = inspect(LETTER, facts(tuned), default_catalogue())
    assert {one.detector: one.weight for one in report.findings}["link.numeric-host"] == 0.5
    assert "spam.shouting" not in {one.detector for one in report.findings}
    assert report.catalogue != plain.catalogue


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("", "empty"),
        ("message.subject ==", "cannot be read"),
        ("mesage.subject == 'a'", "not there"),
        ("true " * 500, "characters"),
        ("links.exists(a, links.exists(b, links.exists(c, true)))", "walks through lists"),
    ],
)
def test_what_cannot_work_is_refused_with_a_reason(expression: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        compiled(expression)


def test_problems_are_told_in_sentences() -> None:
    twice = (rule("true"), rule("true"))
    assert any("two of that id" in one for one in own_rules.problems(Tuning(1, rules=twice)))
    assert any("no signal 'none'" in one for one in own_rules.problems(Tuning(1, rules=(rule("signals.none"),))))
    assert any("weight" in one for one in own_rules.problems(Tuning(1, rules=(rule("true", weight=99.0),))))
    bad = replace(rule("true"), id="Not An Id")
    assert any("small letters" in one for one in own_rules.problems(Tuning(1, rules=(bad,))))
    assert own_rules.problems(Tuning(1, rules=(rule("score > 0.5"),))) == []


def test_hostile_expressions_end_quickly() -> None:
    walk = rule("links.all(a, links.all(b, a.url != b.url + a.url))")
    patterns = rule("message.text.matches('(a+)+(b+)+$') || message.text.matches('(.*)*x')")
    began = time.process_time()
    many = message("a" * 50_000 + " ".join(f"http://h{n}.example/" for n in range(100)))
    inspect(many, facts(Tuning(1, rules=(walk, replace(patterns, id="two")))), default_catalogue())
    assert time.process_time() - began < 3.0
