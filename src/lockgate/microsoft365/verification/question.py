"""The words of the verification: a question, its possible outcomes, and a check, which is a question answered.

Rule: what could not be read is UNKNOWN, never a pass.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lockgate.microsoft365.verification.evidence import Evidence


class Outcome(StrEnum):
    """How a check came out. UNKNOWN: it could not be read."""

    PASS = "pass"  # noqa: S105 - not a password
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to check, with where it is in Microsoft's portals."""

    id: str
    title: str
    meaning: str
    where: str


@dataclass(frozen=True, slots=True)
class Check:
    """One question answered. `fix` is empty when nothing is to be done."""

    question: Question
    outcome: Outcome
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check found, and what to do about it."""

    outcome: Outcome
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the way to its answer. Without any of the cmdlets in `reads` there is no answer."""

    question: Question
    answer: Callable[[Evidence], Answer]
    reads: tuple[str, ...] = ()

    def check(self, evidence: Evidence) -> Check:
        """The answer, or why there is none."""
        if why := evidence.why_unread(*self.reads):
            return Check(self.question, Outcome.UNKNOWN, why, self.question.where)
        found = self.answer(evidence)
        return Check(self.question, found.outcome, found.detail, found.fix)


def passed(detail: str) -> Answer:
    """All is well."""
    return Answer(Outcome.PASS, detail)


def warned(detail: str, fix: str) -> Answer:
    """Mail flows, but something is not as it should be."""
    return Answer(Outcome.WARN, detail, fix)


def failed(detail: str, fix: str) -> Answer:
    """Protected mail would be refused or lost from sight."""
    return Answer(Outcome.FAIL, detail, fix)


def unknown(detail: str, fix: str) -> Answer:
    """It could not be told."""
    return Answer(Outcome.UNKNOWN, detail, fix)


def quoted(name: str) -> str:
    """A name as PowerShell takes it literally."""
    return "'" + name.replace("'", "''") + "'"


def several(names: list[str]) -> str:
    """Names in a sentence."""
    return ", ".join(f"'{name}'" for name in names)
