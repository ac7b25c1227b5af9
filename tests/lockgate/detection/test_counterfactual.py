"""What a verdict hangs on is told in sentences, and is true."""

from lockgate.detection import scoring
from lockgate.detection.counterfactual import what_would_change
from lockgate.model.findings import Category, Finding, Maturity, Verdict


def finding(name: str, weight: float, category: Category = Category.PHISHING) -> Finding:
    return Finding(name, category, weight, f"sign {name}", ())


def test_a_single_finding_that_carries_the_verdict_is_named() -> None:
    said = what_would_change([finding("a", 4.0), finding("b", 0.2, Category.SPAM)])
    assert said == ("Without “sign a” it would be clean.",)


def test_findings_that_carry_it_only_together_are_counted() -> None:
    several = [finding(f"s{n}", 4.0) for n in range(3)]
    assert scoring.judge(several).verdict is Verdict.PHISHING
    (said,) = what_would_change(several)
    assert said == "No single finding carries it; without the 3 strongest together it would be clean."


def test_clean_mail_says_how_far_it_is_from_being_called_unwanted() -> None:
    (said,) = what_would_change([finding("a", 1.0)])
    assert "2.0 more in log-odds" in said
    shadow = Finding("b", Category.SPAM, 9.0, "x", (), Maturity.SHADOW)
    assert what_would_change([finding("a", 1.0), shadow]) == (said,)
    assert what_would_change([]) == ()
