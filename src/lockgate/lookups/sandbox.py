"""A sandbox as a source of facts: what is worth running is handed in once, and judged when the verdict is there.

Nobody waits here: a file without a verdict is `pending`, and that the message waits for it is written down before the
message is held. A sandbox that cannot be reached is missing by name, like every other scanner.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lockgate.model.errors import TemporaryError
from lockgate.model.scans import CarriedFile, SandboxedFile, SandboxScan, SandboxState

MOST_FILES = 12


class Sandbox(Protocol):
    """A sandbox with an asynchronous verdict; `cape.Cape` is one."""

    async def submit(self, name: str, content: bytes) -> str:
        """The task's id. Raises TemporaryError."""
        ...

    async def verdict(self, task: str) -> tuple[SandboxState, str]:
        """State and detail. Raises TemporaryError."""
        ...


class Memory(Protocol):
    """What all gateways know of the sandbox. Every method raises TemporaryError."""

    async def known(self, sha256s: Sequence[str]) -> Mapping[str, tuple[SandboxState, str]]:
        """State and detail of contents that were handed in."""
        ...

    async def submitted(self, sha256: str, task: str) -> None:
        """Durable before it returns."""
        ...

    async def wait(self, message_id: str, sha256s: Sequence[str]) -> None:
        """Durable before it returns."""
        ...


@dataclass(frozen=True, slots=True)
class SandboxLookup:
    """`deadline` bounds handing in, in seconds."""

    sandbox: Sandbox
    memory: Memory
    deadline: float
    fact: str = SandboxScan.__name__

    async def scan(self, message_id: str, content: bytes, files: Sequence[CarriedFile]) -> SandboxScan:
        """What is known now of the files that are worth running. Raises TemporaryError."""
        del content
        worth = [file for file in files if file.runs]
        if len(worth) > MOST_FILES:
            raise TemporaryError(f"more than {MOST_FILES} files are worth running")
        try:
            async with asyncio.timeout(self.deadline):
                return SandboxScan(await self._states(message_id, worth))
        except TimeoutError as error:
            raise TemporaryError(f"no answer within {self.deadline:g} s") from error

    async def _states(self, message_id: str, files: Sequence[CarriedFile]) -> tuple[SandboxedFile, ...]:
        if not files:
            return ()
        known = dict(await self.memory.known([file.sha256 for file in files]))
        for file in files:
            if file.sha256 not in known:
                await self.memory.submitted(file.sha256, await self.sandbox.submit(file.name, file.content))
                known[file.sha256] = (SandboxState.PENDING, "handed in")
        pending = sorted({file.sha256 for file in files if known[file.sha256][0] is SandboxState.PENDING})
        if pending:
            await self.memory.wait(message_id, pending)
        return tuple(SandboxedFile(file.where, file.sha256, *known[file.sha256]) for file in files)
