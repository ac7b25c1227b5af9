"""Every list as a file, from its page and by API: whole, harmless in a spreadsheet, noted in the audit log."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence, Finding, Verdict
from lockgate.model.lifecycle import State
from lockgate.model.settling import Settling
from lockgate.storage.audit import AuditEntry, AuditFilter, AuditLog
from lockgate.storage.clicks import Clicks
from lockgate.storage.users import Role
from tests.contracts import records
from tests.lockgate.console import seeding
from tests.lockgate.console.desk import with_quarantine
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console
from tests.lockgate.console.test_api import bearer

FORMULA = '=HYPERLINK("https://evil.example")'
LISTS = {  # by path of the API: name, a search that finds one record or some, the cell that somebody else has written
    "messages": ("trace", "address=formula@example.org", "subject"),
    "clicks": ("clicks", "site=evil.example", "agent"),
    "quarantine": ("quarantine", "address=formula@example.org", "subject"),
    "data-loss-cases": ("data-loss", "template=pci-dss", "subject"),
    "audit": ("audit", "act=test.formula", "subject"),
}
HELD = 700  # more than one unit of work reads


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Of each list something that begins like a formula, and more held messages than a page has."""
    with running_console(tmp_path_factory.mktemp("exports"), with_quarantine) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        now = system_clock()
        waits = (records.a_recipient("ada@contoso.example", State.QUARANTINED),)
        trace = records.a_trace(at=now, subject=FORMULA, header_from="formula@example.org", recipients=waits)
        many = [records.a_trace(at=now, recipients=waits, verdict=Verdict.SPAM) for _ in range(HELD)]
        card = Finding(
            "dlp.template", Category.DLP, 2.0, "what leaves is a case of: Payment cards",
            (Evidence("text", "Payment card: 4111 **** **** 1111"),), labels=("dlp-template:pci-dss", "identifier:x"),
        )  # fmt: skip
        case = records.a_trace(at=now, direction=Direction.OUTBOUND, subject=FORMULA, findings=(card,))
        held = [records.held_settling(one, records.a_held(one)) for one in (trace, *many)]
        seeding.settle(running, *held, Settling(case))
        with running.database.write() as unit:
            Clicks(unit).add(replace(records.a_click(1, at=now, host="evil.example"), agent=FORMULA))
            AuditLog(unit).record(AuditEntry(now, "tester", "test.formula", FORMULA, records.TENANT))
        yield running


def noted(console: Console, actor: str, log: str) -> list[AuditEntry]:
    with console.database.read() as unit:
        return AuditLog(unit).search(AuditFilter(actor=actor, act=f"export.{log}"))


def table(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="lockgate-')
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_taken_from_its_page_and_by_api_and_that_is_noted(console: Console, path: str) -> None:
    log, search, cell = LISTS[path]
    with console.client(VIEWER) as client:
        [row] = table(client.get(f"/exports/{log}/csv?{search}"))
        [line] = client.get(f"/exports/{log}/jsonl?{search}").text.splitlines()
    assert row[cell] == f"'{FORMULA}" and json.loads(line)[cell] == FORMULA
    with console.client() as program:
        answer = program.get(f"/api/v1/{path}/export/csv?{search}", headers=bearer(console, Role.VIEWER))
        counted = program.get(f"/api/v1/{path}/facets?{search}", headers=bearer(console, Role.VIEWER)).json()
    assert table(answer) == [row] and counted["rows"] == 1
    name, _, value = search.partition("=")
    json_lines, spreadsheet = noted(console, VIEWER, log)
    assert spreadsheet.after == {"form": "csv", "search": {name: value}} and json_lines.after["form"] == "jsonl"
    assert len(noted(console, "token test", log)) == 1


def test_nothing_is_left_out_however_much_there_is(console: Console) -> None:
    with console.client(VIEWER) as client:
        rows = table(client.get("/exports/quarantine/csv"))
    assert len({row["id"] for row in rows}) == len(rows) == HELD + 1


def test_what_is_no_search_is_refused_and_not_noted(console: Console) -> None:
    with console.client(VIEWER) as client:
        for path in ("trace/csv?since=yesterday", "trace/csv?strange=1", f"audit/csv?words={'x' * 3000}"):
            assert client.get(f"/exports/{path}").status_code == 400, path
        assert client.get("/exports/trace/pdf").status_code in (400, 422)
    assert not [one for one in noted(console, "", "trace") if "strange" in str(one.after)]
    with console.client() as stranger:
        assert stranger.get("/exports/trace/csv").status_code in (302, 303)


def test_the_data_loss_log_tells_templates_and_masked_values(console: Console) -> None:
    with console.client(VIEWER) as client:
        shown = client.get("/data-loss/cases").text
        assert "4111 **** **** 1111" in shown and "1 message" in shown
        assert "No case" in client.get("/data-loss/cases?template=hipaa").text
        [row] = table(client.get("/exports/data-loss/csv"))
    assert (row["templates"], row["found"]) == ("pci-dss", "Payment card: 4111 **** **** 1111")
