"""Verdicts of files that an organisation has excepted: by hash, name or kind, and what no name takes back."""

import hashlib

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.content import Content
from lockgate.detection.engine import inspect
from lockgate.detection.indicators import indicators_of
from lockgate.lookups.reputation_patterns import Matcher, canonical
from lockgate.model.clock import system_clock
from lockgate.model.findings import Verdict
from lockgate.model.message import Message
from lockgate.model.reputation import Entry, Reputation, Standing, Subject
from lockgate.model.scans import ClamavScan, ScannedFile
from tests.lockgate.detection.messages import facts, message

NOW = system_clock()


def entry(subject: Subject, written: str) -> Entry:
    return Entry("e", "t", "", Standing.APPROVED, subject, canonical(subject, written), "", "manual", NOW, "ada")


def judged(received: Message, *entries: Entry, virus: str = "") -> tuple[Verdict, set[str]]:
    """Verdict, and the findings about files; `virus` is where a scanner has found one."""
    views = Content(received)
    hits = Matcher.of(entries).hits(indicators_of(received, views), NOW)
    scans = (ClamavScan((ScannedFile(virus, "Win.Test"),)),) if virus else ()
    report = inspect(received, facts(Reputation(hits), *scans), default_catalogue(), content=views)
    return report.verdict, {one.detector for one in report.findings if one.detector.startswith(("malware.", "file."))}


def sha256(received: Message) -> str:
    return hashlib.sha256(Content(received).files[0].content).hexdigest()


MACROS = message("See the file.", ("budget.xlsm", "xlm"))
SHA256 = sha256(MACROS)


def test_macros_of_a_file_that_is_excepted_are_no_malware() -> None:
    assert judged(MACROS)[0] is Verdict.MALWARE
    for one in (
        entry(Subject.HASH, SHA256), entry(Subject.FILE_NAME, "Budget*.xlsm"), entry(Subject.FILE_NAME, "budget.xlsm"),
    ):  # fmt: skip
        assert judged(MACROS, one) == (Verdict.CLEAN, set()), one.pattern
    kind = Content(MACROS).files[0].kind.id
    assert judged(MACROS, entry(Subject.FILE_KIND, kind)) == (Verdict.CLEAN, set())


def test_another_file_beside_it_or_of_another_content_is_judged_as_ever() -> None:
    both = message("See the files.", ("budget.xlsm", "xlm"), ("other.xlsm", "xlm"))
    assert judged(both, entry(Subject.FILE_NAME, "budget.xlsm"))[0] is Verdict.MALWARE
    assert judged(MACROS, entry(Subject.HASH, "0" * 64))[0] is Verdict.MALWARE


def test_a_name_takes_no_scanners_word_back_and_a_hash_does() -> None:
    where = Content(MACROS).files[0].where
    named, hashed = entry(Subject.FILE_NAME, "budget.xlsm"), entry(Subject.HASH, SHA256)
    assert judged(MACROS, named, virus=where) == (Verdict.MALWARE, {"malware.clamav"})
    assert judged(MACROS, hashed, virus=where)[0] is Verdict.CLEAN


def test_what_lies_in_an_archive_is_excepted_with_its_hash_and_not_with_its_name() -> None:
    packed = message("See the file.", ("tools.zip", "zip(setup.exe=exe)"))
    assert "file.dangerous-in-archive" in judged(packed)[1]
    assert "file.dangerous-in-archive" in judged(packed, entry(Subject.FILE_NAME, "tools.zip"))[1]
    assert judged(packed, entry(Subject.HASH, sha256(packed)))[1] == set()
