"""Who may do what in which organisation. An organisation is a Microsoft 365 tenant, known by its tenant id.

Rule: a role holds in the organisations that it was given for, or everywhere, in those to come too. What belongs to no
organisation (settings, accounts, mail that nobody could be found for) needs a role everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

EVERYWHERE = "*"
Scope = frozenset[str] | None  # tenant ids; None: every organisation, and what belongs to none


class Role(StrEnum):
    """What somebody may do; each role may do what those after it may."""

    ADMIN = "admin"  # grants, policies and everything else
    ANALYST = "analyst"  # decides about held messages
    VIEWER = "viewer"  # looks

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody's roles by tenant id; the key EVERYWHERE stands for all organisations."""

    roles: Mapping[str, Role] = field(default_factory=dict)

    def may(self, role: Role, tenant_id: str) -> bool:
        """Whether they may do there what `role` may. An empty tenant id belongs to nobody's organisation."""
        given = [self.roles.get(EVERYWHERE), self.roles.get(tenant_id) if tenant_id else None]
        return any(one is not None and one.includes(role) for one in given)

    def may_everywhere(self, role: Role) -> bool:
        """Whether they may do what `role` may in every organisation, and in the installation as a whole."""
        return self.may(role, "")

    def may_somewhere(self, role: Role) -> bool:
        """Whether there is an organisation in which they may."""
        return any(one.includes(role) for one in self.roles.values())

    def scope(self, role: Role = Role.VIEWER) -> Scope:
        """The organisations in which they may do what `role` may."""
        if self.may_everywhere(role):
            return None
        return frozenset(tenant_id for tenant_id, one in self.roles.items() if one.includes(role))


def role_everywhere(role: Role) -> Access:
    """One role in all organisations."""
    return Access({EVERYWHERE: role})
