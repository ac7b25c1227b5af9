"""How far a long task has come, so that every process and a restarted one can tell."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from lockgate.model.service_account import Stage, StageState
from lockgate.storage.schema.tenants import stages
from lockgate.storage.unit_of_work import Unit


class Stages:
    """The stages of one task of one account, in one unit of work."""

    def __init__(self, unit: Unit, account_id: str, task: str) -> None:
        self._connection = unit.connection
        self._account_id = account_id
        self._task = task
        self._mine = (stages.c.account_id == account_id, stages.c.task == task)

    def begin(self, names: Sequence[str], now: datetime) -> None:
        """Write all stages down as waiting, in place of an earlier run's."""
        self._connection.execute(delete(stages).where(*self._mine))
        for position, name in enumerate(names):
            self._connection.execute(
                insert(stages).values(
                    account_id=self._account_id, task=self._task, position=position, name=name,
                    state=StageState.WAITING.value, detail="", at=now,
                )
            )  # fmt: skip

    def note(self, name: str, state: StageState, detail: str, now: datetime) -> None:
        """Change one stage."""
        self._connection.execute(
            update(stages).where(*self._mine, stages.c.name == name).values(state=state.value, detail=detail, at=now)
        )

    def all(self) -> tuple[Stage, ...]:
        """The stages in order; empty when the task never ran."""
        rows = self._connection.execute(select(stages).where(*self._mine).order_by(stages.c.position))
        return tuple(Stage(row.name, StageState(row.state), row.detail) for row in rows)
