"""Reads held messages in a process of their own: memory limited, killed at a deadline, one message each.

Why a fresh process per message: somebody clicks to look at a message a few times an hour, and what lies in
quarantine is there because it is dangerous.
"""

import asyncio
import sys

from pydantic import TypeAdapter, ValidationError

from lockgate.model.errors import PermanentError
from lockgate.quarantine.preview import Preview

DEADLINE = 30.0  # seconds
ADDRESS_SPACE = 2 * 1024**3  # bytes
PREVIEWS: TypeAdapter[Preview] = TypeAdapter(Preview)
UNREADABLE = "This message cannot be shown safely; download it and look at it in a place made for that."


class ProcessReader:
    """Implements `ports.Reads`."""

    def __init__(self, deadline: float = DEADLINE, address_space: int = ADDRESS_SPACE) -> None:
        self._deadline = deadline
        self._address_space = address_space

    async def read(self, content: bytes) -> Preview:
        """See `ports.Reads`."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "lockgate.quarantine.reading_worker", str(self._address_space),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(self._deadline):
                answer, _ = await process.communicate(content)
            return PREVIEWS.validate_json(answer)
        except (TimeoutError, ValidationError) as error:
            raise PermanentError(UNREADABLE) from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
