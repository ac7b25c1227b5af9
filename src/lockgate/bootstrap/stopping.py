"""How a process of ours is told to end."""

import asyncio
import signal


async def until_told_to_stop() -> None:
    """Return at SIGTERM or SIGINT."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await told.wait()
