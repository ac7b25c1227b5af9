"""High-profile people of an organisation: kept as a versioned settings document, written as lines of text.

A line is `Ada Byron <ada@contoso.com> <a.byron@contoso.com>`: the name as mail programs show it, and every address that
is truly theirs. The numbers of people, exceptions and domains are those that administrators of such filters know
(1,000, 500 and 100), and each is looked at for every message.
"""

import re

from pydantic import TypeAdapter

from lockgate.model.errors import InvalidInput
from lockgate.model.facts import ProtectedPerson
from lockgate.model.high_profile import HighProfile, document_name
from lockgate.storage.audit import Author
from lockgate.storage.changes import Topic, bump
from lockgate.storage.settings_store import SettingsStore
from lockgate.storage.unit_of_work import Database

MOST_PEOPLE, MOST_EXCEPTIONS, MOST_DOMAINS = 1_000, 500, 100
HIGH_PROFILE: TypeAdapter[HighProfile] = TypeAdapter(HighProfile)
_ADDRESS = re.compile(r"[^\s@<>]{1,64}@[^\s@<>.]{1,63}(\.[^\s@<>.]{1,63})+")
_DOMAIN = re.compile(r"[^\s@.]{1,63}(\.[^\s@.]{1,63})+")
_IN_BRACKETS = re.compile(r"<([^<>]*)>")


def saved_high_profile(database: Database, tenant_id: str) -> tuple[HighProfile, int]:
    """What is in force, and its version; 0 when nothing was ever saved."""
    with database.read() as unit:
        saved = SettingsStore(unit).get(document_name(tenant_id))
    return (HIGH_PROFILE.validate_python(saved.document), saved.version) if saved else (HighProfile(), 0)


def save_high_profile(database: Database, tenant_id: str, wanted: HighProfile, author: Author, *, seen: int) -> int:
    """Keep a new version, made from version `seen`; its number. In force within a second.

    Raises InvalidInput for what is of no use, and when somebody else has saved a newer one.
    """
    document = HIGH_PROFILE.dump_python(checked(wanted), mode="json")
    with database.write() as unit:
        saved = SettingsStore(unit).save(document_name(tenant_id), document, author, seen=seen)
        bump(unit, Topic.DIRECTORY)
    return saved.version


def checked(wanted: HighProfile) -> HighProfile:
    """The same. Raises InvalidInput with everything that is wrong, one sentence a line."""
    wrong = [f"'{one.display_name}' needs a first and a last name." for one in wanted.people
             if len(one.display_name.split()) < 2]  # fmt: skip
    addresses = [*wanted.exceptions, *(address for one in wanted.people for address in sorted(one.addresses))]
    wrong += [f"'{one}' is not an e-mail address." for one in addresses if not _ADDRESS.fullmatch(one)]
    wrong += [f"'{one}' is not a domain." for one in wanted.domains if not _DOMAIN.fullmatch(one)]
    for count, most, called in (
        (len(wanted.people), MOST_PEOPLE, "people"),
        (len(wanted.exceptions), MOST_EXCEPTIONS, "exceptions"),
        (len(wanted.domains), MOST_DOMAINS, "domains"),
    ):
        if count > most:
            wrong.append(f"Name at most {most} {called}; there are {count}.")
    if wrong:
        raise InvalidInput("\n".join(wrong))
    return wanted


def people_from(text: str) -> tuple[ProtectedPerson, ...]:
    """The people of the lines; what is wrong with them `checked` says."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return tuple(
        ProtectedPerson(
            " ".join(_IN_BRACKETS.sub(" ", line).split()),
            frozenset(address.strip().lower() for address in _IN_BRACKETS.findall(line)),
        )
        for line in lines
    )


def as_lines(people: tuple[ProtectedPerson, ...]) -> str:
    """The lines that `people_from` reads."""
    return "\n".join(
        " ".join([one.display_name, *(f"<{address}>" for address in sorted(one.addresses))]) for one in people
    )
