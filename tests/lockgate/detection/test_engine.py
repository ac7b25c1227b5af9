"""Every detector gets an outcome: findings merged, crashes and missing facts named, drafts and shadows kept apart."""

import pickle
from collections.abc import Iterator

from lockgate.detection.catalogue import Catalogue, default_catalogue
from lockgate.detection.content import Content
from lockgate.detection.detector import Detector, Found, Function, Outcome, Unfinished, detector
from lockgate.detection.engine import NOT_CONFIGURED, inspect
from lockgate.detection.overrides import Overrides
from lockgate.model.envelope import Direction
from lockgate.model.facts import Facts, MissingFact, SenderHistory
from lockgate.model.findings import Category, Evidence, Failure, Maturity, Verdict
from lockgate.model.message import Message
from tests.lockgate.detection.messages import INBOUND, facts, message


def finds_two(message: Message) -> Iterator[Outcome]:
    yield Found("weak", (Evidence("a", message.subject),), 0.5, ("one",))
    yield Found("strong", (Evidence("b", "x" * 500), Evidence("b", "x" * 500)), 1.0, ("two",))


def crashes_halfway(content: Content) -> Iterator[Outcome]:
    yield Found("before", (Evidence("a", content.words),))
    raise RecursionError("too deep")


def wants_history(history: SenderHistory) -> Iterator[Outcome]:
    yield Found(f"seen {history.messages}", (Evidence("history", "x"),))


def may_use_history(history: SenderHistory | None) -> Iterator[Outcome]:
    yield Found("known" if history else "unknown", (Evidence("history", "x"),))


def reaches_a_limit(content: Content) -> Iterator[Outcome]:
    yield Unfinished("too deep")


def made(function: Function, weight: float = 4.0, maturity: Maturity = Maturity.ENFORCED) -> Detector:
    return detector(f"test.{function.__name__}", Category.PHISHING, weight=weight, maturity=maturity)(function)


def catalogue(*detectors: Detector) -> Catalogue:
    return Catalogue(detectors, "abc")


def test_the_signs_of_one_detector_become_one_finding_with_the_strongest_in_front() -> None:
    report = inspect(message(), facts(), catalogue(made(finds_two)))
    (finding,) = report.findings
    assert (finding.explanation, finding.weight, finding.labels) == ("strong", 4.0, ("one", "two"))
    assert [len(piece.excerpt) for piece in finding.evidence] == [5, 200]
    assert report.verdict is Verdict.PHISHING


def test_a_crash_is_recorded_and_what_was_found_before_it_counts() -> None:
    report = inspect(message(), facts(), catalogue(made(crashes_halfway), made(finds_two)))
    assert {finding.detector for finding in report.findings} == {"test.crashes_halfway", "test.finds_two"}
    (gap,) = report.incomplete
    assert (gap.detector, gap.failure, gap.essential) == ("test.crashes_halfway", Failure.CRASHED, True)
    assert "RecursionError" in gap.why
    assert not report.is_complete


def test_a_fact_that_could_not_be_had_makes_the_report_incomplete() -> None:
    timed_out = Facts((INBOUND,), (MissingFact("SenderHistory", "timed out"),))
    report = inspect(message(), timed_out, catalogue(made(wants_history)))
    assert report.findings == ()
    assert (report.incomplete[0].failure, report.incomplete[0].essential) == (Failure.MISSING_FACT, True)
    assert "timed out" in report.incomplete[0].why


def test_a_fact_that_nobody_set_up_is_named_and_does_not_hold_mail() -> None:
    given = Facts((INBOUND,), (MissingFact("SenderHistory", NOT_CONFIGURED),))
    report = inspect(message(), given, catalogue(made(wants_history)))
    assert report.incomplete[0].essential is False
    assert report.is_complete


def test_an_optional_fact_is_passed_when_it_is_there_and_its_absence_is_named_when_it_failed() -> None:
    some = catalogue(made(may_use_history))
    assert inspect(message(), facts(SenderHistory(3)), some).findings[0].explanation == "known"
    failed = Facts((INBOUND,), (MissingFact("SenderHistory", "lookup failed"),))
    report = inspect(message(), failed, some)
    assert report.findings[0].explanation == "unknown"
    assert report.incomplete[0].essential is False


def test_a_limit_is_a_gap() -> None:
    (gap,) = inspect(message(), facts(), catalogue(made(reaches_a_limit))).incomplete
    assert (gap.failure, gap.essential) == (Failure.LIMIT, True)


def test_shadow_findings_are_kept_apart_and_drafts_do_not_run() -> None:
    shadow, draft = made(finds_two, maturity=Maturity.SHADOW), made(crashes_halfway, maturity=Maturity.DRAFT)
    report = inspect(message(), facts(), catalogue(shadow, draft))
    assert (report.findings, report.incomplete, report.verdict) == ((), (), Verdict.CLEAN)
    assert report.shadow[0].maturity is Maturity.SHADOW


def test_overrides_change_weight_and_maturity_and_mark_the_fingerprint() -> None:
    changed = Overrides({"test.finds_two": 1.0}, {"test.wants_history": Maturity.DRAFT})
    report = inspect(message(), facts(), catalogue(made(finds_two), made(wants_history)), changed)
    assert report.findings[0].weight == 1.0
    assert report.incomplete == ()
    assert report.catalogue.startswith("abc+")


def test_a_detector_for_one_direction_does_not_run_for_the_other() -> None:
    outward = detector("test.out", Category.DLP, weight=1.0, direction=Direction.OUTBOUND)(finds_two)
    assert inspect(message(), facts(), catalogue(outward)).findings == ()


def test_messages_facts_and_reports_travel_between_processes_and_judgement_repeats() -> None:
    letter = message("Verify your account at http://8.8.8.8/", ("a.zip", "zip(b.exe=exe)"))
    again, given = pickle.loads(pickle.dumps((letter, facts())))  # noqa: S301 - made two lines above
    first = inspect(letter, facts(), default_catalogue())
    second = pickle.loads(pickle.dumps(inspect(again, given, default_catalogue())))  # noqa: S301 - the same
    assert first == second
    assert first.findings
