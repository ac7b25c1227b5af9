"""All detectors, found by walking a package: `<family>/<file>.py` holds exactly the detector `<family>.<file>`.

A new detector is one file. A mistake in one stops start-up and names the file: a detector that silently does not
run would look like clean mail.
"""

import hashlib
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType

from lockgate.detection.detector import Detector
from lockgate.model.errors import ConfigurationError

SECTIONS = ("Why it matters:", "Known false positives:", "References:")


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The detectors in order of their ids. `fingerprint` changes with any line of code, rule or list behind them."""

    detectors: tuple[Detector, ...]
    fingerprint: str
    _by_id: dict[str, Detector] = field(default_factory=dict, repr=False, compare=False)

    def get(self, identity: str) -> Detector | None:
        """The detector with this id, or None."""
        if not self._by_id:
            self._by_id.update({detector.id: detector for detector in self.detectors})
        return self._by_id.get(identity)


@cache
def default_catalogue() -> Catalogue:
    """The product's own detectors; read once per process. Raises ConfigurationError when one is malformed."""
    from lockgate.detection import detectors

    return discover(detectors, Path(__file__).parent)


def discover(package: ModuleType, sources: Path | None = None) -> Catalogue:
    """Every detector below `package`; the fingerprint covers all files below `sources`.

    Raises ConfigurationError naming the files that are at fault: two detectors with one id, no docstring, a missing
    section of the manual page, an unknown parameter type, an id that is not `<family>.<file>`.
    """
    found: dict[str, Detector] = {}
    for module in _modules(package):
        own = _only_detector(module)
        earlier = found.get(own.id)
        if earlier is not None:
            raise ConfigurationError(f"two detectors are called {own.id}: {earlier.module} and {own.module}")
        _check(own, module)
        found[own.id] = own
    ordered = tuple(found[identity] for identity in sorted(found))
    return Catalogue(ordered, fingerprint(sources or Path(next(iter(package.__path__)))))


def fingerprint(folder: Path) -> str:
    """Twelve hexadecimal digits over names and bytes of all files below `folder`."""
    digest = hashlib.sha256()
    for path in sorted(_source_files(folder.rglob("*"))):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _source_files(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path in paths if path.is_file() and "__pycache__" not in path.parts)


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for entry in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if entry.ispkg:
            continue
        try:
            yield importlib.import_module(entry.name)
        except TypeError as error:
            raise ConfigurationError(f"{entry.name}: {error}") from error


def _only_detector(module: ModuleType) -> Detector:
    own = [value for value in vars(module).values() if isinstance(value, Detector) and value.module == module.__name__]
    if len(own) != 1:
        raise ConfigurationError(f"{module.__name__} must hold exactly one detector, it holds {len(own)}")
    return own[0]


def _check(own: Detector, module: ModuleType) -> None:
    if not own.page:
        raise ConfigurationError(f"{own.id}: {module.__name__} has no docstring; it is the detector's manual page")
    absent = [section for section in SECTIONS if section not in own.page]
    if absent:
        raise ConfigurationError(f"{own.id}: the docstring of {module.__name__} lacks {', '.join(absent)}")
    family, name = module.__name__.rsplit(".", 2)[1:]
    expected = f"{family}.{name.replace('_', '-')}"
    if own.id != expected:
        raise ConfigurationError(f"{module.__name__} must call its detector {expected}, not {own.id}")
