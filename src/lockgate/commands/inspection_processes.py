"""Many files over all cores: one process per core, each file's fate known even when it kills its process.

The parent hands out one file at a time and waits for an answer, the end of the process, or the deadline. Outcomes come
back in the order of the tasks.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

DEADLINE_SECONDS = 60.0

Result = dict[str, object]
Judge = Callable[[bytes], Result]


@dataclass(frozen=True, slots=True)
class Task:
    """One file; `content` is given when it does not come from `path`."""

    path: str
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one task; `result` has the key `error` when nothing else."""

    path: str
    result: Result


@dataclass(slots=True, eq=False)
class _Worker:
    process: BaseProcess
    channel: Connection
    index: int = -1  # of the task at hand, -1 when idle
    since: float = 0.0


def run(tasks: Sequence[Task], judge: Judge, processes: int | None = None) -> Iterator[Outcome]:
    """Judge every task. Never raises for a file; a file that kills or blocks its process is reported as such."""
    count = min(processes or os.cpu_count() or 1, len(tasks))
    workers = [_start(judge) for _ in range(count)]
    ready: dict[int, Result] = {}
    handed = printed = 0
    try:
        while printed < len(tasks):
            for worker in workers:
                if worker.index < 0 and handed < len(tasks):
                    _hand(worker, handed, tasks[handed])
                    handed += 1
            ready.update(_collect(workers, judge))
            while printed in ready:
                yield Outcome(tasks[printed].path, ready.pop(printed))
                printed += 1
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.join()


def _start(judge: Judge) -> _Worker:
    """A fork shares what is imported already; rules are compiled in each process, on first use."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, judge), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _hand(worker: _Worker, index: int, task: Task) -> None:
    worker.channel.send(task)
    worker.index, worker.since = index, time.monotonic()


def _collect(workers: list[_Worker], judge: Judge) -> dict[int, Result]:
    found: dict[int, Result] = {}
    busy = {worker.channel: worker for worker in workers if worker.index >= 0}
    for channel in wait(list(busy), timeout=1.0):
        assert isinstance(channel, Connection)  # noqa: S101 - narrows for the type checker
        worker = busy[channel]
        try:
            found[worker.index] = channel.recv()
            worker.index = -1
        except (EOFError, OSError):
            found[worker.index] = {"error": "the inspecting process died on this file"}
            _replace(workers, worker, judge)
    for worker in [worker for worker in workers if worker.index >= 0 and worker.index not in found]:
        if time.monotonic() - worker.since > DEADLINE_SECONDS:
            found[worker.index] = {"error": f"not finished within {DEADLINE_SECONDS:.0f} seconds"}
            _replace(workers, worker, judge)
    return found


def _replace(workers: list[_Worker], worker: _Worker, judge: Judge) -> None:
    worker.process.kill()
    worker.process.join()
    worker.channel.close()
    workers[workers.index(worker)] = _start(judge)


def _serve(channel: Connection, judge: Judge) -> None:
    while True:
        try:
            task: Task = channel.recv()
        except EOFError:
            return
        channel.send(_result(task, judge))


def _result(task: Task, judge: Judge) -> Result:
    try:
        content = Path(task.path).read_bytes() if task.content is None else task.content
    except OSError as error:
        return {"error": f"cannot be read: {error.strerror or error}"}
    try:
        return judge(content)
    except Exception as error:  # noqa: BLE001 - one file must not stop the others, and is named
        return {"error": f"{type(error).__name__}: {error}"}
