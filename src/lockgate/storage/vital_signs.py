"""Signs of life: a gateway that has just greeted and inspected says so; one that cannot says nothing.

The watchdog goes by the newest sign of all gateways, and by what became of the mail of an organisation.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from lockgate.storage.schema.traces import messages
from lockgate.storage.schema.vital_signs import vital_signs
from lockgate.storage.unit_of_work import Unit

FORGOTTEN_AFTER = timedelta(days=1)  # gateways that are gone


@dataclass(frozen=True, slots=True)
class Turnout:
    """Messages that came, and how many of them were put off because their inspection could not be finished."""

    messages: int
    put_off: int
    first_put_off: datetime | None

    @property
    def percent_put_off(self) -> float:
        """Of 100 messages."""
        return 100 * self.put_off / self.messages if self.messages else 0.0


class VitalSigns:
    """The signs, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def note(self, gateway: str, at: datetime) -> None:
        """This gateway accepts and inspects mail now."""
        statement = self._unit.dialect.insert_or_replace(vital_signs, ("gateway",), ("fit_at",))
        self._unit.connection.execute(statement, {"gateway": gateway, "fit_at": at})
        gone = delete(vital_signs).where(vital_signs.c.fit_at < at - FORGOTTEN_AFTER)
        self._unit.connection.execute(gone)

    def newest(self) -> datetime | None:
        """When some gateway was fit for the last time; None when none ever was."""
        found: datetime | None = self._unit.connection.execute(select(func.max(vital_signs.c.fit_at))).scalar_one()
        return found

    def turnout(self, tenant_id: str, since: datetime, put_off_with: str) -> Turnout:
        """What came of an organisation since then; `put_off_with` is our reply to what could not be inspected."""
        mine = (messages.c.tenant_id == tenant_id, messages.c.received_at >= since)
        total = self._unit.connection.execute(select(func.count()).where(*mine)).scalar_one()
        late = select(func.count(), func.min(messages.c.received_at)).where(*mine, messages.c.reply == put_off_with)
        put_off, first = self._unit.connection.execute(late).one()
        return Turnout(int(total), int(put_off), first)
