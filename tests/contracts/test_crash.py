"""A gateway process is killed in the middle of its work: what it acknowledged is there, and nothing is half there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lockgate.storage.blobs import Blobs
from lockgate.storage.engine import open_database
from lockgate.storage.orphans import sweep_orphans
from lockgate.storage.schema.custody import held, held_recipients, settlements
from lockgate.storage.schema.traces import hourly_tallies, message_recipients, messages
from lockgate.storage.unit_of_work import Database
from tests.contracts.records import NOW

ROOT = Path(__file__).parents[2]


def _acknowledged_until_killed(database_url: str, folder: Path, after: int) -> set[str]:
    command = [sys.executable, "-m", "tests.contracts.settling_program", database_url, str(folder)]
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(after)]
        process.kill()
        lines += process.stdout.readlines()
    return {line.decode().strip() for line in lines if line.endswith(b"\n")}


def _count(database: Database, *tables: object) -> list[int]:
    with database.read() as unit:
        return [unit.connection.execute(select(func.count()).select_from(one)).scalar_one() for one in tables]  # type: ignore[arg-type]


@pytest.mark.parametrize("after", [1, 40, 333])
def test_what_was_acknowledged_survives_a_kill_and_nothing_is_half(
    database_url: str, tmp_path: Path, blobs: Blobs, after: int
) -> None:
    acknowledged = _acknowledged_until_killed(database_url, tmp_path / "blobs", after)
    assert len(acknowledged) >= after
    database = open_database(database_url)
    with database.read() as unit:
        stored = set(unit.connection.execute(select(messages.c.id)).scalars())
        contents = unit.connection.execute(select(held.c.message_id, held.c.blob)).all()
        tallied = unit.connection.execute(
            select(func.sum(hourly_tallies.c.count)).where(hourly_tallies.c.kind == "verdict")
        ).scalar_one()
    assert acknowledged <= stored
    whole = [2 * len(stored), len(stored), len(stored), 2 * len(stored)]
    assert _count(database, message_recipients, held, held_recipients, settlements) == whole
    assert tallied == len(stored)
    assert all(blobs.get(key) == message_id.encode() for message_id, key in contents)
    assert sweep_orphans(database, blobs, NOW) == 0, "content that is younger than a day is left alone"
    database.close()
