"""The folder of own YARA rules: read again when a file in it changes, without stopping what is in force.

Rule: a set with a mistake is told in one sentence in the log and by `lockgate doctor`; the set before it stays.
"""

from pathlib import Path

import structlog

from lockgate.detection.own_rules import OwnRuleSet, compile_rules
from lockgate.model.errors import InvalidInput

log = structlog.get_logger()
ENDINGS = (".yar", ".yara")
LARGEST = 64_000_000  # bytes of one folder
Seen = tuple[tuple[str, int, int], ...]


class OwnRuleFolder:
    """Implements `gateway.inspection.OwnRuleSets`. `refresh` is called now and then, from a thread."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._seen: Seen | None = None
        self._current = OwnRuleSet()
        self._told = ""
        self.refresh()

    @property
    def current(self) -> OwnRuleSet:
        """The last set without a mistake; empty before there was one."""
        return self._current

    def refresh(self) -> bool:
        """Compile anew when anything changed; whether other rules are in force now."""
        if self._folder is None:
            return False
        try:
            seen = _look(self._folder)
            if seen == self._seen:
                return False
            self._seen = seen
            found = compile_rules(sources_in(self._folder))
        except (InvalidInput, OSError) as error:
            self._tell(str(error))
            return False
        self._told = ""
        changed = found.version != self._current.version
        self._current = found
        log.info("own rules in force", folder=str(self._folder), rules=found.count, version=found.version)
        return changed

    def _tell(self, cause: str) -> None:
        """Once for each cause: this is looked at every second."""
        if cause != self._told:
            self._told = cause
            log.error("own rules are not taken, those before stay in force", folder=str(self._folder), cause=cause)


def sources_in(folder: Path) -> dict[str, str]:
    """Texts by name below the folder. Raises InvalidInput for one that is no text, or when there is too much."""
    texts: dict[str, str] = {}
    total = 0
    for path in _files(folder):
        total += path.stat().st_size
        if total > LARGEST:
            raise InvalidInput(f"{folder} holds more than {LARGEST // 1_000_000} MB of rules.")
        try:
            texts[path.relative_to(folder).as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{path.name}: not UTF-8 at byte {error.start}.") from error
    return texts


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is not a folder.")
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())


def _look(folder: Path) -> Seen:
    return tuple((str(path), (stat := path.stat()).st_size, stat.st_mtime_ns) for path in _files(folder))
