"""Sends the letters that are due, again and again until a server has taken them or their time is over.

Rule: that a letter cannot be sent is shown in the console, by `lockgate doctor` and in the log; no letter says so.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from lockgate.model.clock import Clock
from lockgate.model.errors import LockgateError
from lockgate.model.notification import Letter
from lockgate.notifications.ports import Transport
from lockgate.storage.letters import Letters
from lockgate.storage.unit_of_work import Database

log = structlog.get_logger()
LEASE = timedelta(minutes=5)  # longer than any try
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Takes letters to the transport. `write_up` makes new ones first, so that one round is all it takes."""

    database: Database
    transport: Transport
    sender: str
    clock: Clock
    write_up: Callable[[], object]

    async def keep_delivering(self, pause: float) -> None:
        """For ever, every `pause` seconds."""
        while True:
            try:
                while await self.deliver_due():
                    pass
            except LockgateError as error:
                log.warning("letters wait", cause=str(error))
            except Exception:  # a mistake of ours must not end the mail for good
                log.exception("letters wait")
            await asyncio.sleep(pause)

    async def deliver_due(self) -> int:
        """One round; how many letters were tried."""
        await asyncio.to_thread(self.write_up)
        letters = await asyncio.to_thread(self._take)
        for letter in letters:
            await self._deliver(letter)
        return len(letters)

    async def _deliver(self, letter: Letter) -> None:
        try:
            remark = await self.transport.send(self.sender, letter.recipients, letter.content)
        except LockgateError as error:
            log.warning("a letter could not be sent", letter=letter.id, attempts=letter.attempts, cause=str(error))
            later, problem = self._later(letter), str(error)
            await asyncio.to_thread(self._note, lambda mine: mine.try_again(letter.id, later, problem))
            return
        log.info("letter sent", letter=letter.id, purpose=letter.purpose, remark=remark)
        await asyncio.to_thread(self._note, lambda mine: mine.sent(letter.id, self.clock(), remark))

    def _later(self, letter: Letter) -> datetime | None:
        now = self.clock()
        if now - letter.made_at > GIVEN_UP_AFTER:
            return None
        doubled: timedelta = FIRST_WAIT * 2 ** min(letter.attempts - 1, 10)
        return now + min(doubled, LONGEST_WAIT)

    def _take(self) -> list[Letter]:
        with self.database.write() as unit:
            return Letters(unit).take_due(self.clock(), LEASE)

    def _note(self, how: Callable[[Letters], None]) -> None:
        with self.database.write() as unit:
            how(Letters(unit))
