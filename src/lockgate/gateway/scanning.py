"""Scanners that an administrator has set up are asked about the files of a message, all at once.

Rule: what a scanner could not say is missing by the name of its fact. Nothing is asked when nothing is set up, so that
the files never leave the worker then.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence

import structlog

from lockgate.gateway.frames import FileList
from lockgate.gateway.ports import Scans
from lockgate.model.errors import LockgateError
from lockgate.model.facts import Fact, MissingFact
from lockgate.model.scans import CarriedFile

log = structlog.get_logger()
HandedOut = tuple[FileList, Sequence[bytes]]
TOO_MANY = "the message carries more files than are scanned"


class Scanning:
    """All scanners of this gateway."""

    def __init__(self, scanners: Sequence[Scans]) -> None:
        self._scanners = tuple(scanners)

    @property
    def is_set_up(self) -> bool:
        """Whether there is anybody to ask."""
        return bool(self._scanners)

    async def gather(
        self, message_id: str, content: bytes, hand_out: Callable[[], Awaitable[HandedOut]]
    ) -> tuple[tuple[Fact, ...], tuple[MissingFact, ...]]:
        """A fact from each scanner, or its name among the missing."""
        listed, contents = await hand_out()
        if not listed.complete:
            return (), tuple(MissingFact(each.fact, TOO_MANY) for each in self._scanners)
        files = [
            CarriedFile(file.where, file.name, file.kind, file.runs, hashlib.sha256(data).hexdigest(), data)
            for file, data in zip(listed.files, contents, strict=True)
        ]
        answers = await asyncio.gather(*(_ask(scanner, message_id, content, files) for scanner in self._scanners))
        known = tuple(answer for answer in answers if not isinstance(answer, MissingFact))
        return known, tuple(answer for answer in answers if isinstance(answer, MissingFact))


async def _ask(scanner: Scans, message_id: str, content: bytes, files: Sequence[CarriedFile]) -> Fact | MissingFact:
    try:
        return await scanner.scan(message_id, content, files)
    except LockgateError as error:
        log.warning("a scanner could not be asked", fact=scanner.fact, cause=str(error))
        return MissingFact(scanner.fact, str(error)[:200])
