"""How far each feed of the trace has come."""

from datetime import timedelta

from sqlalchemy import delete, insert, select

from lockgate.storage.schema.traces import feed_positions
from lockgate.storage.searching import Cursor
from lockgate.storage.unit_of_work import Unit

SETTLED = timedelta(seconds=45)  # longer than any commit waits (`engine.BUSY_SECONDS`): what is older comes no more


class FeedPositions:
    """Positions by the feed's name, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._connection = unit.connection

    def get(self, name: str) -> Cursor | None:
        """Where the feed stands; None when it never began."""
        table = feed_positions.c
        row = self._connection.execute(select(table.finished_at, table.message_id).where(table.name == name)).first()
        return None if row is None else Cursor(row.finished_at, row.message_id)

    def move(self, name: str, position: Cursor) -> None:
        """The feed has everything up to here."""
        self._connection.execute(delete(feed_positions).where(feed_positions.c.name == name))
        values = {"name": name, "finished_at": position.at, "message_id": position.id}
        self._connection.execute(insert(feed_positions).values(values))

    def forget(self, name: str) -> None:
        """It begins anew when it is next started."""
        self._connection.execute(delete(feed_positions).where(feed_positions.c.name == name))
