"""A gateway in small: settles messages for ever and prints the id of each that was acknowledged. To be killed."""

import asyncio
import sys
import uuid
from dataclasses import replace

from lockgate.model.clock import system_clock
from lockgate.model.settling import Settling
from lockgate.storage.blobs import open_blobs
from lockgate.storage.engine import open_database
from lockgate.storage.ledger import StoredLedger
from tests.contracts.records import a_held, a_recipient, a_settlement, a_trace

CALLERS = 30


async def _settle_for_ever(ledger: StoredLedger) -> None:
    while True:
        recipients = (a_recipient("ada@contoso.example"), a_recipient("bob@contoso.example"))
        identity = uuid.uuid4().hex
        trace = replace(a_trace(recipients=recipients), id=identity, network_message_id=identity)
        held = replace(a_held(trace, blob=await ledger.keep_content([identity.encode()])), id=uuid.uuid4().hex)
        settled = [a_settlement(trace, one.rcpt_to) for one in recipients]
        await ledger.settle(Settling(trace, held=[held], settlements=settled))
        sys.stdout.write(f"{trace.id}\n")
        sys.stdout.flush()


async def _main(database_url: str, folder: str) -> None:
    ledger = StoredLedger(open_database(database_url), open_blobs(folder), system_clock)
    async with asyncio.TaskGroup() as group:
        for _ in range(CALLERS):
            group.create_task(_settle_for_ever(ledger))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2]))
