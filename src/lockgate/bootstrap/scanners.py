"""The scanners that the settings name, and whether they answer."""

import time

from lockgate.gateway.ports import Scans
from lockgate.lookups import antivirus
from lockgate.settings import ScannerSettings


def scanners(settings: ScannerSettings) -> tuple[Scans, ...]:
    """One for each that is set up."""
    found: list[Scans] = []
    if settings.clamav:
        found.append(antivirus.clamav(settings.clamav, settings.deadline, time.monotonic))
    if settings.icap:
        found.append(antivirus.icap(settings.icap, settings.icap_method, settings.deadline, time.monotonic))
    return tuple(found)
