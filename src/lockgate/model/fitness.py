"""How one question about an installation was answered, and what is to be done."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How a question was answered."""

    PASS = "pass"  # noqa: S105 - not a password
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Answer:
    """One question answered. `fix` is empty when nothing is to be done; `meaning` says why it is asked at all."""

    question: str
    grade: Grade
    detail: str
    fix: str = ""
    meaning: str = ""
