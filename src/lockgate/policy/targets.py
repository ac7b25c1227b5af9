"""Whom a policy is for. Exceptions always win, and an address is compared without regard to case.

RFC 5321 §2.4 lets a local part be case-sensitive; Exchange Online does not treat it so, and neither do we.
"""

from lockgate.model.envelope import domain_of
from lockgate.model.policy import RecipientProfile, Targets


def matches(targets: Targets, profile: RecipientProfile) -> bool:
    """Whether the policy with these targets is for the person of `profile`."""
    addresses = addresses_of(profile)
    if addresses & _lower(targets.except_users) or profile.groups & set(targets.except_groups):
        return False
    return (
        targets.everyone
        or bool(addresses & _lower(targets.users))
        or bool(profile.groups & set(targets.groups))
        or domain_of(profile.address) in _lower(targets.domains)
    )


def addresses_of(profile: RecipientProfile) -> frozenset[str]:
    """Every address of the person, lower-case."""
    return frozenset({profile.address.lower(), *(address.lower() for address in profile.addresses)})


def _lower(values: tuple[str, ...]) -> frozenset[str]:
    return frozenset(value.lower() for value in values)
