"""Real worker processes: they judge, and when they die or hang the inspection is incomplete, never innocent."""

import asyncio
import os
import signal

import pytest

from lockgate.gateway.inspection import InspectionPool, WorkerLost, unfinished
from lockgate.model.decision import Changes
from lockgate.model.envelope import Direction
from lockgate.model.facts import Facts, Origin
from lockgate.model.findings import Failure, Verdict

EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
ORIGIN = Origin(Direction.INBOUND, "a@outside.example", ("b@contoso.example",), frozenset({"contoso.example"}))
GIGABYTES = 2 * 1024**3


def mail(body: str) -> bytes:
    return f"From: Ann <a@outside.example>\r\nSubject: Minutes\r\n\r\n{body}\r\n".encode()


async def test_a_worker_parses_judges_and_changes() -> None:
    async with InspectionPool(1, 30.0, GIGABYTES) as pool, pool.begin() as inspection:
        summary = await inspection.parse(mail("Good morning"))
        assert (summary.header_from, summary.subject) == ("a@outside.example", "Minutes")
        report = await inspection.judge(Facts((ORIGIN,)))
        assert report.verdict is Verdict.CLEAN
        note, tagged = await inspection.change(Changes(subject_prefix="[X]", disclaimer="From outside"))
        assert note.notes == ("notice added", "subject tagged") and not note.unsafe
        assert b"Subject: [X] Minutes" in tagged and b"From outside" in tagged


async def test_one_worker_serves_message_after_message() -> None:
    async with InspectionPool(1, 30.0, GIGABYTES) as pool:
        verdicts = []
        for body in ("Good morning", EICAR, "Good night"):
            async with pool.begin() as inspection:
                await inspection.parse(mail(body))
                verdicts.append((await inspection.judge(Facts((ORIGIN,)))).verdict)
    assert verdicts == [Verdict.CLEAN, Verdict.MALWARE, Verdict.CLEAN]


async def test_a_worker_that_is_killed_costs_only_its_message() -> None:
    async with InspectionPool(1, 30.0, GIGABYTES) as pool:
        with pytest.raises(WorkerLost) as lost:
            async with pool.begin() as inspection:
                await inspection.parse(mail("x"))
                os.kill(inspection.process_id, signal.SIGKILL)
                await inspection.judge(Facts((ORIGIN,)))
        assert lost.value.failure is Failure.CRASHED
        assert not unfinished(lost.value).is_complete
        async with pool.begin() as inspection:
            assert (await inspection.parse(mail("y"))).parts == 1


async def test_a_worker_that_hangs_is_killed_at_the_deadline() -> None:
    async with InspectionPool(1, 0.5, GIGABYTES) as pool:
        with pytest.raises(WorkerLost) as lost:
            async with pool.begin() as inspection:
                await inspection.parse(mail("x"))
                stopped = inspection.process_id
                os.kill(stopped, signal.SIGSTOP)
                await inspection.judge(Facts((ORIGIN,)))
        assert lost.value.failure is Failure.TIMED_OUT
        await until_gone(stopped)


async def until_gone(process_id: int) -> None:
    """Until the process has ended and was reaped."""
    async with asyncio.timeout(60):
        while True:
            try:
                os.kill(process_id, 0)
            except ProcessLookupError:
                return
            await asyncio.sleep(0.01)
