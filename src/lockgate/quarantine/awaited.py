"""Messages that were held because the sandbox had not finished (decision 12): released when clean, kept otherwise.

Rule: a message is released by itself only when waiting was the one reason to hold it. No verdict within the patience
counts as none, and the message is kept for people to decide.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from lockgate.model.clock import Clock
from lockgate.model.errors import TemporaryError
from lockgate.model.findings import Verdict
from lockgate.model.scans import SandboxState
from lockgate.quarantine.service import QuarantineService
from lockgate.storage.audit import Author
from lockgate.storage.held_messages import HeldFilter, HeldItem, HeldMessages
from lockgate.storage.held_retention import HeldFor
from lockgate.storage.sandbox_files import Judged, SandboxFiles
from lockgate.storage.unit_of_work import Database

AWAITED, FOUND = "file.awaiting-sandbox", "malware.sandbox"  # detectors
ABOUT_TO_BE_HELD = timedelta(minutes=10)  # between a wait and the commit that holds its message
SYSTEM = "system"
EVER = datetime(1970, 1, 1, tzinfo=UTC)
HARMFUL = (SandboxState.MALICIOUS, SandboxState.SUSPICIOUS)


class Judges(Protocol):
    """The sandbox, asked for a verdict."""

    async def verdict(self, task: str) -> tuple[SandboxState, str]:
        """State and detail of a task. Raises TemporaryError."""
        ...


@dataclass(frozen=True, slots=True)
class AwaitedVerdicts:
    """Run `settle` again and again; two at once do no harm."""

    database: Database
    clock: Clock
    sandbox: Judges
    quarantine: QuarantineService
    patience: timedelta
    held_for: HeldFor

    async def settle(self) -> str:
        """Ask for verdicts and act on them; a sentence on what was done, empty when nothing was."""
        judged = [await self._ask(one) for one in await asyncio.to_thread(self._pending)]
        counts = {"judged": sum(judged), "released": 0, "kept": 0}
        for message_id, (since, contents) in (await asyncio.to_thread(self._waiting)).items():
            done = await self._settle(message_id, since, contents)
            if done:
                counts[done] += 1
        told = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
        return f"files and messages: {told}" if told else ""

    async def _ask(self, file: Judged) -> bool:
        try:
            state, detail = await self.sandbox.verdict(file.task)
        except TemporaryError as error:
            state, detail = SandboxState.PENDING, str(error)
        if state is SandboxState.PENDING:
            if self.clock() - file.submitted_at < self.patience:
                return False
            state, detail = SandboxState.FAILED, f"no verdict within {self.patience} ({detail})"
        await asyncio.to_thread(self._judge, file.sha256, state, detail)
        return True

    async def _settle(self, message_id: str, since: datetime, contents: Sequence[str]) -> str:
        known = await asyncio.to_thread(self._known, contents)
        if any(one.state is SandboxState.PENDING for one in known.values()):
            return ""
        items = await asyncio.to_thread(self._held, message_id)
        if not items and self.clock() - since < ABOUT_TO_BE_HELD:
            return ""
        unclean = [one for one in known.values() if one.state is not SandboxState.CLEAN]
        done = ""
        for item in items:
            if unclean or len(known) < len(contents):
                await asyncio.to_thread(self._keep, item, unclean)
                done = "kept"
            elif item.held.reasons == (AWAITED,):
                await self.quarantine.release(item.held.id, None, Author(SYSTEM, self.clock()))
                done = "released"
        await asyncio.to_thread(self._settled, message_id)
        return done

    def _keep(self, item: HeldItem, unclean: Sequence[Judged]) -> None:
        worst = next((one for one in unclean if one.state in HARMFUL), None)
        with self.database.write() as unit:
            if worst is not None:
                reason = f"The sandbox calls a file of this message {worst.state}: {worst.detail}"
                known = HeldMessages(unit).explain(item.held, reason, FOUND, Verdict.MALWARE.value)
                HeldMessages(unit).keep_until(known, known.held_at + self.held_for(unit, known))
            else:
                detail = unclean[0].detail if unclean else "its task is not known any more"
                reason = f"The sandbox has no verdict on a file of this message: {detail}"
                HeldMessages(unit).explain(item.held, reason, AWAITED, item.held.verdict)

    def _pending(self) -> list[Judged]:
        with self.database.read() as unit:
            return SandboxFiles(unit).pending()

    def _waiting(self) -> Mapping[str, tuple[datetime, tuple[str, ...]]]:
        with self.database.read() as unit:
            return SandboxFiles(unit).waiting()

    def _known(self, contents: Sequence[str]) -> Mapping[str, Judged]:
        with self.database.read() as unit:
            return SandboxFiles(unit).find(contents, EVER)

    def _held(self, message_id: str) -> list[HeldItem]:
        with self.database.read() as unit:
            return HeldMessages(unit).search(HeldFilter(message_id=message_id))

    def _judge(self, sha256: str, state: SandboxState, detail: str) -> None:
        with self.database.write() as unit:
            SandboxFiles(unit).judge(sha256, state, detail, self.clock())

    def _settled(self, message_id: str) -> None:
        with self.database.write() as unit:
            SandboxFiles(unit).settled(message_id)
