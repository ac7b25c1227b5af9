"""With which knowledge an organisation's delivered mail was looked at last, so that no change of it is ever missed.

Rule: what was considered is a fingerprint, not a moment: clocks differ between nodes, and a change can be committed
after a later one. Whatever changes while nobody runs differs from what was considered, however long that is ago.
"""

from sqlalchemy import delete, insert, select

from lockgate.storage.schema.pull_backs import considered_knowledge
from lockgate.storage.unit_of_work import Unit


class ConsideredKnowledge:
    """One organisation's, in one unit of work."""

    def __init__(self, unit: Unit, tenant_id: str) -> None:
        self._connection = unit.connection
        self._tenant_id = tenant_id

    def needs_look(self, fingerprint: str) -> bool:
        """Whether mail is to be looked at with this knowledge: it is new, or was looked at with it only once."""
        return self._known() != (fingerprint, True)

    def note(self, fingerprint: str) -> None:
        """Mail was looked at with this knowledge; the second time settles it."""
        before = self._known()
        table = considered_knowledge.c
        self._connection.execute(delete(considered_knowledge).where(table.tenant_id == self._tenant_id))
        settled = before is not None and before[0] == fingerprint
        values = {"tenant_id": self._tenant_id, "fingerprint": fingerprint, "settled": settled}
        self._connection.execute(insert(considered_knowledge).values(values))

    def _known(self) -> tuple[str, bool] | None:
        table = considered_knowledge.c
        query = select(table.fingerprint, table.settled).where(table.tenant_id == self._tenant_id)
        row = self._connection.execute(query).first()
        return None if row is None else (row.fingerprint, row.settled)
