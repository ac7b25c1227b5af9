"""Durable workflows: how they are run (controller) and how anybody starts one by name (DBOS Transact).

Rule: a workflow's arguments are ids, its state is in our own tables, its steps may run twice. What is started under a
workflow id that exists already is not started again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager

from dbos import DBOS, DBOSClient

from lockgate.settings import Settings

QUEUE = "work"
# Not our version: what an older release has begun, the one after it ends. Another one only if they could not.
SHAPE = "1"
AT_ONCE = 16  # workflows that one controller runs at the same time
POLLING = 0.3  # seconds until a controller sees what was started


def workflows_url(settings: Settings) -> str:
    """Where the engine keeps its own tables: beside ours on SQLite, in the same PostgreSQL database otherwise."""
    if settings.database_url.startswith("postgresql"):
        return settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    return f"sqlite:///{(settings.data_directory / 'workflows.db').absolute()}"


class Enqueue:
    """Starts workflows that some controller runs; implements the `Starts` of those who need it."""

    def __init__(self, client: DBOSClient) -> None:
        self._client = client

    def start(self, workflow: str, workflow_id: str, *arguments: str) -> None:
        """Write the wish down durably; at once, and only once per `workflow_id`."""
        self._client.enqueue({"queue_name": QUEUE, "workflow_name": workflow, "workflow_id": workflow_id}, *arguments)

    def is_under_way(self, workflows: Sequence[str], about: str) -> bool:
        """Whether one of these workflows waits or runs whose id holds `about`."""
        living = ["ENQUEUED", "PENDING", "DELAYED"]
        found = self._client.list_workflows(name=list(workflows), status=living, load_input=False, load_output=False)
        return any(about in one.workflow_id for one in found)


def prepare(settings: Settings) -> None:
    """Make the engine's tables, or bring them up to date; safe to repeat."""
    DBOS.migrate(workflows_url(settings))


@contextmanager
def starting(settings: Settings) -> Iterator[Enqueue]:
    """The way to start workflows, for any process that has the database."""
    prepare(settings)
    client = DBOSClient(system_database_url=workflows_url(settings), retry_connection_errors=False)
    try:
        yield Enqueue(client)
    finally:
        client.destroy()


@asynccontextmanager
async def running_workflows(settings: Settings, register: Sequence[Callable[[], None]]) -> AsyncIterator[None]:
    """Register the workflows and run them, those that a dead process left behind first."""
    DBOS(
        config={
            "name": "lockgate",
            "system_database_url": workflows_url(settings),
            "application_version": SHAPE,
            "executor_id": "controller",
            "console_log_level": "WARNING",
        }
    )
    for one in register:
        one()
    DBOS.launch()
    try:
        await DBOS.register_queue_async(QUEUE, worker_concurrency=AT_ONCE, polling_interval_sec=POLLING)
        yield
    finally:
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=2)
        # The engine put its own pool of threads under the loop and has closed it; what ends after it needs one too.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
