"""What stands behind 'Exchange Online (Inline Mode)' for one organisation, and what can be done about it; pure."""

from dataclasses import dataclass

from lockgate.model.envelope import Direction
from lockgate.model.service_account import AccountStatus, ConsentStep, ServiceAccount
from lockgate.model.tenant import Protection

GRANT = "/service-accounts/grant"
UNDER_WAY = (AccountStatus.GRANTING, AccountStatus.SYNCING, AccountStatus.READY, AccountStatus.APPLYING)


@dataclass(frozen=True, slots=True)
class Action:
    """A button. With `posts` it changes something and is sent as a form, else it leads to a page."""

    text: str
    address: str
    posts: bool = False


@dataclass(frozen=True, slots=True)
class DirectionStatus:
    """One direction: its state, or None when it is not part of the grant."""

    direction: Direction
    protection: Protection | None

    @property
    def words(self) -> str:
        """The state for people."""
        match self.protection:
            case None:
                return "Not granted"
            case Protection.OFF:
                return "Granted, not set up"
            case Protection.PREPARING:
                return "Being set up"
            case Protection.LIVE:
                return "Protected"
            case Protection.BYPASSED:
                return "Bypassed"


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """A row of the table."""

    account: ServiceAccount
    directions: tuple[DirectionStatus, ...]
    action: Action


def service_status(account: ServiceAccount) -> ServiceStatus:
    """The row of one account."""
    directions = tuple(
        DirectionStatus(one, account.protection(one) if account.wants(one) else None) for one in Direction
    )
    return ServiceStatus(account, directions, _action(account))


def wants_activity_grant(account: ServiceAccount) -> bool:
    """Whether to offer the consent for activity data: mail is protected and that consent was not given."""
    return account.status is AccountStatus.ACTIVE and not account.granted(ConsentStep.ACTIVITY)


def _action(account: ServiceAccount) -> Action:
    page = f"/service-accounts/{account.id}"
    match account.status:
        case AccountStatus.REVOKED:
            return Action("Grant Access", GRANT)
        case AccountStatus.GRANTING | AccountStatus.SYNCING | AccountStatus.READY | AccountStatus.APPLYING:
            return Action("Continue", f"{GRANT}/{account.id}")
        case _ if account.trouble or account.deviations:
            return Action("See what is wrong", page)
        case AccountStatus.ATTENTION:
            return Action("See what is wrong", page)
        case AccountStatus.ACTIVE if not account.wants(Direction.OUTBOUND):
            return Action("Upgrade for Outbound Protection", f"{page}/upgrade-outbound", posts=True)
        case _:
            return Action("Details", page)
