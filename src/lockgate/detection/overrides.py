"""What administrators change about detectors: one default (the detector's own line), one override (this)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from lockgate.detection.detector import Detector
from lockgate.model.findings import Maturity
from lockgate.model.tuning import Tuning


@dataclass(frozen=True, slots=True)
class Overrides:
    """Weights and maturities by detector id; ids that no detector has are ignored here and refused at the edge."""

    weights: Mapping[str, float] = field(default_factory=dict)
    maturities: Mapping[str, Maturity] = field(default_factory=dict)
    version: int = 0  # of the organisation's tuning; 0: none

    def weight(self, detector: Detector) -> float:
        """The weight in force, in log-odds."""
        return self.weights.get(detector.id, detector.weight)

    def maturity(self, detector: Detector) -> Maturity:
        """The maturity in force."""
        return self.maturities.get(detector.id, detector.maturity)

    def mark(self, fingerprint: str) -> str:
        """The catalogue's fingerprint, with a suffix when something is overridden."""
        if not self.weights and not self.maturities and not self.version:
            return fingerprint
        own = repr((sorted(self.weights.items()), sorted(self.maturities.items()), self.version))
        return f"{fingerprint}+{hashlib.sha256(own.encode()).hexdigest()[:6]}"


NONE = Overrides()


def overrides_of(tuning: Tuning | None) -> Overrides:
    """What an organisation's tuning changes about the product's own detectors."""
    return NONE if tuning is None else Overrides(tuning.weights, tuning.maturities, tuning.tuning_version)
