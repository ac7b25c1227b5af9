"""What the console is built from. `bootstrap` fills it in; pages take what they need through `Parts`."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, Request

from lockgate.console.ports import Quarantine
from lockgate.end_users.desk import Desk
from lockgate.end_users.ports import SignsIn
from lockgate.end_users.reports.desk import ReportDesk
from lockgate.end_users.reviews import Reviews
from lockgate.gateway.rehearsal import Rehearsal
from lockgate.microsoft365.credentials import Credentials
from lockgate.microsoft365.grant import GrantService
from lockgate.microsoft365.pull_back_requests import PullBackRequests
from lockgate.mime.signed_links import LinkKeys
from lockgate.model.clock import Clock
from lockgate.model.errors import TemporaryError
from lockgate.model.fitness import Answer
from lockgate.notifications.events import EventMail
from lockgate.notifications.notices.previews import Previews
from lockgate.quarantine.ports import Reads
from lockgate.reporting.reports.service import ReportService
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import Vault

PartT = TypeVar("PartT")
HASHES_AT_ONCE = 2  # each takes 64 MiB (storage/passwords.py)


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """A start-up setting as `lockgate settings show` prints it."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """A certificate that this installation lives by. `renewal` says how it is renewed."""

    name: str
    thumbprint: str  # SHA-1, as Entra shows it
    ends: datetime
    renewal: str


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """Everything that pages need. `public_url` is what browsers see; https there makes cookies secure."""

    database: Database
    vault: Vault
    clock: Clock
    new_id: Callable[[], str]
    public_url: str
    grants: GrantService | None = None
    quarantine: Quarantine | None = None
    pull_backs: PullBackRequests | None = None
    reports: ReportDesk | None = None  # mail that people have reported
    reader: Reads | None = None  # of messages that are shown
    gateway_names: tuple[str, ...] = ()
    event_mail: EventMail | None = None
    previews: Previews | None = None  # of letters that organisations' own notifications write
    desk: Desk | None = None  # of the people whose mail is held
    signs_in: SignsIn | None = None  # how they sign in
    administrators_sign_in: SignsIn | None = (
        None  # how whoever has an account of the console may; None: by password only
    )
    rehearsal: Rehearsal | None = None  # the mail path without mail
    reviews: Reviews | None = None  # of reviewers, who decide by a link
    credentials: Credentials | None = None
    report_service: ReportService | None = None
    certificates: Callable[[], Sequence[ShownCertificate]] = tuple
    doctor: Callable[[str, str], Awaitable[Sequence[Answer]]] | None = None  # by account id, or by a domain
    login_origins: tuple[str, ...] = ()  # where a form may lead to: Microsoft's sign-in, such as https://login...
    settings: tuple[ShownSetting, ...] = ()
    link_keys: Callable[[], LinkKeys] | None = None  # of the link service; None: there is none
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HASHES_AT_ONCE))

    @property
    def has_link_service(self) -> bool:
        """Whether links of mail can lead through us."""
        return self.link_keys is not None

    @property
    def is_https(self) -> bool:
        """Whether browsers speak TLS to us, or to a proxy before us."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def host(self) -> str:
        """The name that browsers know us by, without port, lower-case."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def origin(self) -> str:
        """What a browser sends as `Origin` (RFC 6454 §6.2)."""
        address = urlsplit(self.public_url)
        return f"{address.scheme}://{address.netloc}".lower()


def parts_of(request: Request) -> ConsoleParts:
    """The parts of the application that answers `request`."""
    parts: ConsoleParts = request.app.state.parts
    return parts


Parts = Annotated[ConsoleParts, Depends(parts_of)]


def needed(part: PartT | None, name: str) -> PartT:
    """The part; raises TemporaryError when this console runs without it."""
    if part is None:
        raise TemporaryError(f"{name} is not running in this console; see its log for the reason.")
    return part
