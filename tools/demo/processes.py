"""Programs that run while the demo runs: started with their output in a file, stopped when the demo ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

FoundT = TypeVar("FoundT")


class DemoFailed(Exception):
    """The demo cannot go on; the text says why and where to look."""


@contextmanager
def program(name: str, arguments: list[str], folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run one of our commands while the block runs; its output goes to `folder`/`name`.log."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / arguments[0]), *arguments[1:]],
            stdout=output,
            stderr=output,
            env={**os.environ, **environment},
        )
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


def until(what: str, look: Callable[[], FoundT | None], *, seconds: float, log: Path | None = None) -> FoundT:
    """The first result of `look` that is not None; raises DemoFailed when time is up."""
    deadline = time.monotonic() + seconds
    pause = threading_pause()
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        pause(0.2)
    tail = log.read_text(errors="replace")[-2000:] if log is not None and log.exists() else ""
    raise DemoFailed(f"{what} did not happen within {seconds:.0f} seconds.\n{tail}")


def threading_pause() -> Callable[[float], object]:
    """A wait that SIGINT ends at once."""
    import threading

    return threading.Event().wait
