"""Each template that ships is met by a message made for it, and by none of the ordinary mail."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockgate.detection.content import Content
from lockgate.detection.data_loss.catalogue import shipped_catalogue
from lockgate.detection.data_loss.occurrences import Document
from lockgate.detection.data_loss.search import Search
from lockgate.detection.files.readable_text import documents
from lockgate.model.data_loss import DataLossRules, KeywordMode, Keywords, Need, Template
from tests.lockgate.detection.data_loss.invented_values import FORMS, sentence
from tests.lockgate.detection.samples import Sample, read

SHIPPED = shipped_catalogue()
SEARCH = Search(DataLossRules(version=0))
LONG = "Qx7Lm2Vb9Rt4Zk8Nw3Hc6Jd1Sf5Gp0Ya" * 4
# Sentences with `#` where a number makes them different; put together here, so that no scanner of secrets is alarmed.
EXAMPLES = {
    "private-key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "aws-access-key": "AKIA" + "J3Q7" * 4,
    "gb.sort-code": "sort code 12-34-##",
    "us.account": "account number 00123##",
    "salary": "Salary: EUR 51,##0.00",
    "card-verification-code": "cvv 1##",
    "driving-licence": "driving licence no. MORGA 65710 SM9IJ ##",
    "gb.nino": "NI number AB1234##C",
    "passport-number": "passport no. C01X00T##",
    "date-of-birth": "born, date of birth: 12.3.19##",
    "student-number": "student no 9876##",
    "medical-record-number": "MRN 7788##",
    "us.mbi": "Medicare 1EG4-TE5-MK##",
    "email-address": "mail p##@people.example",
    "phone-number": "+49 30 1234##",
    "wallet-seed": "seed phrase: " + "apple " * 12,
    "source-code": "\npublic int field##(int a) {\n",
    "private-network-address": "host 10.1.2.##",
    "password": "password: Sommer20##",
    "json-web-token": "eyJ" + LONG + ".eyJ" + LONG + "." + LONG,
    "label.confidential": "",
}


def letters(template: Template) -> Iterator[str]:
    """A text that meets the first way of the template."""
    dice = random.Random(template.id)
    for need in template.ways[0]:
        yield from (_said(need, number, dice) for number in range(need.at_least + 1))


def _said(need: Need, number: int, dice: random.Random) -> str:
    if need.identifier in FORMS:
        return sentence(dice, need.identifier)
    identifier = SHIPPED.identifiers[need.identifier]
    if isinstance(identifier, Keywords):
        words = [word.text for word in identifier.words]
        return words[number] if identifier.mode is KeywordMode.ANY else ", ".join(words)
    return EXAMPLES[need.identifier].replace("##", f"{number + 10}")


@pytest.mark.parametrize("template", SHIPPED.templates.values(), ids=SHIPPED.templates)
def test_a_message_made_for_it_is_a_case(template: Template) -> None:
    text = " .\n".join(letters(template))
    assert template.id in {case.template.id for case in SEARCH.cases(Document("text", text, {}))}, text


# A marking that is there, and a card number in a sentence about cards that only its reader knows to be a test's.
RIGHTLY = {"lawyer, confidential": {"confidential"}, "developer mail with code": {"pci-dss"}}
HAM = [sample for path in sorted((Path(__file__).parents[1] / "ham").glob("*.samples")) for sample in read(path)]


@pytest.mark.parametrize("sample", HAM, ids=lambda sample: sample.title)
def test_ordinary_mail_is_no_case(sample: Sample) -> None:
    message = sample.message
    cases = {
        case.template.id
        for where, text, properties in documents(message, Content(message).files)
        for case in SEARCH.cases(Document(where, text, properties))
    }
    assert cases == RIGHTLY.get(sample.title, set())
