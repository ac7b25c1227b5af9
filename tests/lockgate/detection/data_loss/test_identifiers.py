"""What identifiers find: exact numbers on invented values and near misses, and nothing in ordinary mail."""

import re
from collections import Counter

import pytest

from lockgate.detection.data_loss.catalogue import shipped_catalogue
from lockgate.detection.data_loss.finders import own, shipped
from lockgate.detection.data_loss.fingerprints import shingles
from lockgate.detection.data_loss.masking import masked
from lockgate.detection.data_loss.occurrences import Document
from lockgate.detection.data_loss.rules_text import need
from lockgate.detection.data_loss.search import Search
from lockgate.model.data_loss import (
    DataLossRules,
    Expression,
    Fingerprint,
    Identifier,
    Keyword,
    KeywordMode,
    Keywords,
    Property,
    Template,
)
from lockgate.model.errors import InvalidInput
from tests.lockgate.detection.data_loss.invented_values import FORMS, invented

SHIPPED = shipped_catalogue()


def found(identifier: Identifier, text: str, properties: dict[str, str] | None = None) -> list[str]:
    return [value.text for value in own(identifier).find(Document("text", text, properties or {}))]


def alone(identifier: str) -> Search:
    """A search with a template that one value meets, so that the gates are part of what is measured."""
    return Search(DataLossRules(1, (), (Template("alone", "alone", "", ((need(identifier),),)),)))


def test_precision_and_recall_on_invented_numbers_with_near_misses() -> None:
    searches = {name: alone(name) for name in FORMS}
    counted: Counter[tuple[bool, bool]] = Counter()
    wrong: list[str] = []
    for one in invented(seed=2026, each=8):
        document = Document("text", one.sentence, {})
        hit = any(case.template.id == "alone" for case in searches[one.identifier].cases(document))
        counted[one.true, hit] += 1
        if hit is not one.true:
            wrong.append(f"{one.identifier}: {one.sentence}")
    assert counted[True, True] == 8 * len(FORMS), wrong  # recall 1.0
    assert counted[False, True] == 0, wrong  # precision 1.0
    assert counted[False, False] > 400


def test_personal_numbers_of_at_least_thirty_countries_ship() -> None:
    countries = {name.partition(".")[0] for name in SHIPPED.identifiers if re.fullmatch(r"[a-z]{2}\..+", name)}
    assert len(countries) >= 50
    assert len(SHIPPED.templates) >= 80


def test_every_need_of_a_template_is_an_identifier_that_ships() -> None:
    for template in SHIPPED.templates.values():
        for way in template.ways:
            assert all(one.identifier in SHIPPED.identifiers and one.at_least >= 1 for one in way), template.id


def test_a_number_without_its_words_or_inside_a_longer_one_is_none() -> None:
    search = Search(DataLossRules(version=0))
    for text in (
        "Your order 4111111111111111 is on its way.",
        "card ref 94111111111111111123456",
        "Steuer-ID on request. " + "x " * 60 + "86095742719",
        "see https://example.com/?id=4111111111111111 for your card",
        "IBAN DE10 3704 0044 0532 0130 00",
        "Reset your password: use the button below.",
        "Please enter your password: it must have eight letters",
    ):
        assert not list(search.cases(Document("text", text, {}))), text


@pytest.mark.parametrize(
    ("mode", "text", "hits"),
    [
        (KeywordMode.ANY, "Project Falcon and project  falcon, price list", 2),
        (KeywordMode.ALL, "project falcon ... " + "x " * 300 + "price list", 1),
        (KeywordMode.ALL, "project falcon", 0),
        (KeywordMode.WITHIN, "project falcon ... " + "x " * 300 + "price list", 0),
        (KeywordMode.WITHIN, "project falcon " + "x " * 300 + "price list of Project Falcon", 1),
        (KeywordMode.SCORED, "project falcon", 0),
        (KeywordMode.SCORED, "price list for project falcon", 1),
        (KeywordMode.ANY, "subproject falconry", 0),
    ],
)
def test_keywords_count_as_their_mode_says(mode: KeywordMode, text: str, hits: int) -> None:
    words = (Keyword("Project Falcon", 2), Keyword("price list", 3))
    assert len(found(Keywords("own", "own", words, mode, within=40, threshold=5), text)) == hits


def test_the_first_group_is_the_value_and_a_check_is_kept() -> None:
    customer = Expression("own", "customer", r"Customer (\d{16})", check="luhn")
    assert found(customer, "Customer 4111111111111111, Customer 4111111111111112") == ["4111111111111111"]


@pytest.mark.parametrize("pattern", ["", "(", "a*", "(?=x)", "x" * 3000])
def test_an_expression_of_no_use_is_refused_with_a_sentence(pattern: str) -> None:
    with pytest.raises(InvalidInput):
        own(Expression("own", "own", pattern))


def test_an_expression_made_to_hang_does_not() -> None:
    assert found(Expression("own", "own", r"(a+)+$"), "a" * 100_000 + "!") == []


def test_a_document_is_known_by_a_passage_of_it() -> None:
    contract = " ".join(f"clause{number} of the agreement between the parties" for number in range(200))
    known = Fingerprint("contract", "the contract", shingles(contract), share=0.2)
    assert found(known, f"FYI:\n{contract[1000:5000].upper()}\nregards")
    assert not found(known, "clause1 of the agreement is all that we share")


def test_a_property_of_a_file_is_found_by_its_field() -> None:
    label = Property("own", "label", "MSIP_Label_*_Name", "(?i)secret")
    assert found(label, "", {"MSIP_Label_1-2_Name": "Top Secret"})
    assert not found(label, "", {"title": "secret"})


def test_a_value_is_shown_masked_and_a_word_is_not() -> None:
    card = SHIPPED.identifiers["payment-card"]
    assert masked(card, "4111 1111 1111 1111") == "Visa 411111******1111"
    assert masked(SHIPPED.identifiers["de.idnr"], "86 095 742 719") == "86**********19"
    assert masked(SHIPPED.identifiers["words.medical"], "diagnosis") == "diagnosis"


def test_shipped_expressions_find_within_long_hostile_texts() -> None:
    """No expression of ours backtracks without bound: each must get through runs of what it is made of."""
    for text in ("1 " * 20_000, "1" * 40_000, "a1-" * 15_000, "A" * 40_000, "eyJ" + "a" * 40_000, "word " * 8_000):
        document = Document("text", text, {})
        for identifier in SHIPPED.identifiers.values():
            list(shipped(identifier).find(document))
