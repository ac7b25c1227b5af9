"""What of a text is beyond ASCII."""

from hypothesis import given
from hypothesis import strategies as st

from lockgate.mime.beyond_ascii import beyond_ascii


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_it_is_every_other_character_halves_of_pairs_among_them(text: str) -> None:
    assert beyond_ascii(text) == "".join(letter for letter in text if not letter.isascii())
