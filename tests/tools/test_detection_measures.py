"""The arithmetic of the detection bench."""

import pytest

from bench.detection.measures import Point, area_under_curve, grouped, limits, share_above, threshold


def point(label: str, score: float, kind: str = "kind") -> Point:
    return Point(label, "source", kind, score, 1.0)


def test_area_under_curve_counts_ties_half() -> None:
    assert area_under_curve([0.1, 0.2], [0.8, 0.9]) == 1.0
    assert area_under_curve([0.1, 0.9], [0.1, 0.9]) == 0.5
    assert area_under_curve([0.5], [0.5, 0.7]) == 0.75


def test_no_more_than_the_share_lies_above_the_threshold() -> None:
    ham = [number / 1_000 for number in range(1_000)]
    for rate in (0.001, 0.005, 0.01):
        assert sum(score > threshold(ham, rate) for score in ham) == pytest.approx(rate * 1_000)


def test_recall_is_counted_above_the_limit_that_wanted_mail_sets() -> None:
    points = [*(point("ham", number / 1_000) for number in range(1_000)), point("phish", 0.996), point("phish", 0.5)]
    limit = limits(points)[0.005]
    assert share_above([one for one in points if one.unwanted], limit) == 0.5
    assert share_above([], limit) == 0.0


def test_groups_are_in_order() -> None:
    assert list(grouped([point("spam", 1, "b"), point("spam", 1, "a")], lambda one: one.kind)) == ["a", "b"]
