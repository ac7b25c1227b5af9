"""Outbound: the text or a file is a case of a data loss template, such as payment cards or health records.

Why it matters: what has left cannot be called back. The templates that ship and their identifiers are listed by
`lockgate dlp list`; an organisation adds its own. A number counts only when its check digits hold and the words around
it say what it is; values are shown masked.
Known false positives: somebody's own number beside a date of birth; test data; payment runs sent to the own bank.
References: the law or standard that each template names; python-stdnum names the rule of each number.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.data_loss.masking import masked
from lockgate.detection.data_loss.occurrences import Document
from lockgate.detection.data_loss.search import Case, search_for
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.files.readable_text import documents
from lockgate.model.data_loss import DataLossRules
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

SHIPPED_ONLY = DataLossRules(version=0)
SHOWN = 3  # values of one identifier


@detector("dlp.template", Category.DLP, weight=2.0, direction=Direction.OUTBOUND)
def template(message: Message, content: Content, rules: DataLossRules | None) -> Iterator[Outcome]:
    search = search_for(rules or SHIPPED_ONLY)
    cases: list[Case] = []
    for where, text, properties in documents(message, content.files):
        cases += search.cases(Document(where, text, properties))
    if cases:
        yield Found(_told(cases), tuple(_evidence(cases)), labels=tuple(_labels(cases)))


def _told(cases: list[Case]) -> str:
    names = list(dict.fromkeys(case.template.name for case in cases))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"what leaves is a case of: {'; '.join(names[:SHOWN])}{more}"


def _evidence(cases: list[Case]) -> Iterator[Evidence]:
    shown: set[tuple[str, str]] = set()
    for case in cases:
        for found in case.found:
            if (case.where, found.identifier.id) not in shown:
                shown.add((case.where, found.identifier.id))
                values = ", ".join(masked(found.identifier, value.text) for value in found.values[:SHOWN])
                more = f" and {len(found.values) - SHOWN} more" if len(found.values) > SHOWN else ""
                yield Evidence(case.where, f"{found.identifier.name}: {values}{more}")


def _labels(cases: list[Case]) -> Iterator[str]:
    for case in cases:
        yield f"dlp-template:{case.template.id}"
        yield from (f"identifier:{found.identifier.id}" for found in case.found)
