"""The author of a held message, put on its organisation's list of blocked senders.

Rule: never an address of the organisation itself; forged mail of one's own domain is stopped by other means.
"""

from email.utils import parseaddr

from lockgate.model.custody import Held
from lockgate.model.errors import InvalidInput
from lockgate.model.reputation import Entry, Standing
from lockgate.storage.audit import Author
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import Vault
from lockgate.tuning.lists import Lists, Whose


def block_sender(database: Database, vault: Vault, lists: Lists, held_id: str, author: Author) -> Entry:
    """Block whoever is said to have written it, else its envelope's sender. Raises InvalidInput. Blocking."""
    with database.read() as unit:
        item = HeldMessages(unit).get(held_id)
        accounts = ServiceAccounts(unit, vault).all()
    if item is None:
        raise InvalidInput("There is no such message in quarantine; it may have been there for too long.")
    held = item.held
    address = _sender(held)
    domain = address.rpartition("@")[2]
    if any(one.covers(domain) for each in accounts if each.tenant_id == held.tenant_id for one in each.domains):
        raise InvalidInput(f"{address} is of the organisation itself; forged mail of one's own domain is no list's.")
    note = f"blocked at the held message {held_id}"
    return lists.add(address, Standing.BLOCKED, author, whose=Whose(held.tenant_id), note=note)


def _sender(held: Held) -> str:
    address = (parseaddr(held.header_from)[1] or held.envelope.mail_from).lower()
    if "@" not in address:
        raise InvalidInput("This message names no sender who could be blocked.")
    return address
