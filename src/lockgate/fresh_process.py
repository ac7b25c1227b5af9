"""Hostile bytes are read by a module in a process of its own: memory limited, killed at a deadline, one message each.

Why a fresh process for each: this is for what happens a few times an hour, and the bytes are there because somebody
holds them to be dangerous. What comes with every message goes to the gateway's inspection workers.
"""

import asyncio
import sys


async def answer_of(module: str, content: bytes, address_space: int, deadline: float, *options: str) -> bytes:
    """What `python -m module ADDRESS_SPACE OPTIONS...` answers to these bytes; one that failed may answer nothing.

    Raises TimeoutError after `deadline` seconds. The process is gone when this returns, also when it is cancelled.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, str(address_space), *options,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(deadline):
            answer, _ = await process.communicate(content)
        return answer
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
