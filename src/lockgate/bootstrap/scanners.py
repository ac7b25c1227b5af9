"""The scanners that the settings name."""

import time

from lockgate.gateway.ports import Scans
from lockgate.lookups import antivirus
from lockgate.lookups.cape import Cape
from lockgate.lookups.sandbox import SandboxLookup
from lockgate.model.clock import Clock
from lockgate.model.errors import ConfigurationError
from lockgate.settings import ScannerSettings
from lockgate.storage.sandbox_files import StoredSandboxMemory
from lockgate.storage.unit_of_work import Database


def scanners(settings: ScannerSettings, database: Database, clock: Clock) -> tuple[Scans, ...]:
    """One for each that is set up. Raises ConfigurationError when the sandbox's token cannot be read."""
    found: list[Scans] = []
    if settings.clamav:
        found.append(antivirus.clamav(settings.clamav, settings.deadline, time.monotonic))
    if settings.icap:
        found.append(antivirus.icap(settings.icap, settings.icap_method, settings.deadline, time.monotonic))
    box = sandbox(settings)
    if box is not None:
        found.append(SandboxLookup(box, StoredSandboxMemory(database, clock), settings.deadline))
    return tuple(found)


def sandbox(settings: ScannerSettings) -> Cape | None:
    """The sandbox, if one is set up."""
    if not settings.sandbox:
        return None
    try:
        token = settings.sandbox_token.read_text(encoding="utf-8").strip() if settings.sandbox_token else ""
    except OSError as error:
        raise ConfigurationError(f"scanners.sandbox_token cannot be read: {error.strerror}.") from error
    return Cape(settings.sandbox, token)
