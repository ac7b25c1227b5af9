"""Writes clicks down, with the recipient's address while the trace still has it; the reference stays for ever."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from lockgate.mime.signed_links import LinkKeys
from lockgate.model.clicks import Click
from lockgate.storage.clicks import Clicks
from lockgate.storage.traces import Traces
from lockgate.storage.unit_of_work import Database


@dataclass(frozen=True, slots=True)
class ClickLog:
    """Implements `ports.Notes`."""

    database: Database
    keys: Callable[[], LinkKeys]

    async def note(self, click: Click) -> None:
        """See `ports.Notes`."""
        await asyncio.to_thread(self._write, click)

    def _write(self, click: Click) -> None:
        named = replace(click, rcpt_to=self._recipient(click)) if click.reader else click
        with self.database.write() as unit:
            Clicks(unit).add(named)

    def _recipient(self, click: Click) -> str:
        with self.database.read() as unit:
            trace = Traces(unit).get(click.message_id) if click.message_id else None
        if trace is None or trace.tenant_id != click.tenant_id:
            return ""
        keys = self.keys()
        addresses = (one.rcpt_to for one in trace.recipients)
        return next((one for one in addresses if click.reader in keys.readers(click.tenant_id, one)), "")
