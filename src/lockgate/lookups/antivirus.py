"""The scanners as sources of facts: which files each is given, and what its answers mean."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lockgate.lookups.clamd import Clamd
from lockgate.lookups.file_scanner import FileScanner
from lockgate.lookups.icap import Icap
from lockgate.model.scans import CarriedFile, ClamavScan, IcapScan

WHOLE = "message"


@dataclass(frozen=True, slots=True)
class ClamavLookup:
    """clamd is given every file and the message itself: some signatures are about mail, not about files."""

    scanner: FileScanner
    fact: str = ClamavScan.__name__

    async def scan(self, message_id: str, content: bytes, files: Sequence[CarriedFile]) -> ClamavScan:
        """What was found; raises TemporaryError when clamd cannot say."""
        del message_id
        whole = CarriedFile(WHOLE, "", "message", False, hashlib.sha256(content).hexdigest(), content)
        return ClamavScan(await self.scanner.scan_all([whole, *files]))


@dataclass(frozen=True, slots=True)
class IcapLookup:
    """ICAP servers expect files as a web server would send them."""

    scanner: FileScanner
    fact: str = IcapScan.__name__

    async def scan(self, message_id: str, content: bytes, files: Sequence[CarriedFile]) -> IcapScan:
        """What was found; raises TemporaryError when the server cannot say."""
        del message_id, content
        return IcapScan(await self.scanner.scan_all(files))


def clamav(address: str, deadline: float, now: Callable[[], float]) -> ClamavLookup:
    """ClamAV at `unix:/path` or `host:port`; times in seconds."""
    return ClamavLookup(FileScanner(Clamd(address).scan, deadline, now))


def icap(url: str, method: str, deadline: float, now: Callable[[], float]) -> IcapLookup:
    """An ICAP service; times in seconds."""
    return IcapLookup(FileScanner(Icap(url, method).scan, deadline, now))
