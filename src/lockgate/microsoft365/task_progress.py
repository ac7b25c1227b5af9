"""Notes on how far a task has come, readable by every process while it runs and after it died."""

from collections.abc import Sequence
from dataclasses import dataclass

from lockgate.model.clock import Clock
from lockgate.model.service_account import Stage, StageState
from lockgate.storage.progress import Stages
from lockgate.storage.unit_of_work import Database


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """The stages of one task of one account. Blocking, and quick."""

    database: Database
    clock: Clock
    account_id: str
    task: str

    def begin(self, names: Sequence[str]) -> None:
        """All stages are waiting."""
        with self.database.write() as unit:
            Stages(unit, self.account_id, self.task).begin(names, self.clock())

    def note(self, name: str, state: StageState, detail: str = "") -> None:
        """One stage is in this state."""
        with self.database.write() as unit:
            Stages(unit, self.account_id, self.task).note(name, state, detail, self.clock())

    def all(self) -> tuple[Stage, ...]:
        """The stages in order."""
        with self.database.read() as unit:
            return Stages(unit, self.account_id, self.task).all()
