"""A right that one process has at a time: nobody else gets it, and death frees it."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest
from sqlalchemy import text

from lockgate.model.errors import TemporaryError
from lockgate.storage.engine import open_database
from lockgate.storage.exclusive import exclusive

END_THE_OTHERS = (
    "select pg_terminate_backend(pid) from pg_stat_activity "
    "where datname = current_database() and pid <> pg_backend_pid()"
)
SPAWN = multiprocessing.get_context("spawn")


def hold(url: str, folder: Path, taken: "multiprocessing.queues.Queue[bool]") -> None:
    database = open_database(url, migrate=False)
    taken.put(exclusive(database, folder, "work").take())
    signal.pause()


def test_one_at_a_time_and_free_again(database_url: str, tmp_path: Path) -> None:
    database = open_database(database_url, migrate=False)
    mine, yours, other = (exclusive(database, tmp_path, name) for name in ("work", "work", "rest"))
    try:
        assert mine.take() and not yours.take() and other.take()
        mine.require()
        mine.free()
        assert yours.take() and not mine.take()
    finally:
        for one in (mine, yours, other):
            one.free()
        database.close()


def test_a_killed_holder_leaves_it_free(database_url: str, tmp_path: Path) -> None:
    database = open_database(database_url, migrate=False)
    taken = SPAWN.Queue()
    holder = SPAWN.Process(target=hold, args=(database_url, tmp_path, taken))
    holder.start()
    mine = exclusive(database, tmp_path, "work")
    try:
        assert taken.get(timeout=60)
        assert not mine.take()
        assert holder.pid is not None
        os.kill(holder.pid, signal.SIGKILL)
        holder.join()
        for _ in range(100):  # a server needs a moment to see that its client is gone
            if mine.take():
                return
            multiprocessing.Event().wait(0.05)
        pytest.fail("the right of a dead process was not free")
    finally:
        mine.free()
        database.close()


def test_a_session_that_ended_is_noticed(database_url: str, tmp_path: Path) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("the system takes a file's lock from nobody who lives")
    database = open_database(database_url, migrate=False)
    mine = exclusive(database, tmp_path, "work")
    try:
        assert mine.take()
        with database.write() as unit:
            unit.connection.execute(text(END_THE_OTHERS))
        with pytest.raises(TemporaryError):
            mine.require()
    finally:
        mine.free()
        database.close()
