"""Invented mail: as much and as varied as promised, sound, and the same for the same seed."""

import re
from collections import Counter

import pytest

from lockgate.learning.invented import COPIES, Invented, invented
from lockgate.learning.templates import templates
from lockgate.mime.parser import parse

LANGUAGES = {"en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "cs", "ja", "zh"}
_LEFT_OVER = re.compile(r"\{[a-z]+\}|\[[^\[\]]*\|[^\[\]]*\]")


@pytest.fixture(scope="module")
def mail() -> list[Invented]:
    return list(invented())


def test_there_is_a_thousand_of_business_mail_of_eighty_kinds_in_twelve_languages(mail: list[Invented]) -> None:
    wanted = [one for one in mail if one.template.wanted]
    assert len(wanted) >= 1_000
    assert len({one.template.kind for one in wanted}) >= 80
    assert {one.template.language for one in wanted} == LANGUAGES
    assert {one.label for one in mail} == {"ham", "phish", "scam", "spam"}


def test_no_wording_is_in_more_than_three_messages(mail: list[Invented]) -> None:
    bare = Counter(re.sub(r"\W+|\d+", " ", re.sub(r"\{[a-z]+\}", "", one.wording)) for one in mail)
    assert bare.most_common(1)[0][1] <= COPIES
    assert len({one.content for one in mail}) == len(mail)
    sentences = Counter(
        sentence for one in mail for sentence in set(re.split(r"(?<=[.!?。])\s", one.wording)) if len(sentence) > 60
    )
    assert sentences.most_common(1)[0][1] <= COPIES


def test_templates_that_are_kept_back_share_no_sentence_with_the_others(mail: list[Invented]) -> None:
    kept, taught = (
        {
            line.strip()
            for one in mail
            if one.template.held_out is side
            for line in one.wording.splitlines()
            if len(line) > 60
        }
        for side in (True, False)
    )
    assert kept
    assert not kept & taught
    assert 0.15 < sum(one.template.held_out for one in mail) / len(mail) < 0.35


def test_messages_are_sound_and_complete(mail: list[Invented]) -> None:
    for one in mail:
        message = parse(one.content)
        assert not message.defects, (one.template.key, message.defects)
        assert message.header_from[0].address, one.template.key
        assert message.subject, one.template.key
        assert message.visible_text.strip(), one.template.key
        assert not _LEFT_OVER.search(message.subject + message.visible_text), one.template.key


def test_looks_senders_and_files_vary(mail: list[Invented]) -> None:
    parsed = [parse(one.content) for one in mail[::2]]
    shapes = Counter((bool(one.html), bool(one.text), bool(one.attachments)) for one in parsed)
    assert len(shapes) >= 6
    kinds = {part.content_type for one in parsed for part in one.attachments}
    assert {"application/pdf", "text/calendar", "image/png", "application/zip", "text/html"} <= kinds
    assert len({one.header_from[0].domain for one in parsed}) > 300
    assert sum(one.header("List-Unsubscribe") is not None for one in parsed) > 80


def test_the_same_seed_gives_the_same_bytes(mail: list[Invented]) -> None:
    some = templates()[::20]
    again, other = list(invented(of=some)), list(invented(2, some))
    keys = {one.key for one in some}
    assert [one.content for one in again] == [one.content for one in mail if one.template.key in keys]
    assert [one.template.key for one in other if one.template.held_out] == [
        one.template.key for one in again if one.template.held_out
    ]
    assert sum(one.content == two.content for one, two in zip(other, again, strict=False)) == 0
