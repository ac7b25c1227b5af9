"""What the classifier looks at: pieces of text, structure and its pairs, and that it can say what spoke."""

from itertools import combinations, islice

import numpy as np
import pytest

from lockgate.detection.classifier.features import SHOWN_WORDS, Features, features_of
from lockgate.detection.classifier.model import COLUMNS, SIZE
from lockgate.detection.classifier.pieces import pieces
from lockgate.detection.content import Content
from lockgate.learning.material import invented_mail
from lockgate.mime.parser import parse


def _of(content: bytes) -> Features:
    message = parse(content)
    return features_of(message, Content(message))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order 4711 of 12 may", "order 9322 of 30 may"),
        ("write to ada@sender.example today", "write to bob@other.example today"),
        ("see https://sender.example/a?b now", "see www.other.example now"),
        ("a bank, a loan.", "a  bank a loan"),
    ],
)
def test_what_names_a_sender_or_a_time_is_no_piece(one: str, other: str) -> None:
    assert pieces(one).places.tolist() == pieces(other).places.tolist()


def test_words_in_other_forms_and_inside_others_share_most_pieces() -> None:
    def shared(one: str, other: str) -> float:
        first, second = (set(pieces(text).places.tolist()) for text in (one, other))
        return len(first & second) / len(first | second)

    assert shared("die überweisung", "die auslandsüberweisungen") > 0.3
    assert shared("die überweisung", "the invoice") == 0


def test_chinese_is_cut_into_pairs_too_and_no_text_is_too_odd() -> None:
    assert len(pieces("付款").codes) > len(pieces("ab").codes)
    said = {"": [], " ": [], "a": [], "\ud800 and more": ["and more"], "\U0001f600" * 3: [], "付款 100": ["付款 000"]}
    for text, loudest in said.items():
        found = pieces(text)
        assert found.loudest(np.ones(len(found.codes), np.int32), SHOWN_WORDS) == loudest


def test_every_place_of_structure_has_the_name_that_it_was_made_from() -> None:
    for one in islice(invented_mail(), 0, None, 300):
        found = _of(one.content)
        paired = found.names[: found.paired]
        expected = [*found.names, *(f"{first} & {second}" for first, second in combinations(paired, 2))]
        assert [found.named(place) for place in range(len(found.structure))] == expected


def test_what_spoke_is_said_in_words_of_the_message() -> None:
    text = (
        "From: a@sender.example\nTo: tom@contoso.com\nSubject: Hello\n\nPlease buy gift cards before noon, dear friend."
    )
    found = _of(text.encode())
    table = np.zeros((SIZE, len(COLUMNS)), np.int16)
    table[pieces("gift cards").places, 0] = 100
    table[found.structure[0], 0] = 50
    spoke = found.speaking(table, 1)
    assert ("text", "gift cards") in spoke
    assert ("structure", found.names[0]) in spoke
    assert found.speaking(table, -1) == []


def test_a_stranger_with_the_recipients_name_is_told_from_a_colleague() -> None:
    def names(sender: str, more: str = "") -> list[str]:
        return _of(f"From: {sender}\nTo: tom@contoso.com\n{more}Subject: x\n\nHello".encode()).names

    assert "sender: of the recipient's domain" in names("Ada <ada@contoso.com>")
    assert "sender: the recipient's name in the domain" in names("Ada <ada@contoso-hr.example>")
    assert "sender: a domain like the recipient's" in names("Ada <ada@c0ntoso.com>")
    assert "sender: the recipient's name in the address" in names("Ada <contoso.desk@gmail.com>")
    assert "sender: named like the recipient" in names("Contoso IT <it@sender.example>")
    assert "replies: to a domain like the sender's" in names(
        "Ada <ada@northlake.example>", "Reply-To: ada@northlake-pay.example\n"
    )
    assert not any("recipient's" in name for name in names("Ada <ada@sender.example>"))
