"""What a detector says it is about decides whether it is asked, and whether a fact that is not there is a gap."""

from collections.abc import Iterator

from lockgate.detection.catalogue import Catalogue, default_catalogue
from lockgate.detection.detector import Detector, Found, Function, Outcome, detector
from lockgate.detection.engine import inspect
from lockgate.detection.files.unpacking import File
from lockgate.detection.topics import phrase_lists
from lockgate.model.facts import Facts, MissingFact, SenderHistory
from lockgate.model.findings import Category, Evidence, Incomplete
from lockgate.model.message import Message
from tests.lockgate.detection.messages import INBOUND, facts, message


def speaks(message: Message) -> Iterator[Outcome]:
    yield Found("asked", (Evidence("header Subject", message.subject),))


def speaks_of_history(history: SenderHistory) -> Iterator[Outcome]:
    yield Found("asked", (Evidence("history", str(history.messages)),))


def about(function: Function, kind: type | None = None, topics: tuple[str, ...] = ()) -> Detector:
    return detector("test.one", Category.SPAM, weight=1.0, about=kind, topics=topics)(function)


def asked(one: Detector, letter: Message, given: Facts | None = None) -> tuple[int, tuple[Incomplete, ...]]:
    report = inspect(letter, given or facts(), Catalogue((one,), "abc"))
    return len(report.findings), report.incomplete


def test_a_detector_of_files_is_asked_of_messages_with_files_only() -> None:
    assert asked(about(speaks, File), message()) == (0, ())
    assert asked(about(speaks, File), message("Hello.", ("minutes.pdf", "pdf"))) == (1, ())


def test_a_fact_that_a_detector_is_about_is_no_gap_where_nobody_set_it_up() -> None:
    one = about(speaks_of_history, SenderHistory)
    assert asked(one, message()) == (0, ())
    _, (gap,) = asked(one, message(), Facts((INBOUND,), (MissingFact("SenderHistory", "timed out"),)))
    assert (gap.why, gap.essential) == ("SenderHistory: timed out", False)
    assert asked(one, message(), Facts((INBOUND, SenderHistory(3)))) == (1, ())


def test_a_detector_of_phrases_is_asked_of_texts_that_say_one_of_them() -> None:
    one = about(speaks, topics=("gift-card-request",))
    assert asked(one, message("The minutes are on the server.")) == (0, ())
    assert asked(one, message("Buy the gift cards for our clients and send me photos of the cards."))[0] == 1


def test_every_topic_that_a_detector_names_has_phrases() -> None:
    named = {topic for one in default_catalogue().detectors for topic in one.topics}
    assert named
    assert named <= phrase_lists().keys()
