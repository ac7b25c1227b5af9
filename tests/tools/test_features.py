"""docs/features.md names only tests that exist, says a state for each row, and leaves out no row of the table."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
DOCUMENT = TESTS.parent / "docs" / "features.md"
LAST = 148  # rows of the table that it follows
STATES = {"yes", "partly", "no"}


def rows() -> list[list[str]]:
    lines = [line for line in DOCUMENT.read_text().splitlines() if re.match(r"\| [\d+]", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_test_that_is_named_exists() -> None:
    for number, _, state, _, shown in rows():
        assert state in STATES, number
        assert bool(shown) is (state != "no"), f"row {number}: what is there is shown, and what is not is not"
        if shown:
            path, _, name = shown.strip("`").partition("::")
            text = (TESTS / path).read_text()
            assert re.search(rf"^(async )?def {name or 'test_'}", text, re.MULTILINE), shown


def test_every_row_of_the_table_is_answered_once_or_said_not_to_apply() -> None:
    document = DOCUMENT.read_text()
    answered = {int(one) for row in rows() for one in re.findall(r"\d+", row[0])}
    rest = {int(one) for one in re.findall(r"\b\d+\b", document.partition("## Not here yet")[2])}
    assert answered | rest == set(range(1, LAST + 1))
    assert not answered & rest
