"""Which organisation a request is about, told by the record that its path names.

Rule: a path names a record of an organisation by one of these parameters and by no other, and a test proves it. So
every route that names one is kept within the visitor's organisations by its guard, also one that is added tomorrow.
"""

import asyncio
from collections.abc import Mapping

from lockgate.console.guard.refusals import NotThere
from lockgate.console.parts import ConsoleParts
from lockgate.storage.belonging import Kind, organisation_of

RECORDS = {
    "account_id": Kind.SERVICE_ACCOUNT,
    "policy_id": Kind.POLICY,
    "message_id": Kind.MESSAGE,
    "held_id": Kind.HELD_MESSAGE,
    "report_id": Kind.USER_REPORT,
    "made_id": Kind.REPORT,
    "plan_id": Kind.REPORT_PLAN,
}


async def organisation_named(parts: ConsoleParts, parameters: Mapping[str, object]) -> str | None:
    """The tenant id of the record that the path names; None when it names none. Raises NotThere."""
    named = [(RECORDS[name], str(value)) for name, value in parameters.items() if name in RECORDS]
    if not named:
        return None
    kind, record_id = named[0]
    found = await asyncio.to_thread(_look, parts, kind, record_id)
    if found is None:
        raise NotThere(kind)
    return found


def _look(parts: ConsoleParts, kind: Kind, record_id: str) -> str | None:
    with parts.database.read() as unit:
        return organisation_of(unit, kind, record_id)
