"""A pool of warm worker processes, each judging one message at a time, each killed at its deadline.

A worker that dies, hangs or fails costs its message an `Incomplete` finding and never anything else; policy
decides what an incomplete inspection means.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from lockgate.detection.own_rules import OwnRuleSet
from lockgate.gateway.frames import (
    CHANGE_NOTES,
    FACTS,
    FILE_LISTS,
    INDICATORS,
    LINK_LISTS,
    ORDERS,
    PREFIX,
    PUTTINGS_BACK,
    REPORTS,
    SUMMARIES,
    FileList,
    Kind,
    LinkList,
    NoteOfChange,
    Order,
    PuttingBack,
    Summary,
    frame,
)
from lockgate.mime.changes import NO_LINKS
from lockgate.mime.signed_links import Written
from lockgate.model.decision import Changes
from lockgate.model.facts import Facts
from lockgate.model.findings import Failure, Incomplete, Report, Verdict
from lockgate.model.reputation import Indicators

log = structlog.get_logger()


class WorkerLost(Exception):
    """The worker died, hung or answered nonsense; it has been killed."""

    def __init__(self, failure: Failure, why: str) -> None:
        super().__init__(why)
        self.failure = failure
        self.why = why


@dataclass(slots=True, eq=False)
class Worker:
    """One process and the channel to it."""

    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    own_rules: str = ""  # version of those that it was given

    @property
    def alive(self) -> bool:
        """Whether it can take a message."""
        return self.process.returncode is None and not self.writer.is_closing()

    async def ask(self, kind: Kind, payload: bytes) -> tuple[Kind, bytes]:
        """Send one request and wait for its answer."""
        self.writer.write(frame(kind, payload))
        await self.writer.drain()
        return await self.answer()

    async def answer(self) -> tuple[Kind, bytes]:
        """The next frame from the worker."""
        number, length = PREFIX.unpack(await self.reader.readexactly(PREFIX.size))
        return Kind(number), await self.reader.readexactly(length)

    async def ask_to_forget(self) -> None:
        """Let go of the message; there is no answer."""
        self.writer.write(frame(Kind.FORGET))
        await self.writer.drain()

    def kill(self) -> None:
        """End the process at once."""
        self.writer.close()
        if self.process.returncode is None:
            self.process.kill()


async def start_worker(address_space: int, classifier: Path | None = None, links_begin: str = "") -> Worker:
    """A worker that has loaded all detectors and this model; raises WorkerLost when it does not come up."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "lockgate.gateway.inspection_worker", str(theirs.fileno()), str(address_space),
            str(classifier or ""), links_begin, pass_fds=[theirs.fileno()], stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    reader, writer = await asyncio.open_connection(sock=ours)
    worker = Worker(process, reader, writer)
    try:
        await worker.answer()
    except asyncio.IncompleteReadError as error:
        worker.kill()
        raise WorkerLost(Failure.CRASHED, "the inspection worker did not start; see its error output") from error
    return worker


