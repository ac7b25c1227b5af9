"""Which mailboxes no policy acts for: told by asking the engine for everybody in the directory, per direction.

Rule: what counts is the policy that would be chosen for the person now. Who is outside of a pilot's reach is not
covered either, whatever policies say, because their mail does not come to us.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lockgate.model.directory import CONTACT, DirectoryGroup, DirectoryUser
from lockgate.model.envelope import Direction, domain_of
from lockgate.model.policy import PolicySet, RecipientProfile
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tenant_care import Reach
from lockgate.policy.engine import choose
from lockgate.policy.targets import addresses_of
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.policies import PolicyStore
from lockgate.storage.unit_of_work import Unit
from lockgate.tuning.policy_trial import Profiles


class Cover(StrEnum):
    """What stands between a mailbox and mail of one direction."""

    PROTECTED = "protected"
    MONITORED = "monitored"  # a policy that only monitors
    NONE = "none"  # no enabled policy is for it
    NOT_ROUTED = "not-routed"  # outside of the pilot, or the direction is not part of the grant


@dataclass(frozen=True, slots=True)
class Covered:
    """One mailbox and direction; `policy` is the name of the policy that decides, empty for none."""

    address: str
    display_name: str
    mailbox_type: str
    direction: Direction
    cover: Cover
    policy_id: str = ""
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What the organisation's mailboxes are covered by."""

    mailboxes: int
    counts: Mapping[tuple[Direction, Cover], int]
    rows: tuple[Covered, ...]
    more: bool  # there are rows behind these


def inventory(
    unit: Unit,
    account: ServiceAccount,
    profiles: Profiles,
    *,
    covers: frozenset[Cover],
    direction: Direction | None = None,
    skip: int = 0,
    most: int = 100,
) -> Inventory:
    """Count every mailbox, and list those with one of these covers, by address, from row `skip` on."""
    directory, policies = DirectoryStore(unit, account.tenant_id), PolicyStore(unit)
    users = [user for user in directory.users() if user.addresses and user.mailbox_type != CONTACT]
    sets = {way: policies.current(account.tenant_id, way) for way in Direction}
    groups = directory.groups() if account.reach.group or account.reach.people else []
    counts: Counter[tuple[Direction, Cover]] = Counter()
    rows: list[Covered] = []
    for one in _all(sorted(users, key=lambda user: user.addresses[0]), account, sets, profiles, groups):
        counts[one.direction, one.cover] += 1
        if one.cover in covers and direction in (None, one.direction):
            rows.append(one)
    return Inventory(len(users), counts, tuple(rows[skip : skip + most]), len(rows) > skip + most)


def _all(
    users: Iterable[DirectoryUser],
    account: ServiceAccount,
    sets: Mapping[Direction, PolicySet],
    profiles: Profiles,
    groups: Iterable[DirectoryGroup],
) -> Iterator[Covered]:
    reaching = {group.id for group in groups if group.mail and group.mail.lower() in _lower(account.reach)}
    for user in users:
        profile = profiles(user.addresses[0])
        routed = _is_routed(account.reach, profile, reaching)
        for way, policies in sets.items():
            about = user.addresses[0], user.display_name, user.mailbox_type, way
            chosen = choose(policies, profile)
            if not (routed and account.wants(way)):
                yield Covered(*about, Cover.NOT_ROUTED)
            elif chosen is None:
                yield Covered(*about, Cover.NONE)
            else:
                cover = Cover.MONITORED if chosen.monitor_only else Cover.PROTECTED
                yield Covered(*about, cover, chosen.id, chosen.name)


def _is_routed(reach: Reach, profile: RecipientProfile, reaching: set[str]) -> bool:
    """Whether the routing rules send us this person's mail. Where they follow policies, whoever has one is routed."""
    if reach.everybody or reach.of_policies:
        return True
    addresses = addresses_of(profile)
    if reach.domains:
        return any(domain_of(address) in {domain.lower() for domain in reach.domains} for address in addresses)
    return bool(addresses & _lower(reach)) or bool(profile.groups & reaching)


def _lower(reach: Reach) -> frozenset[str]:
    return frozenset(one.lower() for one in (reach.group, *reach.people) if one)
