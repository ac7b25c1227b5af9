"""What a gateway knows of the directories, in memory: whose address it is, in which groups, whom attackers imitate.

Rule: built for 200,000 users. What many share is kept once, and a profile is made when it is asked for.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, Select, select

from lockgate.model.facts import ProtectedIdentities, ProtectedPerson
from lockgate.model.high_profile import HighProfile, document_name
from lockgate.model.policy import RecipientProfile
from lockgate.storage.changes import Topic
from lockgate.storage.schema.tenants import directory_groups, directory_members, directory_users, service_accounts
from lockgate.storage.settings_store import SettingsStore
from lockgate.storage.snapshots import Snapshot
from lockgate.storage.unit_of_work import Database, Unit

# Whom attackers imitate: those whose word moves money or data. Words of job titles, compared lower-case.
LEADING = (
    "chief", "ceo", "cfo", "coo", "cto", "ciso", "president", "director", "head of", "owner", "founder", "treasurer",
    "controller", "partner", "chair",
)  # fmt: skip
_HIGH_PROFILE: TypeAdapter[HighProfile] = TypeAdapter(HighProfile)
MOST_NESTED = 20  # levels of groups in groups that are followed
ROWS_AT_ONCE = 1000
NO_GROUPS: frozenset[str] = frozenset()
Groups = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Known:
    """`recipients` has, by address, all addresses of the same mailbox or group, and the groups that it is in."""

    recipients: dict[str, tuple[tuple[str, ...], Groups]]
    protected: ProtectedIdentities


class DirectoryCache:
    """Implements `gateway.ports.Directory`: answers from memory, kept fresh by `snapshots.keep_fresh`."""

    def __init__(self, database: Database) -> None:
        self._snapshot = Snapshot(database, Topic.DIRECTORY, _load)

    def profile(self, tenant_id: str, address: str) -> RecipientProfile:
        """See `gateway.ports.Directory`."""
        known = self._snapshot.value.get(tenant_id)
        lower = address.lower()
        addresses, groups = known.recipients.get(lower, ((lower,), NO_GROUPS)) if known else ((lower,), NO_GROUPS)
        return RecipientProfile(lower, frozenset(addresses), groups)

    def protected_identities(self, tenant_id: str) -> ProtectedIdentities:
        """See `gateway.ports.Directory`."""
        known = self._snapshot.value.get(tenant_id)
        return known.protected if known else ProtectedIdentities((), frozenset())

    def refresh(self) -> bool:
        """Load anew when a directory was changed; whether one was. Call from a thread."""
        return self._snapshot.refresh()


class _Ancestry:
    """Which groups hold a member, also through other groups; a cycle ends the climb."""

    def __init__(self, memberships: Iterable[tuple[str, str]]) -> None:
        self._parents: dict[str, tuple[str, ...]] = {}
        self._climbed: dict[tuple[str, ...], Groups] = {}
        for group, member in memberships:
            self._parents[member] = (*self._parents.get(member, ()), intern(group))

    def above(self, member: str) -> Groups:
        """All groups that hold it. Those who are in the same groups share the answer."""
        direct = self._parents.get(member)
        if direct is None:
            return NO_GROUPS
        known = self._climbed.get(direct)
        if known is None:
            known = self._climbed[direct] = self._climb(direct)
        return known

    def _climb(self, direct: tuple[str, ...]) -> Groups:
        seen: set[str] = set()
        edge = set(direct)
        for _ in range(MOST_NESTED):
            seen |= edge
            edge = {above for group in edge for above in self._parents.get(group, ())} - seen
            if not edge:
                break
        return frozenset(seen)


def _load(unit: Unit) -> dict[str, _Known]:
    accounts = [row.document for row in unit.connection.execute(select(service_accounts.c.document))]
    return {
        account.tenant_id: _known(unit, account.tenant_id, [one.name for one in account.domains])
        for account in accounts
        if account.tenant_id
    }


def _known(unit: Unit, tenant_id: str, domains: Sequence[str]) -> _Known:
    users, groups, members = directory_users.c, directory_groups.c, directory_members.c
    pairs = _rows(unit, select(members.group_id, members.member_id).where(members.tenant_id == tenant_id))
    ancestry = _Ancestry((pair.group_id, pair.member_id) for pair in pairs)
    recipients: dict[str, tuple[tuple[str, ...], Groups]] = {}
    for row in _rows(unit, select(groups.id, groups.mail).where(groups.tenant_id == tenant_id, groups.mail != "")):
        # Mail to a group is mail to whom a policy for that group means.
        recipients[row.mail] = ((row.mail,), ancestry.above(row.id) | {row.id})
    wished = _high_profile(unit, tenant_id)
    people = list(wished.people)
    wanted = (users.id, users.addresses, users.display_name, users.job_title)
    for row in _rows(unit, select(*wanted).where(users.tenant_id == tenant_id)):
        addresses = tuple(row.addresses)
        entry = (addresses, ancestry.above(row.id))
        recipients.update(dict.fromkeys(addresses, entry))
        if wished.by_title and _is_leading(row.job_title):
            people.append(ProtectedPerson(row.display_name, frozenset(addresses)))
    guarded = frozenset((*domains, *wished.domains))
    return _Known(recipients, ProtectedIdentities(tuple(people), guarded, frozenset(wished.exceptions)))


def _high_profile(unit: Unit, tenant_id: str) -> HighProfile:
    """What administrators say; whoever saves it bumps the topic of the directory."""
    saved = SettingsStore(unit).get(document_name(tenant_id))
    return _HIGH_PROFILE.validate_python(saved.document) if saved else HighProfile()


def _rows(unit: Unit, query: Select[Any]) -> Iterator[Row[Any]]:
    return iter(unit.connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}))


def _is_leading(job_title: str) -> bool:
    title = f" {job_title.lower()} "
    return bool(job_title) and any(word in title for word in LEADING)
