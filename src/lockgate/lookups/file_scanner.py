"""Asks one scanner about many files: each content once, answers kept, and a scanner that keeps failing left in peace.

A circuit breaker (Nygard, "Release It!") opens after `FAILURES` failures in a row: for `REST` seconds nobody waits for
a scanner that is down, and what it should have said is missing by name. Then one call tries it again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from lockgate.model.errors import TemporaryError
from lockgate.model.scans import CarriedFile, ScannedFile

FAILURES, REST = 4, 30.0
KEPT_CLEAN, KEPT_FOUND = 900.0, 86_400.0  # seconds; new signatures find more in old files
MOST_KEPT = 50_000
AT_ONCE = 4


class FileScanner:
    """One scanner. `scan` answers with the threat's name or an empty text; `now` is a monotonic clock in seconds."""

    def __init__(self, scan: Callable[[bytes], Awaitable[str]], deadline: float, now: Callable[[], float]) -> None:
        self._scan = scan
        self._deadline = deadline
        self._now = now
        self._kept: dict[str, tuple[str, float]] = {}
        self._failures = 0
        self._rests_until = 0.0
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def scan_all(self, files: Sequence[CarriedFile]) -> tuple[ScannedFile, ...]:
        """What was found in each. Raises TemporaryError, naming the cause, when any of them could not be scanned."""
        try:
            async with asyncio.timeout(self._deadline):
                answers = await asyncio.gather(*(self._one(file) for file in files), return_exceptions=True)
        except TimeoutError:
            self._note_failure()
            raise TemporaryError(f"no answer within {self._deadline:g} s") from None
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return tuple(ScannedFile(file.where, str(answer)) for file, answer in zip(files, answers, strict=True))

    async def _one(self, file: CarriedFile) -> str:
        kept = self._kept.get(file.sha256)
        if kept is not None and kept[1] > self._now():
            return kept[0]
        if self._now() < self._rests_until:
            raise TemporaryError("left in peace after failures")
        async with self._slots:
            try:
                threat = await self._scan(file.content)
            except TemporaryError:
                self._note_failure()
                raise
        self._failures = 0
        self._keep(file.sha256, threat)
        return threat

    def _keep(self, sha256: str, threat: str) -> None:
        while len(self._kept) >= MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[sha256] = (threat, self._now() + (KEPT_FOUND if threat else KEPT_CLEAN))

    def _note_failure(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES:
            self._rests_until = self._now() + REST
            self._failures = FAILURES - 1  # after the rest one more failure is enough
