"""The click log on both databases: found by every field, paged, followed in order, forgotten after its time."""

from dataclasses import replace
from datetime import timedelta

from lockgate.mime.signed_links import LinkKeys
from lockgate.model.clicks import ClickOutcome, LinkVerdict
from lockgate.reporting.click_search import ClickSearch
from lockgate.reporting.exported_lists import CLICKS
from lockgate.reporting.exports import Form
from lockgate.storage.clicks import ClickFilter, Clicks
from lockgate.storage.forgetting import Kept, forget_log
from lockgate.storage.schema.clicks import clicks
from lockgate.storage.searching import Cursor
from lockgate.storage.unit_of_work import Database
from tests.contracts.records import NOW, TENANT, a_click

OTHER = "99999999-8888-4777-8666-555555555555"
KEYS = LinkKeys({"0a1b2c3d": b"new" * 11, "1a1b2c3d": b"old" * 11})


def test_clicks_are_found_by_every_field_and_paged(database: Database) -> None:
    minute = timedelta(minutes=1)
    of_old_key = KEYS.readers(TENANT, "ada@contoso.example")[1]
    written = [
        a_click(1),
        a_click(2, at=NOW + minute, rcpt_to="bob@contoso.example", outcome=ClickOutcome.WARNED, message_id="other"),
        a_click(3, at=NOW + 2 * minute, host="deep.pages.example"),
        a_click(4, at=NOW + 3 * minute, host="otherpages.example", tenant_id=OTHER, rcpt_to="eve@fabrikam.example"),
        a_click(5, at=NOW + 4 * minute, rcpt_to="", reader=of_old_key),
    ]
    with database.write() as unit:
        for one in written:
            Clicks(unit).add(one)
    search = ClickSearch(database, lambda: KEYS)

    def found(wanted: ClickFilter) -> list[int]:
        return [int(one.id[-1]) for one in search.page(wanted, [TENANT]).clicks]

    assert found(ClickFilter()) == [5, 4, 3, 2, 1]
    assert search.page(ClickFilter(), []).clicks[-1] == written[0]
    assert found(ClickFilter(tenant_id=OTHER)) == found(ClickFilter(scope=frozenset({OTHER}))) == [4]
    assert found(ClickFilter(recipient="Ada@Contoso.example")) == [5, 3, 1], "also where only the reference is kept"
    assert found(ClickFilter(recipient="bob")) == found(ClickFilter(message_id="other")) == [2]
    assert found(ClickFilter(site="pages.example")) == [5, 3, 2, 1]
    assert found(ClickFilter(outcome=ClickOutcome.WARNED)) == found(ClickFilter(verdict=LinkVerdict.WARN)) == [2]
    assert found(ClickFilter(since=NOW + minute, until=NOW + 3 * minute)) == [3, 2]
    first = search.page(ClickFilter(), [], limit=2)
    assert [one.id for one in search.page(ClickFilter(), [], first.older, 2).clicks] == ["click-003", "click-002"]
    assert [one.id for one in search.every(ClickFilter(), [])] == [one.id for one in reversed(written)]
    with database.write() as unit:
        log = Clicks(unit)
        later = log.following(Cursor(NOW + minute, "click-002"), NOW + 4 * minute)
        assert [one.id for one in later] == ["click-003", "click-004"]
    kept = Kept(minute, {OTHER: 9 * minute})
    assert forget_log(database, (clicks,), kept, NOW + 5 * minute) == 3
    with database.read() as unit:
        assert [one.id for one in Clicks(unit).search(ClickFilter())] == ["click-005", "click-004"]


def test_what_a_client_says_is_kept_as_text_and_no_formula(database: Database) -> None:
    with database.write() as unit:
        Clicks(unit).add(replace(a_click(1), agent="=cmd()\x00\ud800", address="https://x.example/" + "y" * 9_000))
    [click] = ClickSearch(database).page(ClickFilter(), []).clicks
    assert click.agent == "=cmd()\ufffd\ufffd" or click.agent.startswith("=cmd()")
    [text] = CLICKS.written([click], Form.CSV)
    _, line = text.splitlines()
    assert ",'=cmd()" in line
