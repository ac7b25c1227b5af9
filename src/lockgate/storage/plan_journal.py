"""Plans that an administrator has seen, sealed because they hold secrets, and which of their steps were done."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from lockgate.model.clock import Clock
from lockgate.model.errors import InvalidInput
from lockgate.storage.schema.tenants import plan_steps, plans
from lockgate.storage.unit_of_work import Database, Unit
from lockgate.storage.vault import Vault

DONE = "done"


@dataclass(frozen=True, slots=True)
class StoredPlans:
    """Plans by digest, in one unit of work. `document` is whatever text the planner's side makes of a plan."""

    unit: Unit
    vault: Vault

    def keep(self, account_id: str, digest: str, document: str, now: datetime) -> None:
        """Remember a plan; the same digest is the same plan."""
        sealed = self.vault.seal(document, _context(account_id, digest))
        statement = self.unit.dialect.insert_or_replace(plans, ("account_id", "digest"), ("document", "made_at"))
        row = {"account_id": account_id, "digest": digest, "document": sealed, "made_at": now}
        self.unit.connection.execute(statement, row)

    def get(self, account_id: str, digest: str) -> str:
        """The plan's document; raises InvalidInput when it is not known."""
        table = plans.c
        query = select(table.document).where(table.account_id == account_id, table.digest == digest)
        sealed = self.unit.connection.execute(query).scalar_one_or_none()
        if sealed is None:
            raise InvalidInput("This plan is not known any more; make a new one.")
        return self.vault.unseal(sealed, _context(account_id, digest))

    def forget(self, account_id: str) -> None:
        """Forget all plans and journals of an account."""
        for table in (plans, plan_steps):
            self.unit.connection.execute(delete(table).where(table.c.account_id == account_id))


@dataclass(frozen=True, slots=True)
class PlanJournal:
    """Implements `microsoft365.ports.Journal` for one run of one plan: every note is committed when it returns."""

    database: Database
    clock: Clock
    account_id: str
    run: str  # a digest, or a digest with the run's number

    def is_done(self, step: str) -> bool:
        """See `Journal`."""
        return self.done_at(step) is not None

    def done_at(self, step: str) -> datetime | None:
        """When the step was noted as done; None when it was not."""
        table = plan_steps.c
        mine = (table.account_id == self.account_id, table.digest == self.run, table.step == step)
        with self.database.read() as unit:
            found = unit.connection.execute(select(table.at).where(*mine, table.state == DONE)).scalar_one_or_none()
        return found if isinstance(found, datetime) else None

    def done(self, step: str, detail: str) -> None:
        """See `Journal`."""
        row = {
            "account_id": self.account_id, "digest": self.run, "step": step, "state": DONE, "detail": detail,
            "at": self.clock(),
        }  # fmt: skip
        with self.database.write() as unit:
            keys, columns = ("account_id", "digest", "step"), ("state", "detail", "at")
            unit.connection.execute(unit.dialect.insert_or_replace(plan_steps, keys, columns), row)


def _context(account_id: str, digest: str) -> str:
    return f"plan/{account_id}/{digest}"
