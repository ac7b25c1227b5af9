"""What people get whose mail is held, put together: their desk for the console, their digests for the controller."""

from collections.abc import Mapping
from dataclasses import dataclass

from lockgate.bootstrap.microsoft365 import CONSOLE_CALLBACK, OWN_CALLBACK
from lockgate.bootstrap.notifications import writer
from lockgate.bootstrap.parts import Parts, new_id
from lockgate.bootstrap.quarantine import quarantine_service
from lockgate.end_users.desk import Desk
from lockgate.end_users.digest import Digests
from lockgate.end_users.links import REVIEW, Links
from lockgate.end_users.ports import Begun, Proven
from lockgate.end_users.review_letters import Rejections, ReviewRequests
from lockgate.end_users.reviews import Reviews
from lockgate.microsoft365.consent import ANY_TENANT
from lockgate.microsoft365.identity import Identity
from lockgate.model.service_account import AccountStatus, ConsentStep
from lockgate.quarantine.ports import Starts
from lockgate.storage.service_accounts import ServiceAccounts


def desk(parts: Parts, starts: Starts) -> Desk:
    """What people speak to."""
    return Desk(parts.database, parts.clock, quarantine_service(parts, starts))


@dataclass(frozen=True, slots=True)
class MicrosoftSignIn:
    """Implements `end_users.ports.SignsIn` with the directory's application, for people of any organisation."""

    identity: Identity
    redirect_uri: str

    def begin(self, *, choose: bool = False) -> Begun:
        """See `SignsIn`."""
        started = self.identity.begin_sign_in(ConsentStep.DIRECTORY, ANY_TENANT, self.redirect_uri, choose=choose)
        return Begun(started.url, {name: value for name, value in started.flow.items() if name != "auth_uri"})

    def finish(self, flow: dict[str, object], query: Mapping[str, str]) -> Proven:
        """See `SignsIn`."""
        who = self.identity.finish_sign_in(ConsentStep.DIRECTORY, ANY_TENANT, dict(flow), query)
        return Proven(who.tenant_id, who.user_id, who.name)


def sign_in(parts: Parts, identity: Identity) -> MicrosoftSignIn:
    """How people sign in to see what is held for them."""
    return MicrosoftSignIn(identity, parts.settings.console.public_url.rstrip("/") + OWN_CALLBACK)


def administrators_sign_in(parts: Parts, identity: Identity) -> MicrosoftSignIn | None:
    """How whoever has an account of the console may sign in; None without the directory's application."""
    if not parts.settings.microsoft365.directory_app.client_id:
        return None
    return MicrosoftSignIn(identity, parts.settings.console.public_url.rstrip("/") + CONSOLE_CALLBACK)


def reviews(parts: Parts, starts: Starts) -> Reviews:
    """What reviewers speak to."""
    rejections = Rejections(writer(parts), parts.clock, new_id) if parts.settings.notifications.sender else None
    return Reviews(parts.database, parts.clock, quarantine_service(parts, starts), rejections)


def ask_reviewers(parts: Parts) -> int:
    """Write to reviewers who were not asked yet; how many letters. Nobody is asked by whoever sends no mail."""
    if not parts.settings.notifications.sender:
        return 0
    console = parts.settings.console.public_url.rstrip("/")
    links = Links(parts.vault, REVIEW)
    return ReviewRequests(parts.database, writer(parts), links, parts.clock, new_id, console).write_up()


def digests(parts: Parts) -> Digests:
    """Who writes to people."""
    console = parts.settings.console.public_url.rstrip("/")
    sender = parts.settings.notifications.sender
    return Digests(parts.database, writer(parts), Links(parts.vault), parts.clock, new_id, console, sender)


def write_digests(parts: Parts) -> int:
    """Write every digest that is due; how many. Nothing is due for whoever sends no mail."""
    if not parts.settings.notifications.sender:
        return 0
    with parts.database.read() as unit:
        accounts = ServiceAccounts(unit, parts.vault).all()
    mine = [one.tenant_id for one in accounts if one.tenant_id and one.status is not AccountStatus.REVOKED]
    return sum(digests(parts).write_up(tenant_id) for tenant_id in mine)
