"""What an organisation changes about detection: weights and maturities of detectors, signals and rules of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lockgate.model.findings import Category, Maturity


@dataclass(frozen=True, slots=True)
class OwnSignal:
    """A named condition that rules can build upon as `signals.<name>`."""

    name: str
    expression: str  # CEL; what it may use is told in docs/correlation.md
    description: str = ""


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A condition that makes a finding `own.<id>`. A new one starts in shadow: recorded, and nothing else."""

    id: str
    name: str
    expression: str
    category: Category
    weight: float  # in log-odds
    maturity: Maturity = Maturity.SHADOW
    description: str = ""


@dataclass(frozen=True, slots=True)
class Tuning:
    """One version of it. A fact: it travels with the message to where it is judged."""

    tuning_version: int
    weights: Mapping[str, float] = field(default_factory=dict)
    maturities: Mapping[str, Maturity] = field(default_factory=dict)
    signals: tuple[OwnSignal, ...] = ()
    rules: tuple[OwnRule, ...] = ()
