"""What administrators change about detectors: one default (the detector's own line), one override (this)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from lockgate.detection.detector import Detector
from lockgate.model.findings import Maturity


@dataclass(frozen=True, slots=True)
class Overrides:
    """Weights and maturities by detector id; ids that no detector has are ignored here and refused at the edge."""

    weights: Mapping[str, float] = field(default_factory=dict)
    maturities: Mapping[str, Maturity] = field(default_factory=dict)

    def weight(self, detector: Detector) -> float:
        """The weight in force, in log-odds."""
        return self.weights.get(detector.id, detector.weight)

    def maturity(self, detector: Detector) -> Maturity:
        """The maturity in force."""
        return self.maturities.get(detector.id, detector.maturity)

    def mark(self, fingerprint: str) -> str:
        """The catalogue's fingerprint, with a suffix when something is overridden."""
        if not self.weights and not self.maturities:
            return fingerprint
        own = repr((sorted(self.weights.items()), sorted(self.maturities.items())))
        return f"{fingerprint}+{hashlib.sha256(own.encode()).hexdigest()[:6]}"


NONE = Overrides()
