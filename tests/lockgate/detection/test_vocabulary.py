"""Words that tell something are found in one pass over a text exactly as if each word were looked up by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.detection.vocabulary import WITHOUT_SPACES, WORD, Wish, by_word, listed, vocabulary, words_of


@given(st.text(st.characters(codec="ascii")) | st.text())
def test_the_words_of_a_text_are_those_of_its_expression(text: str) -> None:
    assert words_of(text) == WORD.findall(text)


@pytest.mark.parametrize("name", ["wishes.txt", "lure_words.txt"])
def test_one_pass_over_all_words_tells_what_each_tells_alone(name: str) -> None:
    told_by = by_word((told, word) for told, word in listed(name) if not WITHOUT_SPACES.search(word))
    words = [form for word in told_by for form in (word.rstrip("*"), f"{word.rstrip('*')}s", f"x{word.rstrip('*')}")]
    alone = []
    for at, word in enumerate(words):
        keys = (word, *(f"{word[:end]}*" for end in range(2, len(word) + 1)))
        alone += [(at, told) for told in dict.fromkeys(told for key in keys for told in told_by.get(key, ()))]
    assert list(vocabulary(told_by).told(words)) == alone
    assert len({told for _, told in alone}) > 20


def test_words_of_an_alphabet_inside_text_without_spaces_have_the_place_of_their_letters() -> None:
    known = vocabulary({"iban": ("account",), "pay*": ("payment",)})
    assert [*known.told_in("口座はIBANではなくibanへpaymentを")] == [
        Wish("account", "iban", 5),
        Wish("payment", "payment", 8),
    ]
