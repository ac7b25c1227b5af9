"""Change counters: how processes learn that something they keep in memory was changed by another.

Rule: whoever changes a topic calls `bump` in the same unit, so that the counter moves with the change or not at all.
"""

from enum import StrEnum

from sqlalchemy import select

from lockgate.storage.schema.changes import change_counters
from lockgate.storage.unit_of_work import Unit


class Topic(StrEnum):
    """What is kept in memory somewhere."""

    POLICIES = "policies"
    SETTINGS = "settings"
    TENANTS = "tenants"
    DIRECTORY = "directory"
    REPUTATION = "reputation"


def bump(unit: Unit, topic: Topic) -> None:
    """Say that `topic` was changed by this unit."""
    statement = unit.dialect.insert_or_add(change_counters, keys=("topic",), sums=("value",))
    unit.connection.execute(statement, {"topic": topic.value, "value": 1})


def counters(unit: Unit) -> dict[str, int]:
    """The value of every counter; a topic that was never changed is not there."""
    rows = unit.connection.execute(select(change_counters.c.topic, change_counters.c.value))
    return {row.topic: row.value for row in rows}
