"""The arithmetic of the measurement."""

import pytest

from lockgate.model.findings import Verdict
from tools.measure_detection import Judged, Row, area_under_curve, page, threshold


def judged(label: str, score: float, verdict: Verdict) -> Judged:
    return Judged(Row(label, "kind", "source", b""), score, verdict, 1.0)


def test_area_under_curve_counts_ties_half() -> None:
    assert area_under_curve([0.1, 0.2], [0.8, 0.9]) == 1.0
    assert area_under_curve([0.1, 0.9], [0.1, 0.9]) == 0.5
    assert area_under_curve([0.5], [0.5, 0.7]) == 0.75


def test_no_more_than_the_share_lies_above_the_threshold() -> None:
    ham = [number / 1_000 for number in range(1_000)]
    for rate in (0.001, 0.005, 0.01):
        assert sum(score > threshold(ham, rate) for score in ham) == pytest.approx(rate * 1_000)


def test_the_page_names_each_kind() -> None:
    good = [judged("ham", 0.05, Verdict.CLEAN)] * 99 + [judged("ham", 0.7, Verdict.SPAM)]
    bad = [judged("phish", 0.9, Verdict.PHISHING), judged("phish", 0.2, Verdict.CLEAN)]
    told = page([*good, *bad])
    assert "| phish: kind | 2 | 1 (50.0%) |" in told
    assert "| source: kind | 100 | 1 (1.0%) |" in told
    assert "1.00% of wanted mail" in told
