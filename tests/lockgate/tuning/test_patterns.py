"""Entries of lists: what may stand there, what never may, and what matches."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from lockgate.lookups.reputation_patterns import Matcher, canonical, subject_of
from lockgate.model.errors import InvalidInput
from lockgate.model.reputation import Entry, Hit, Indicators, Standing, Subject

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def entry(subject: Subject, pattern: str, standing: Standing = Standing.BLOCKED, **more: object) -> Entry:
    made = Entry("1", "", "", standing, subject, canonical(subject, pattern), "", "manual", NOW, "test")
    return Entry(**{**{name: getattr(made, name) for name in Entry.__slots__}, **more})


@pytest.mark.parametrize(
    ("subject", "written", "kept"),
    [
        (Subject.SENDER, " Ada@Sender.Example ", "ada@sender.example"),
        (Subject.SENDER, "*@sender.example", "*@sender.example"),
        (Subject.SENDER, "*@*.sender.example", "*@*.sender.example"),
        (Subject.DOMAIN, "*.Sender.Example.", "sender.example"),
        (Subject.DOMAIN, "münchen.example", "xn--mnchen-3ya.example"),
        (Subject.URL, "HTTPS://Pages.Example/A?b=C", "pages.example/A?b=C"),
        (Subject.URL, "pages.example/a/*", "pages.example/a/*"),
        (Subject.HASH, "44D88612FEA8A8F36DE82E1278ABB02F", "44d88612fea8a8f36de82e1278abb02f"),
        (Subject.FILE_NAME, "Budget*.XLSM", "budget*.xlsm"),
        (Subject.FILE_KIND, "Office-with-macros", "office-with-macros"),
        (Subject.HOST, "192.0.2.7", "192.0.2.7/32"),
        (Subject.HOST, "2001:db8::/32", "2001:db8::/32"),
    ],
)
def test_an_entry_is_kept_in_one_form(subject: Subject, written: str, kept: str) -> None:
    assert canonical(subject, written) == kept


@pytest.mark.parametrize(
    ("subject", "written"),
    [
        (Subject.SENDER, "*@*"), (Subject.SENDER, "*"), (Subject.SENDER, "*@*.com"), (Subject.SENDER, "*@co.uk"),
        (Subject.SENDER, "ada@*"), (Subject.SENDER, "ada@*.example.com"), (Subject.DOMAIN, "com"),
        (Subject.DOMAIN, "*"), (Subject.DOMAIN, "github.io"), (Subject.URL, "*"), (Subject.URL, "https://*/a"),
        (Subject.URL, "https://pages.example/*"), (Subject.URL, "https://a.*.example/b"), (Subject.HASH, "xyz"),
        (Subject.HOST, "0.0.0.0/0"), (Subject.HOST, "10.0.0.0/7"), (Subject.HOST, "::/0"), (Subject.SENDER, ""),
        (Subject.FILE_NAME, "*.*"), (Subject.FILE_NAME, "*.js"), (Subject.FILE_KIND, "*"),
    ],
)  # fmt: skip
def test_nothing_may_match_everything(subject: Subject, written: str) -> None:
    with pytest.raises(InvalidInput):
        canonical(subject, written)


def hits(*entries: Entry, **found: object) -> list[str]:
    indicators = Indicators(**found)  # type: ignore[arg-type]
    return [f"{hit.standing} {hit.value}" for hit in Matcher.of(entries).hits(indicators, NOW)]


def test_senders_match_by_address_domain_and_subdomain() -> None:
    assert hits(entry(Subject.SENDER, "ada@a.example"), senders=("ada@a.example",)) == ["blocked ada@a.example"]
    assert hits(entry(Subject.SENDER, "*@a.example"), senders=("bob@a.example",)) == ["blocked bob@a.example"]
    assert hits(entry(Subject.SENDER, "*@a.example"), senders=("bob@m.a.example",)) == []
    assert hits(entry(Subject.SENDER, "*@*.a.example"), senders=("bob@m.a.example",)) == ["blocked bob@m.a.example"]
    assert hits(entry(Subject.DOMAIN, "a.example"), senders=("bob@m.a.example",)) == ["blocked bob@m.a.example"]
    assert hits(entry(Subject.DOMAIN, "a.example"), senders=("bob@ba.example",)) == []


def test_links_match_exactly_or_below_a_path() -> None:
    exact, below = entry(Subject.URL, "https://p.example/a?b=1"), entry(Subject.URL, "p.example/x/*")
    assert hits(exact, below, urls=("http://P.example/a?b=1",)) == ["blocked http://P.example/a?b=1"]
    assert hits(exact, below, urls=("https://p.example/a?b=2", "https://p.example/xy")) == []
    assert hits(below, urls=("https://p.example/x/y",)) == ["blocked https://p.example/x/y"]


def test_networks_hashes_and_expiry() -> None:
    assert hits(entry(Subject.HOST, "192.0.2.0/24"), client_ip="192.0.2.9") == ["blocked 192.0.2.9"]
    assert hits(entry(Subject.HOST, "192.0.2.0/24"), client_ip="192.0.3.9") == []
    assert hits(entry(Subject.HASH, "a" * 64), hashes=("a" * 64,)) == ["blocked " + "a" * 64]
    assert hits(entry(Subject.HASH, "a" * 64, expires_at=NOW - timedelta(days=1)), hashes=("a" * 64,)) == []


def test_what_is_approved_is_not_called_blocked() -> None:
    approved = entry(Subject.SENDER, "ada@a.example", Standing.APPROVED)
    found = hits(entry(Subject.DOMAIN, "a.example"), approved, senders=("ada@a.example", "bob@a.example"))
    assert found == ["approved ada@a.example", "blocked bob@a.example"]


def test_the_number_of_entries_costs_no_time() -> None:
    many = [entry(Subject.DOMAIN, f"d{n}.example", id=str(n)) for n in range(20_000)]
    matcher = Matcher.of(many)
    began = time.process_time()
    for n in range(2_000):
        found: tuple[Hit, ...] = matcher.hits(Indicators(("a@b.example",), (), (f"x.d{n}.example",)), NOW)
        assert len(found) == 1
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    ("written", "subject"),
    [("a@b.example", Subject.SENDER), ("b.example", Subject.DOMAIN), ("https://b.example/a", Subject.URL),
     ("a" * 40, Subject.HASH), ("192.0.2.0/24", Subject.HOST), ("???", None)],
)  # fmt: skip
def test_what_a_line_is_about_is_told_from_its_form(written: str, subject: Subject | None) -> None:
    assert subject_of(written) is subject
