"""Words of the pages."""

import pytest

from lockgate.console.wording import begun


@pytest.mark.parametrize(
    ("clause", "sentence"),
    [
        ("the sender's name is decorated", "The sender's name is decorated"),
        ("ada@contoso.com is an address of ours", "ada@contoso.com is an address of ours"),
        ("collect.example is a free host", "collect.example is a free host"),
        ("", ""),
    ],
)
def test_a_sentence_begins_with_a_capital_unless_an_address_begins_it(clause: str, sentence: str) -> None:
    assert begun(clause) == sentence
