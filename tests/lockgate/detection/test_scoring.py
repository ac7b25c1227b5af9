"""How weights become a verdict and a probability."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.detection.scoring import DAMPING, PRIOR, judge
from lockgate.model.findings import Category, Finding, Verdict


def finding(category: Category, weight: float, name: str = "x.y") -> Finding:
    return Finding(name, category, weight, "because", ())


def test_nothing_found_is_the_prior() -> None:
    judgement = judge([])
    assert judgement.verdict is Verdict.CLEAN
    assert judgement.score == pytest.approx(1 / (1 + math.exp(-PRIOR)), abs=1e-6)


def test_weights_of_one_family_are_damped_and_families_add_up() -> None:
    judgement = judge([finding(Category.SPAM, 2.0), finding(Category.SPAM, 1.0), finding(Category.EVASION, 1.0)])
    assert judgement.log_odds == pytest.approx(PRIOR + 2.0 + DAMPING * 1.0 + 1.0)


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ([finding(Category.PHISHING, 2.0), finding(Category.SPAM, 1.5)], Verdict.PHISHING),
        ([finding(Category.PHISHING, 1.0), finding(Category.SPAM, 2.5)], Verdict.SPAM),
        ([finding(Category.FRAUD, 2.0), finding(Category.PHISHING, 2.0)], Verdict.PHISHING),
        ([finding(Category.EVASION, 4.0)], Verdict.SPAM),
        ([finding(Category.FRAUD, 2.9)], Verdict.CLEAN),
        ([finding(Category.FRAUD, 4.0), finding(Category.INNOCENCE, -2.0)], Verdict.CLEAN),
        ([finding(Category.MALWARE, 8.0), finding(Category.INNOCENCE, -20.0)], Verdict.MALWARE),
        ([finding(Category.DLP, 2.0), finding(Category.SPAM, 4.0)], Verdict.DLP),
        ([finding(Category.DLP, 2.0), finding(Category.PHISHING, 4.0)], Verdict.PHISHING),
        ([finding(Category.BULK, 1.5)], Verdict.BULK),
        ([finding(Category.BULK, 1.5), finding(Category.SPAM, 4.0)], Verdict.SPAM),
    ],
)
def test_the_gravest_verdict_that_the_evidence_carries_wins(findings: list[Finding], verdict: Verdict) -> None:
    assert judge(findings).verdict is verdict


findings = st.lists(st.builds(finding, st.sampled_from(Category), st.floats(-9, 9)), max_size=12)


@given(findings, st.randoms())
def test_order_does_not_matter_and_the_score_is_a_probability(some: list[Finding], random: object) -> None:
    shuffled = sorted(some, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert judge(some) == judge(shuffled)
    assert 0.0 <= judge(some).score <= 1.0


@given(findings, st.sampled_from((Category.PHISHING, Category.FRAUD, Category.SPAM)), st.floats(0.1, 9))
def test_more_evidence_against_a_message_never_lowers_its_score(some: list[Finding], kind: Category, w: float) -> None:
    assert judge([*some, finding(kind, w)]).score >= judge(some).score - 1e-6


def test_the_classifier_is_not_damped_and_excuses_the_less_the_surer_another_finding_is() -> None:
    both = [finding(Category.SPAM, 2.0), finding(Category.SPAM, 3.0, "spam.classifier")]
    assert judge(both).log_odds == pytest.approx(PRIOR + 5.0)
    for weight, left in ((0.0, -3.0), (3.0, -3.0), (4.0, -2.0), (6.0, 0.0), (8.0, 0.0)):
        excused = [finding(Category.FRAUD, weight), finding(Category.INNOCENCE, -3.0, "innocence.classifier")]
        assert judge(excused).log_odds == pytest.approx(PRIOR + weight + left)


def test_what_speaks_for_a_message_lowers_its_score_below_the_prior() -> None:
    assert judge([finding(Category.INNOCENCE, -2.0)]).score < judge([]).score
