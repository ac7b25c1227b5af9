"""How long an organisation's mail is kept, and whether it may go by itself, as its page and the API take it."""

from collections.abc import Mapping
from datetime import timedelta

from lockgate.console.parts import ConsoleParts
from lockgate.model.end_user import Reason
from lockgate.model.errors import InvalidInput
from lockgate.model.tenant import OwnRetention
from lockgate.storage.audit import Author
from lockgate.storage.held_retention import save_letting_go, save_retention
from lockgate.storage.service_accounts import ServiceAccounts

LONGEST = 3_650  # days
USUAL = 30  # what the settings say when they say nothing


def keep_for(parts: ConsoleParts, account_id: str, own: OwnRetention, author: Author, *, held_too: bool) -> int:
    """Save it; how many messages that are held already were given another end. Blocking."""
    usual = timedelta(days=int({one.name: one.value for one in parts.settings}.get("retention.quarantine", USUAL)))
    with parts.database.write() as unit:
        return save_retention(unit, parts.vault, account_id, own, author, held_too=usual if held_too else None)


def kept_by(parts: ConsoleParts, account_id: str) -> OwnRetention:
    """What an organisation wants. Raises InvalidInput when it is not there. Blocking."""
    with parts.database.read() as unit:
        return ServiceAccounts(unit, parts.vault).get(account_id).retention


def let_go(parts: ConsoleParts, account_id: str, author: Author, *, on: bool) -> None:
    """Whether an organisation's held mail may go by itself. Raises InvalidInput when it is not there. Blocking."""
    with parts.database.write() as unit:
        save_letting_go(unit, parts.vault, account_id, author, on=on)


def by_reason(form: Mapping[str, object]) -> dict[Reason, int]:
    """The fields `days-REASON` that are not empty. Raises InvalidInput for what is no number of days."""
    given = {reason: str(form.get(f"days-{reason}", "")).strip() for reason in Reason}
    return {reason: _days(text) for reason, text in given.items() if text}


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LONGEST:
        raise InvalidInput(f"'{text[:20]}' is no number of days from 1 to {LONGEST}.")
    return int(text)
