"""How sure a rule wants to be: three levels by name, each a probability; any other number is fine too.

Source: the measured curves of docs/detection.md ("Curves by family"). Verdicts are given from 0.5 on.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """A name for a probability, and what to expect of it."""

    name: str
    minimum: float
    says: str


LEVELS = (
    Level("more likely than not", 0.5, "the high level, which catches most"),
    Level("likely", 0.7, "the medium level"),
    Level("near certain", 0.9, "the low level, which catches least"),
)


def level_words(minimum: float) -> str:
    """`0.9 (near certain)`; the number alone where it is none of the levels."""
    named = next((level.name for level in LEVELS if level.minimum == minimum), "")
    return f"{minimum:g} ({named})" if named else f"{minimum:g}"
