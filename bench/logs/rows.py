"""Invented messages as PostgreSQL's COPY takes them: many words, few common ones; many senders, few frequent ones.

Everything is drawn from a fixed seed. What is read whole and never searched is kept short, so that ten million rows
fit on a laptop: steps are left out, and only what is not clean has a finding written out. Terms are as in real rows.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from lockgate.detection.catalogue import default_catalogue
from lockgate.model.findings import Category, Finding, Verdict
from lockgate.model.lifecycle import State
from lockgate.storage.schema.column_types import lexeme, to_number
from lockgate.storage.schema.traces import detections, messages
from lockgate.storage.search_words import Facet

VERDICTS = {
    Verdict.CLEAN: 800, Verdict.BULK: 80, Verdict.SPAM: 70, Verdict.PHISHING: 30, Verdict.FRAUD: 10,
    Verdict.MALWARE: 5, Verdict.DLP: 5,
}  # fmt: skip
STATES = {
    Verdict.CLEAN: State.RELAYED, Verdict.BULK: State.RELAYED, Verdict.SPAM: State.JUNKED,
    Verdict.PHISHING: State.QUARANTINED, Verdict.FRAUD: State.QUARANTINED, Verdict.MALWARE: State.DELETED,
    Verdict.DLP: State.REFUSED,
}  # fmt: skip
TENANTS = tuple(f"{number:08d}-1111-2222-3333-444444444444" for number in range(4))  # the first has most of the mail
SYLLABLES = [a + b for a in "bdfghklmnprst" for b in "aeio"]
MESSAGE_COLUMNS = tuple(column.name for column in messages.columns)
DETECTION_COLUMNS = ("message_id", "received_at", "tenant_id", "findings")
RECIPIENT_COLUMNS = (
    "message_id", "position", "received_at", "rcpt_to", "rcpt_to_folded", "state", "explanation", "policy_id",
    "policy_name", "policy_version", "rule", "reasons", "monitored", "reply",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weighted:
    """Things of which the first are drawn most (Zipf)."""

    things: Sequence[str]
    limits: Sequence[float]

    def draw(self, source: random.Random, many: int) -> list[str]:
        return source.choices(self.things, cum_weights=self.limits, k=many)


def zipf(things: Sequence[str]) -> Weighted:
    """The n-th of them with weight 1/n."""
    return Weighted(things, list(accumulate(1 / (number + 1) for number in range(len(things)))))


class Mail:
    """The rows, `count` messages in equal steps from `begins` to `ends`."""

    def __init__(self, count: int, begins: datetime, ends: datetime) -> None:
        self._count, self._begins, self._ends = count, begins, ends
        self._source = random.Random(7)
        invented = ("".join(self._source.choices(SYLLABLES, k=self._source.randint(2, 4))) for _ in range(60_000))
        self.words = zipf(["invoice", "meeting", "offer", "reminder", "parcel", *dict.fromkeys(invented)])
        self.senders = zipf([self._address(number) for number in range(200_000)])
        self.people = zipf([f"person{number}@org{number % 4}.example" for number in range(5_000)])
        self.detectors = zipf(sorted(one.id for one in default_catalogue().detectors))
        self._findings: dict[str, str] = {}

    def blocks(self, size: int = 20_000) -> Iterator[tuple[str, str, str]]:
        """Text for COPY of messages, recipients and detections, block by block."""
        first, step = to_number(self._begins), (to_number(self._ends) - to_number(self._begins)) // self._count
        for start in range(0, self._count, size):
            numbers = range(start, min(start + size, self._count))
            rows = list(self._rows(numbers, first, step))
            yield "".join(row[0] for row in rows), "".join(row[1] for row in rows), "".join(row[2] for row in rows)

    def _rows(self, numbers: range, first: int, step: int) -> Iterator[tuple[str, str, str]]:
        source, many = self._source, len(numbers)
        verdicts = source.choices(list(VERDICTS), list(VERDICTS.values()), k=many)
        senders, people = self.senders.draw(source, many), self.people.draw(source, many)
        words, detectors = self.words.draw(source, 6 * many), self.detectors.draw(source, 3 * many)
        tenants = source.choices(TENANTS, (90, 7, 2, 1), k=many)
        for at, number in enumerate(numbers):
            found = detectors[3 * at : 3 * at + source.randint(1, 3)]
            yield self._row(
                number, first + number * step, verdicts[at], senders[at], people[at], words[6 * at : 6 * at + 6], found,
                tenants[at],
            )  # fmt: skip

    def _row(
        self, number: int, at: int, verdict: Verdict, sender: str, person: str, words: list[str], found: list[str],
        tenant: str,
    ) -> tuple[str, str, str]:  # fmt: skip
        identity, state = f"{number:032x}", STATES[verdict]
        direction = "outbound" if number % 5 == 0 or verdict is Verdict.DLP else "inbound"
        policy = f"policy-{direction}-{number % 3}"
        labels = (
            f"verdict:{verdict}", f"direction:{direction}", f"state:{state}", f"policy:{policy}",
            *(Facet.FINDING.label(one) for one in found),
        )  # fmt: skip
        parts = f"{sender}.{person}".replace("@", ".").split(".")
        terms = {*words, sender, person, *parts, *labels}
        fields = {
            "id": identity, "tenant_id": tenant, "direction": direction, "received_at": at, "finished_at": at + 90_000,
            "peer": "40.92.0.10", "mail_from": sender, "header_from": sender,
            "subject": " ".join(words).capitalize(), "internet_message_id": f"<{number:x}@{sender.partition('@')[2]}>",
            "network_message_id": f"{number:08x}-0000-4000-8000-000000000000", "size": 20_000 + number % 60_000,
            "verdict": verdict.value, "score": 0.5, "reply": "250 2.6.0 queued",
            "events": "[]", "files": "[]",
            "search": " ".join(map(lexeme, sorted(terms))),
        }  # fmt: skip
        recipient = (
            identity, 0, at, person, person, state.value, "By rule.", policy, "Default", 3,
            verdict.value, "[]", "[]", "250 2.6.0 queued",
        )  # fmt: skip
        findings = "" if verdict is Verdict.CLEAN else _line((identity, at, tenant, f"[{self._finding(found[0])}]"))
        return _line([fields[name] for name in MESSAGE_COLUMNS]), _line(recipient), findings

    def _finding(self, detector: str) -> str:
        if detector not in self._findings:
            made = Finding(detector, Category.SPAM, 1.0, "Invented for this measurement.", ())
            self._findings[detector] = detections.c.findings.type.process_bind_param((made,), None)[1:-1]
        return self._findings[detector]

    def _address(self, number: int) -> str:
        name = "".join(self._source.choices(SYLLABLES, k=4))
        return f"{name}{number}@{self._source.choice(SYLLABLES)}{number % 9000}.example"


def _line(values: Sequence[object]) -> str:
    return "\t".join(str(one).replace("\\", "\\\\") for one in values) + "\n"