class Inspection:
    """One message on one worker. Every method raises WorkerLost when the worker fails or the deadline passes."""

    def __init__(self, worker: Worker, deadline: float) -> None:
        self._worker = worker
        self._ends = asyncio.get_running_loop().time() + deadline
        self._deadline = deadline

    @property
    def process_id(self) -> int:
        """Of the worker, for the log."""
        return self._worker.process.pid

    async def parse(self, content: bytes) -> Summary:
        """What the message says of itself."""
        return SUMMARIES.validate_json(await self._ask(Kind.PARSE, content, Kind.SUMMARY))

    async def indicators(self) -> Indicators:
        """What of the message can stand on a reputation list."""
        return INDICATORS.validate_json(await self._ask(Kind.INDICATE, b"", Kind.INDICATED))

    async def judge(self, facts: Facts) -> Report:
        """The report of every detector."""
        return REPORTS.validate_json(await self._ask(Kind.JUDGE, FACTS.dump_json(facts), Kind.REPORT))

    async def take_own_rules(self, payload: bytes) -> None:
        """Use these rules from the next message on."""
        await self._ask(Kind.OWN_RULES, payload, Kind.DONE)

    async def files(self) -> tuple[FileList, list[bytes]]:
        """The files that scanners may be given, with their contents."""
        listed = FILE_LISTS.validate_json(await self._ask(Kind.FILES, b"", Kind.FILES_LISTED))
        return listed, [await self._next(Kind.FILE) for _ in listed.files]

    async def change(self, changes: Changes, links: Mapping[Written, str] = NO_LINKS) -> tuple[NoteOfChange, bytes]:
        """A changed copy of the message, and what was done; with `unsafe` the copy must not be used."""
        order = ORDERS.dump_json(Order(changes, tuple(links.items())))
        note, _, content = (await self._ask(Kind.CHANGE, order, Kind.CHANGED)).partition(b"\0")
        return CHANGE_NOTES.validate_json(note), content

    async def links(self, *, plain_text: bool) -> LinkList:
        """The links of the message that can be replaced."""
        return LINK_LISTS.validate_json(await self._ask(Kind.LINKS, b"1" if plain_text else b"0", Kind.LINKED))

    async def put_back(self, wanted: PuttingBack) -> tuple[Summary, str, bytes]:
        """From now on the message with what stood in the places of our links; a note of it, and its bytes."""
        summary = await self._ask(Kind.PUT_BACK, PUTTINGS_BACK.dump_json(wanted), Kind.SUMMARY)
        note, _, content = (await self._next(Kind.CONTENT)).partition(b"\0")
        return SUMMARIES.validate_json(summary), note.decode(), content

    async def _ask(self, kind: Kind, payload: bytes, expected: Kind) -> bytes:
        return self._expected(await self._in_time(self._worker.ask(kind, payload)), expected)

    async def _next(self, expected: Kind) -> bytes:
        return self._expected(await self._in_time(self._worker.answer()), expected)

    def _expected(self, given: tuple[Kind, bytes], expected: Kind) -> bytes:
        answered, answer = given
        if answered is not expected:
            self._worker.kill()
            raise WorkerLost(Failure.CRASHED, f"answered {answered.name}, not {expected.name}")
        return answer

    async def _in_time(self, awaited: Coroutine[object, object, tuple[Kind, bytes]]) -> tuple[Kind, bytes]:
        try:
            async with asyncio.timeout_at(self._ends):
                answered, answer = await awaited
        except TimeoutError as error:
            self._worker.kill()
            raise WorkerLost(Failure.TIMED_OUT, f"no answer within {self._deadline:g} s") from error
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            self._worker.kill()
            raise WorkerLost(Failure.CRASHED, f"the worker died: {type(error).__name__}") from error
        if answered is Kind.FAILED:
            raise WorkerLost(Failure.CRASHED, answer.decode(errors="replace"))
        return answered, answer


class OwnRuleSets(Protocol):
    """Where the administrators' own rules are had from. Answers from memory."""

    @property
    def current(self) -> OwnRuleSet:
        """The rules in force."""
        ...


class NoOwnRules:
    """There are none."""

    current = OwnRuleSet()


class InspectionPool:
    """`async with InspectionPool(...) as pool:`; leaving kills every worker.

    A worker is given new rules when it is taken for a message, so that no message is judged by half a set.
    """

    def __init__(
        self,
        size: int,
        deadline: float,
        address_space: int,
        own_rules: OwnRuleSets = NoOwnRules(),  # noqa: B008 - it has no state
        classifier: Path | None = None,
        links_begin: str = "",
    ) -> None:
        self._own_rules = own_rules
        self._size = size
        self._deadline = deadline
        self._started_with = address_space, classifier, links_begin
        self._idle: asyncio.Queue[Worker | None] = asyncio.Queue()

    async def __aenter__(self) -> "InspectionPool":
        for worker in await asyncio.gather(*(start_worker(*self._started_with) for _ in range(self._size))):
            self._idle.put_nowait(worker)
        return self

    async def __aexit__(self, *_: object) -> None:
        while not self._idle.empty():
            worker = self._idle.get_nowait()
            if worker is not None:
                worker.kill()
                await worker.process.wait()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Inspection]:
        """A worker for one message; waits until one is free. A slot whose worker was lost gets a new one."""
        worker = await self._idle.get()
        try:
            if worker is None or not worker.alive:
                worker = await start_worker(*self._started_with)
            await self._bring_up_to_date(worker)
            yield Inspection(worker, self._deadline)
            if worker.alive:
                await worker.ask_to_forget()
        finally:
            self._idle.put_nowait(worker if worker is not None and worker.alive else None)

    async def _bring_up_to_date(self, worker: Worker) -> None:
        """Raises WorkerLost when the worker does not take the rules."""
        rules = self._own_rules.current
        if worker.own_rules != rules.version:
            payload = rules.version.encode() + b"\0" + rules.compiled
            await Inspection(worker, self._deadline).take_own_rules(payload)
            worker.own_rules = rules.version


def unfinished(lost: WorkerLost) -> Report:
    """The report of an inspection that could not be finished."""
    gap = Incomplete("inspection", lost.failure, lost.why)
    return Report(Verdict.CLEAN, 0.0, (), (gap,))
