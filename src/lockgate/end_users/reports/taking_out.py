"""Takes reported messages out of the mail that carries them, in a process of its own that is killed at a deadline.

Why a fresh process for each: reports come a few times an hour, and carry what somebody holds to be dangerous.
"""

import asyncio
import sys

from pydantic import ConfigDict, TypeAdapter, ValidationError

from lockgate.mime.enclosed import Enclosed
from lockgate.model.errors import PermanentError

DEADLINE = 30.0  # seconds
ADDRESS_SPACE = 2 * 1024**3  # bytes
ANSWERS = TypeAdapter(tuple[str, bytes], config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))


class ProcessOpener:
    """Implements `ports.Opens`."""

    def __init__(self, deadline: float = DEADLINE, address_space: int = ADDRESS_SPACE) -> None:
        self._deadline = deadline
        self._address_space = address_space

    async def open(self, content: bytes) -> Enclosed:
        """See `ports.Opens`."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "lockgate.end_users.reports.taking_out_worker", str(self._address_space),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(self._deadline):
                answer, _ = await process.communicate(content)
            return Enclosed(*ANSWERS.validate_json(answer))
        except (TimeoutError, ValidationError) as error:
            raise PermanentError("The mail that brought the report cannot be taken apart.") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
