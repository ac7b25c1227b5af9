"""Signs from audit records, in one unit of work. Rule: the same record, read again, is the same sign."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select

from lockgate.model.access import Scope
from lockgate.model.risk import AccountSign, Sign
from lockgate.storage.schema.account_signs import account_signs
from lockgate.storage.searching import within
from lockgate.storage.unit_of_work import Unit

MOST = 10_000  # signs of one look; more of them would explain nothing


class AccountSigns:
    """The signs."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, signs: Iterable[AccountSign]) -> int:
        """Keep those that are not known; how many these were."""
        statement = self._unit.dialect.insert_or_ignore(account_signs, ("tenant_id", "id"))
        rows = ({name: getattr(one, name) for name in AccountSign.__slots__} for one in signs)
        return sum(self._unit.connection.execute(statement.values(row)).rowcount for row in rows)

    def between(self, start: datetime, end: datetime, scope: Scope = None) -> list[AccountSign]:
        """Signs of [start, end), the newest first."""
        table = account_signs.c
        query = select(account_signs).where(table.at >= start, table.at < end, *within(table.tenant_id, scope))
        rows = self._unit.connection.execute(query.order_by(table.at.desc(), table.id).limit(MOST)).mappings()
        return [AccountSign(**{**row, "sign": Sign(row["sign"])}) for row in rows]

    def prune(self, older_than: datetime) -> int:
        """Forget what was before that moment; how many rows."""
        gone = delete(account_signs).where(account_signs.c.at < older_than)
        return self._unit.connection.execute(gone).rowcount
