"""Makes held mail findable by what it says: soon after it is held, its words are read and kept as keyed digests.

Rule: reading happens in a process of its own, and a message that cannot be read is tried once and found by its record
alone.
"""

import asyncio
from dataclasses import dataclass

from lockgate.model.errors import PermanentError, TemporaryError
from lockgate.quarantine.ports import Reads
from lockgate.storage.blobs import Blobs
from lockgate.storage.held_words import HeldWords, WordKeys
from lockgate.storage.unit_of_work import Database

AT_ONCE = 60  # messages of one run; a process for each takes about half a second


@dataclass(frozen=True, slots=True)
class Words:
    """Safe to run at the same time elsewhere, and to run again after a crash."""

    database: Database
    blobs: Blobs
    reads: Reads
    keys: WordKeys

    async def read(self) -> int:
        """Read those whose words are not known yet, the oldest first; how many became known."""
        done = 0
        for held_id, blob in await asyncio.to_thread(self._unread):
            try:
                said = await self.reads.text(await asyncio.to_thread(self.blobs.get, blob))
            except TemporaryError:
                continue
            except PermanentError:
                said = ""
            done += await asyncio.to_thread(self._note, held_id, said)
        return done

    def _unread(self) -> list[tuple[str, str]]:
        with self.database.read() as unit:
            return list(HeldWords(unit).unread(AT_ONCE))

    def _note(self, held_id: str, said: str) -> bool:
        tokens = self.keys.tokens(said)
        with self.database.write() as unit:
            return HeldWords(unit).note(held_id, tokens)
