"""Follows a long task on the terminal until it ends; the work itself is a controller's."""

import asyncio
import time

import typer

from lockgate.commands.output import print_json, remark
from lockgate.microsoft365.grant import GrantService
from lockgate.microsoft365.tasks import Task
from lockgate.model.service_account import Progress, StageState

EVERY = 0.3  # seconds between two looks
PATIENCE = 20.0  # seconds without any movement until the controller is asked after
NOT_MOVING = "Nothing has begun yet: is a controller running (`lockgate serve`)? The task is kept until one is."


async def follow(grants: GrantService, account_id: str, task: Task, *, as_json: bool) -> None:
    """Tell each stage as it goes; leaves with exit status 1 when the task has failed."""
    told: set[tuple[str, StageState]] = set()
    since = time.monotonic()
    asked_after = False
    while True:
        progress = await asyncio.to_thread(grants.progress, account_id, task)
        for stage in progress.stages:
            if stage.state is not StageState.WAITING and (stage.name, stage.state) not in told:
                told.add((stage.name, stage.state))
                remark(f"{stage.state.value:>8}  {stage.name}{f': {stage.detail}' if stage.detail else ''}")
        if progress.finished:
            break
        if not told and not asked_after and time.monotonic() - since > PATIENCE:
            asked_after = True
            remark(NOT_MOVING)
        await asyncio.sleep(EVERY)
    _conclude(task, progress, as_json)


def _conclude(task: Task, progress: Progress, as_json: bool) -> None:
    if as_json:
        print_json({"task": task, "failed": progress.failed, "sentence": progress.sentence, "stages": progress.stages})
    elif progress.failed:
        remark(f"Failed: {progress.sentence}")
    else:
        typer.echo(progress.sentence)
    if progress.failed:
        raise typer.Exit(1)
