"""What a message can be found by: words, addresses and labels, one set per message, the same for both databases.

A word is a run of letters and digits, compatibility forms and case folded away (Unicode UAX #15, #21). Scripts that are
written without blanks become pairs of neighbours, so that a part of a sentence is found. A label is `kind:value`.
Rule: what is asked goes through the same functions as what is stored; that is all the agreement there is.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from lockgate.model.findings import Finding
from lockgate.model.trace import MessageTrace, RecipientTrace
from lockgate.storage.schema.column_types import storable

_RUN = re.compile(r"[^\W_]+")
_UNSPACED = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_PIECE = re.compile(rf"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LONGEST_WORD = 60  # characters
LONGEST_TERM = 320  # of an address or a label; PostgreSQL takes 2,046 bytes
MOST_ASKED = 8  # words of one search
TEMPLATE_LABEL = "dlp-template:"  # how findings name a template
LIST = "list:"
SCANNERS = {
    "malware.clamav": "clamav", "malware.icap": "icap", "malware.sandbox": "sandbox",
    **{f"{one}.own-byte-rules": "own-yara-rules" for one in ("malware", "phishing", "spam", "file")},
}  # fmt: skip
WHOLE_BELOW = 3  # shorter words are looked for whole: half the dictionary begins with "a"


class Facet(StrEnum):
    """What labels say of a message."""

    VERDICT = "verdict"  # `none` for one that was not inspected
    DIRECTION = "direction"
    STATE = "state"  # of some recipient, now
    POLICY = "policy"  # the id of one that decided for some recipient
    FINDING = "finding"  # the id of a detector
    TEMPLATE = "template"  # the id of a data loss template that it is a case of
    SOURCE = "source"  # a list, feed or scanner that had a hit
    MONITORED = "monitored"  # an action that monitor-only held back, for some recipient

    def label(self, value: str) -> str:
        """As it is stored."""
        return f"{self.value}:{''.join(storable(value).split())}"[:LONGEST_TERM]


_NAMED = {one.value: one for one in Facet}


@dataclass(frozen=True, slots=True)
class Term:
    """Something to find; with `begins` it is the beginning of a word."""

    text: str
    begins: bool = False


Alternatives = tuple[Term, ...]  # any of them


def words_of(text: str) -> list[str]:
    """The words of a text, in order; unspaced scripts as pairs, and their last letter alone."""
    found: list[str] = []
    for run in _RUN.findall(_folded(text)):
        for piece in _PIECE.findall(run):
            if re.match(rf"[{_UNSPACED}]", piece):
                found.extend(piece[at : at + 2] for at in range(len(piece)))
            else:
                found.append(piece[:LONGEST_WORD])
    return found


def document(trace: MessageTrace) -> frozenset[str]:
    """Everything that a message is found by."""
    recipients = [one.rcpt_to for one in trace.recipients]
    addresses = [_folded(one)[:LONGEST_TERM] for one in (trace.header_from, trace.mail_from, *recipients)]
    words = words_of(" ".join((trace.subject, *addresses)))
    whole = [one for one in addresses if _ADDRESS.fullmatch(one)]
    return frozenset((*words, *whole, *_labels(trace)))


def labels_among(terms: Iterable[str]) -> tuple[tuple[Facet, str], ...]:
    """The labels with their values; words and addresses are left out."""
    split = (one.partition(":") for one in terms if ":" in one)
    return tuple((_NAMED[name], value) for name, _, value in split if name in _NAMED)


def with_states(known: Iterable[str], states: Iterable[str]) -> frozenset[str]:
    """The same message after its recipients have come into these states."""
    kept = (one for one in known if not one.startswith(f"{Facet.STATE.value}:"))
    return frozenset((*kept, *(Facet.STATE.label(one) for one in states)))


def asked_words(text: str) -> Iterator[Alternatives]:
    """All of these words, or words that begin like them."""
    for run in _RUN.findall(_folded(text))[:MOST_ASKED]:
        for piece in _PIECE.findall(run):
            if not re.match(rf"[{_UNSPACED}]", piece):
                yield (Term(piece[:LONGEST_WORD], begins=len(piece) >= WHOLE_BELOW),)
            elif len(piece) == 1:
                yield (Term(piece, begins=True),)
            else:
                yield from ((Term(piece[at : at + 2]),) for at in range(len(piece) - 1))


def asked_address(text: str) -> Iterator[Alternatives]:
    """A whole address, or the words of a part of one."""
    wanted = _folded(text).strip()
    if _ADDRESS.fullmatch(wanted):
        yield (Term(wanted[:LONGEST_TERM]),)
    else:
        yield from asked_words(wanted)


def _labels(trace: MessageTrace) -> Iterator[str]:
    yield Facet.VERDICT.label(trace.verdict.value if trace.verdict else "none")
    yield Facet.DIRECTION.label(trace.direction.value if trace.direction else "none")
    for finding in trace.findings:
        yield Facet.FINDING.label(finding.detector)
        yield from map(Facet.SOURCE.label, _sources(finding))
        for label in finding.labels:
            if label.startswith(TEMPLATE_LABEL):
                yield Facet.TEMPLATE.label(label.removeprefix(TEMPLATE_LABEL))
    for one in trace.recipients:
        yield from _labels_of_recipient(one)


def _sources(finding: Finding) -> Iterator[str]:
    """The lists that it was on, as the detectors of reputation label them, and the scanner that spoke."""
    yield from (one.removeprefix(LIST) for one in finding.labels if one.startswith(LIST))
    if scanner := SCANNERS.get(finding.detector):
        yield scanner


def _labels_of_recipient(one: RecipientTrace) -> Iterator[str]:
    yield Facet.STATE.label(one.state.value)
    if one.policy_id:
        yield Facet.POLICY.label(one.policy_id)
    for action in one.monitored:
        yield Facet.MONITORED.label(action.value)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", storable(text)).casefold()
