"""Which senders bear the name of somebody in an organisation's directory, answered from memory.

Kept only for organisations that guard the names of everybody; the key of a name is a hash, so that 200,000 names take
some twenty megabytes. Contacts of the address book are outsiders whom people know: their addresses are exceptions.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from lockgate.detection.text import full_name
from lockgate.model.directory import CONTACT
from lockgate.model.facts import Namesake, Namesakes
from lockgate.storage.changes import Topic
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.settings_store import SettingsStore
from lockgate.storage.snapshots import Snapshot
from lockgate.storage.unit_of_work import Database, Unit
from lockgate.tuning.high_profile import HIGH_PROFILE

DOCUMENTS = "high-profile:"


@dataclass(frozen=True, slots=True)
class _Names:
    """How many people of the directory bear a name, by its key; and addresses that may bear any."""

    people: dict[int, int]
    exceptions: frozenset[str]


class DirectoryNames:
    """`refresh` keeps it fresh."""

    def __init__(self, database: Database) -> None:
        self._snapshot = Snapshot(database, Topic.DIRECTORY, _load)

    def namesakes(self, tenant_id: str, authors: Iterable[tuple[str, str]]) -> Namesakes | None:
        """Of `authors`, address and full name, those who bear a name of the directory; None when nobody asks for it."""
        known = self._snapshot.value.get(tenant_id)
        if known is None:
            return None
        asked = ((address, name) for address, name in authors if address not in known.exceptions)
        counted = ((address, name, known.people.get(hash(name), 0)) for address, name in asked)
        return Namesakes(tuple(Namesake(address, name, people) for address, name, people in counted if people))

    def refresh(self) -> bool:
        """Load anew when a directory or what is guarded has changed. Call from a thread."""
        return self._snapshot.refresh()


def _load(unit: Unit) -> dict[str, _Names]:
    found: dict[str, _Names] = {}
    for name, saved in SettingsStore(unit).newest().items():
        if not name.startswith(DOCUMENTS):
            continue
        try:
            wished = HIGH_PROFILE.validate_python(saved.document)
        except ValidationError:
            continue  # of another version of the program; those that it names are guarded all the same
        if wished.everybody:
            tenant_id = name.removeprefix(DOCUMENTS)
            found[tenant_id] = _names(unit, tenant_id, wished.exceptions)
    return found


def _names(unit: Unit, tenant_id: str, exceptions: Iterable[str]) -> _Names:
    people: Counter[int] = Counter()
    outside: set[str] = set()
    for user in DirectoryStore(unit, tenant_id).users():
        if user.mailbox_type == CONTACT:
            outside.update(user.addresses)
        elif key := full_name(user.display_name):
            people[hash(key)] += 1
    return _Names(dict(people), frozenset(exceptions) | outside)
