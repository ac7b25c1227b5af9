"""Outbound: the text or a file holds many bank account numbers (IBAN).

Why it matters: a list of accounts is customer data; one or two are an invoice and are not counted.
Known false positives: payment runs sent to the own bank.
References: ISO 13616-1 (check digits, ISO 7064 MOD 97-10); Regulation (EU) 2016/679 §5(1)(f).
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.files.readable_text import readable_texts
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

MANY = 5
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ \u00a0]?[A-Z0-9]{4}){2,7}(?:[ \u00a0]?[A-Z0-9]{1,3})?(?![A-Z0-9])")


@detector("dlp.bank-account", Category.DLP, weight=1.2, direction=Direction.OUTBOUND)
def bank_account(message: Message, content: Content) -> Iterator[Outcome]:
    for where, text in readable_texts(message, content.files):
        numbers = list(dict.fromkeys(number for number in _IBAN.findall(text) if _valid(number)))
        if len(numbers) >= MANY:
            evidence = tuple(Evidence(where, f"{number[:4]}...{number[-2:]}") for number in numbers[:3])
            yield Found(f"{where} holds {len(numbers)} bank account numbers", evidence, labels=("identifier:iban",))


def _valid(number: str) -> bool:
    from stdnum import iban

    return bool(iban.is_valid(number.replace("\u00a0", " ")))
