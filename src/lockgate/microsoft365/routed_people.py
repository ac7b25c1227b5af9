"""Whose mail is routed, told to Exchange: everybody's, a group's or a domain's of theirs, or our own group's.

Our group is for what one condition of a rule cannot say: single people, several groups, or whoever a policy is for. It
holds people, never groups, because a Microsoft 365 group cannot be a member (microsoft-365.md §3.4); so it follows the
directory with every sync.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lockgate.model.directory import DirectoryGroup, DirectoryUser
from lockgate.model.envelope import domain_of
from lockgate.model.policy import Policy, Targets
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tenant_care import Reach
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.policies import PolicyStore
from lockgate.storage.unit_of_work import Database


@dataclass(frozen=True, slots=True)
class Routed:
    """What a rule says, and the members of our group; None when none is needed."""

    reach: Reach
    people: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """The people and groups of an organisation."""

    users: Mapping[str, DirectoryUser]
    groups: Mapping[str, DirectoryGroup]

    def addresses_in(self, group_ids: Iterable[str]) -> Iterator[str]:
        """Primary addresses of everybody in these groups, nesting resolved."""
        seen: set[str] = set()
        waiting = list(group_ids)
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            if (user := self.users.get(current)) is not None:
                yield from user.addresses[:1]
            elif (group := self.groups.get(current)) is not None:
                waiting += group.members

    def of_addresses(self, addresses: Iterable[str]) -> Iterator[str]:
        """Primary addresses of the people and of the members of the groups that have these addresses."""
        wanted = {address.lower() for address in addresses}
        yield from (user.addresses[0] for user in self.users.values() if wanted & set(user.addresses))
        yield from self.addresses_in(group.id for group in self.groups.values() if group.mail.lower() in wanted)


def for_rules(database: Database, account: ServiceAccount, reach: Reach, installation: str) -> Routed:
    """The reach of an account, from what was synced and the policies of now. Call from a thread."""
    if not reach.has_group_of_ours:
        return Routed(reach)
    with database.read() as unit:
        store, policies = DirectoryStore(unit, account.tenant_id), PolicyStore(unit)
        people = Directory({one.id: one for one in store.users()}, {one.id: one for one in store.groups()})
        sets = [policies.current(account.tenant_id, direction) for direction in account.directions]
    enabled = [policy for one in sets for policy in one.policies if policy.enabled]
    domain = min((one.name for one in account.domains), key=lambda name: (len(name), name))
    return routed(reach, people, enabled, f"lockgate-{installation}@{domain}".lower())


def routed(reach: Reach, directory: Directory, policies: Iterable[Policy], group_address: str) -> Routed:
    """The reach as a rule says it. `policies` are those that are enabled, of all directions in service."""
    if reach.of_policies:
        targets = [policy.targets for policy in policies]
        if any(one.everyone for one in targets):
            return Routed(Reach())
        return _with_group(group_address, _of_targets(targets, directory))
    if reach.people:
        return _with_group(group_address, directory.of_addresses(reach.people))
    return Routed(reach)


def _with_group(address: str, people: Iterable[str]) -> Routed:
    return Routed(Reach(group=address), tuple(sorted({one.lower() for one in people})))


def _of_targets(targets: Iterable[Targets], directory: Directory) -> Iterator[str]:
    """Everybody whom some policy is for. Exceptions stay in: another policy may be for them, or none, which passes."""
    for one in targets:
        yield from directory.of_addresses(one.users)
        yield from directory.addresses_in(one.groups)
        domains = {domain.lower() for domain in one.domains}
        yield from (user.addresses[0] for user in directory.users.values() if _in_domains(user, domains))


def _in_domains(user: DirectoryUser, domains: set[str]) -> bool:
    return any(domain_of(address) in domains for address in user.addresses)
