"""The tasks as durable workflows, `tenant.<task>`: where a process dies in the middle, the next one goes on.

Rule: the steps that note where an account stands do not give up on a database that is away for a while: a workflow
without them would leave its account busy.
"""

from dbos import DBOS

from lockgate.microsoft365.tasks import Task, Tasks

TRIES = 12  # pauses double from a second: more than an hour in all


def register(tasks: Tasks) -> None:
    """Declare the workflows. Call once, before DBOS is launched."""

    @DBOS.step(name="tenant.begin", retries_allowed=True, max_attempts=TRIES)
    async def begin(task: str, account_id: str, arguments: list[str]) -> list[str]:
        return await tasks.begin(Task(task), account_id, arguments)

    @DBOS.step(name="tenant.stage")
    async def stage(task: str, account_id: str, name: str, arguments: list[str]) -> str:
        return await tasks.run(Task(task), account_id, name, arguments)

    @DBOS.step(name="tenant.end", retries_allowed=True, max_attempts=TRIES)
    async def end(task: str, account_id: str, problem: str) -> None:
        await tasks.end(Task(task), account_id, problem)

    def declare(task: str) -> None:
        @DBOS.workflow(name=f"tenant.{task}")
        async def workflow(account_id: str, *arguments: str) -> str:
            problem = ""
            for name in await begin(task, account_id, list(arguments)):
                if problem := await stage(task, account_id, name, list(arguments)):
                    break
            await end(task, account_id, problem)
            return problem

    for one in Task:
        declare(one.value)
