"""New own rules reach real workers between two messages: none is lost, none is judged by half a set."""

import asyncio
import os
import signal
from pathlib import Path

from lockgate.bootstrap.own_rule_folder import OwnRuleFolder
from lockgate.gateway.inspection import InspectionPool, WorkerLost
from lockgate.model.envelope import Direction
from lockgate.model.facts import Facts, Origin
from lockgate.model.findings import Report, Verdict

ORIGIN = Origin(Direction.INBOUND, "a@outside.example", ("b@contoso.example",), frozenset({"contoso.example"}))
GIGABYTES = 2 * 1024**3
MAIL = b"From: Ann <a@outside.example>\r\nSubject: Minutes\r\n\r\nThe word is heliotrope.\r\n"
RULE = 'rule word { meta: weight = %s strings: $a = "heliotrope" condition: $a }'


async def judged(pool: InspectionPool) -> Report:
    async with pool.begin() as inspection:
        await inspection.parse(MAIL)
        return await inspection.judge(Facts((ORIGIN,)))


def weights(report: Report) -> list[float]:
    return [finding.weight for finding in report.findings if finding.detector == "malware.own-byte-rules"]


async def test_workers_take_new_rules_and_a_mistake_changes_nothing(tmp_path: Path) -> None:
    folder = OwnRuleFolder(tmp_path)
    async with InspectionPool(1, 30.0, GIGABYTES, folder) as pool:
        plain = await judged(pool)
        assert plain.verdict is Verdict.CLEAN
        (tmp_path / "a.yar").write_text(RULE % 5)
        folder.refresh()
        first = await judged(pool)
        assert (weights(first), first.verdict) == ([5.0], Verdict.MALWARE)
        assert first.catalogue != plain.catalogue
        (tmp_path / "a.yar").write_text(RULE.replace("condition", "kondition") % 4)
        folder.refresh()
        assert weights(await judged(pool)) == [5.0]
        (tmp_path / "a.yar").unlink()
        folder.refresh()
        assert (await judged(pool)).catalogue == plain.catalogue


async def test_a_worker_that_replaces_a_lost_one_has_the_rules(tmp_path: Path) -> None:
    (tmp_path / "a.yar").write_text(RULE % 5)
    async with InspectionPool(1, 30.0, GIGABYTES, OwnRuleFolder(tmp_path)) as pool:
        try:
            async with pool.begin() as inspection:
                os.kill(inspection.process_id, signal.SIGKILL)
                await inspection.parse(MAIL)
        except WorkerLost:
            pass
        assert weights(await judged(pool)) == [5.0]


async def test_no_message_is_lost_while_rules_change_all_the_time(tmp_path: Path) -> None:
    (tmp_path / "a.yar").write_text(RULE % 1)
    folder = OwnRuleFolder(tmp_path)
    async with InspectionPool(2, 30.0, GIGABYTES, folder) as pool, asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(judged(pool)) for _ in range(60)]
        for number in range(2, 9):
            (tmp_path / "a.yar").write_text(RULE % number)
            await asyncio.to_thread(folder.refresh)
    reports = [task.result() for task in asked]
    assert all(len(weights(report)) == 1 for report in reports)
    assert all(1 <= weights(report)[0] <= 8 for report in reports)
