"""Who in a synced directory is meant by an address, and in which language they are written to."""

from lockgate.end_users.settings import settings_of
from lockgate.end_users.texts import language_of
from lockgate.model.end_user import Person
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.end_users import EndUsers
from lockgate.storage.unit_of_work import Unit


def person_with(unit: Unit, tenant_id: str, address: str) -> Person | None:
    """Whoever in the organisation's directory has this address."""
    wanted = address.lower()
    user = DirectoryStore(unit, tenant_id).owners({wanted}).get(wanted)
    return None if user is None else Person(tenant_id, user.id, user.display_name, user.addresses, user.language)


def language_in(unit: Unit, person: Person) -> str:
    """In which language somebody is written to."""
    settings, _ = settings_of(unit, person.tenant_id)
    return language_of(person, EndUsers(unit, person.tenant_id).choice(person.id).language, settings.language)
