"""The doctor's page: what is in the way first, for administrators of everything, and asked only when somebody asks."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from lockgate.model.fitness import Answer, Grade
from lockgate.storage.users import Role
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console

ASKED: list[tuple[str, str]] = []
ANSWERS = [
    Answer("Clock", Grade.PASS, "0 s from Microsoft's", "", "Proofs carry times."),
    Answer("Port 25 from outside", Grade.FAIL, "<b>nobody</b> answers", "Let the world reach port 25."),
]


async def doctor(account_id: str, domain: str) -> list[Answer]:
    ASKED.append((account_id, domain))
    return ANSWERS


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running_console(tmp_path_factory.mktemp("doctor"), lambda parts: replace(parts, doctor=doctor)) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        yield running


def test_nothing_is_asked_until_somebody_asks_and_the_worst_comes_first(console: Console) -> None:
    with console.client(ADMIN) as client, console.client(VIEWER) as viewer:
        assert "Ask now" in client.get("/doctor").text and not ASKED
        shown = client.get("/doctor?ask=true&domain=contoso.example").text
        assert viewer.get("/doctor?ask=true").status_code == 403
    assert ASKED == [("", "contoso.example")]
    assert shown.index("Port 25 from outside") < shown.index("Clock")
    assert "Let the world reach port 25." in shown and "&lt;b&gt;nobody" in shown and "Proofs carry times." in shown
