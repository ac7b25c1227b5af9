"""Who asks: one of these dependencies stands in the signature of every route, and a test proves it.

`Anyone` needs no account, `Member` an account, `Viewer`, `Analyst` and `Admin` that role in the organisation whose
record the path names (in some organisation when it names none), `Provider` an administrator of everything. All refuse
forged requests.

Rule: a record of an organisation in which the visitor has no role is not there for them; what is listed is limited by
`Visitor.scope`.
"""

import asyncio
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from lockgate.console.guard import cookies, forgery
from lockgate.console.guard.places import organisation_named
from lockgate.console.guard.refusals import NotAllowed, NotThere, SignInNeeded
from lockgate.console.parts import ConsoleParts, parts_of
from lockgate.model.access import EVERYWHERE, Access, Role, Scope
from lockgate.storage.audit import Author
from lockgate.storage.sessions import Session, Sessions
from lockgate.storage.users import Account

POLLING = "X-Lockgate-Polling"  # a page that refreshes itself says so: it does not keep its session alive
REFUSALS = {
    Role.ADMIN: "Only an administrator may do this. Ask one, or sign in as one.",
    Role.ANALYST: "Only an analyst or an administrator may do this. Ask one, or sign in as one.",
    Role.VIEWER: "Nobody has given this account a role yet. Ask an administrator.",
}
PROVIDERS_ONLY = "Only an administrator of all organisations may do this. Ask one, or sign in as one."


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody who has not signed in, with the token that their form must bring back."""

    csrf_token: str = field(repr=False)
    peer: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has signed in. `place` is the organisation that the request is about, None when about none."""

    account: Account
    csrf_token: str = field(repr=False)
    session_token: str = field(repr=False)
    peer: str
    at: datetime
    chosen: str = ""  # the organisation that they have chosen to look at; empty: all of theirs
    place: str | None = None

    @property
    def access(self) -> Access:
        """Their roles."""
        return self.account.access

    @property
    def scope(self) -> Scope:
        """The organisations whose records are listed for them."""
        return frozenset({self.chosen}) if self.chosen else self.access.scope()

    def may(self, role: Role, tenant_id: str | None = None) -> bool:
        """Whether they may do what `role` may: there, or where they are, or else somewhere."""
        where = tenant_id if tenant_id is not None else self.place if self.place is not None else self.chosen or None
        return self.access.may_somewhere(role) if where is None else self.access.may(role, where)

    def sees(self, tenant_id: str) -> bool:
        """Whether what belongs to this organisation is listed for them now."""
        return self.scope is None or tenant_id in self.scope

    @property
    def is_admin(self) -> bool:
        """Whether they may change things where they are."""
        return self.may(Role.ADMIN)

    @property
    def is_analyst(self) -> bool:
        """Whether they may decide about held messages where they are."""
        return self.may(Role.ANALYST)

    @property
    def is_provider(self) -> bool:
        """Whether everything is theirs to change."""
        return self.access.may_everywhere(Role.ADMIN)

    @property
    def role_words(self) -> str:
        """Their role for people: the one everywhere, the only one, or in how many organisations they have one."""
        roles = self.access.roles
        if EVERYWHERE in roles or len(set(roles.values())) == 1:
            return (roles.get(EVERYWHERE) or next(iter(roles.values()))).value
        return f"{len(roles)} roles" if roles else "no role"

    @property
    def author(self) -> Author:
        """As the audit log names them."""
        return Author(self.account.name, self.at, self.peer)


async def anyone(request: Request) -> Stranger:
    """Lets everybody in; a form must bring back the token of its cookie."""
    token = cookies.read(request, cookies.FORM)
    await forgery.check(request, token)
    return Stranger(token or secrets.token_urlsafe(32), peer_of(request))


async def member(request: Request) -> Visitor:
    """Lets everybody in who has signed in. Raises SignInNeeded."""
    return await _visitor(request)


async def viewer(request: Request) -> Visitor:
    """Lets everybody in who has a role here. Raises SignInNeeded, NotAllowed or NotThere."""
    return await _with_role(request, Role.VIEWER)


async def analyst(request: Request) -> Visitor:
    """Lets analysts in. Raises SignInNeeded, NotAllowed or NotThere."""
    return await _with_role(request, Role.ANALYST)


async def admin(request: Request) -> Visitor:
    """Lets administrators in. Raises SignInNeeded, NotAllowed or NotThere."""
    return await _with_role(request, Role.ADMIN)


async def provider(request: Request) -> Visitor:
    """Lets administrators of everything in. Raises SignInNeeded or NotAllowed."""
    visitor = await _visitor(request)
    if not visitor.is_provider:
        raise NotAllowed(PROVIDERS_ONLY)
    return visitor


Anyone = Annotated[Stranger, Depends(anyone)]
Member = Annotated[Visitor, Depends(member)]
Viewer = Annotated[Visitor, Depends(viewer)]
Analyst = Annotated[Visitor, Depends(analyst)]
Admin = Annotated[Visitor, Depends(admin)]
Provider = Annotated[Visitor, Depends(provider)]


def require(access: Access, role: Role, tenant_id: str | None, what: str = "record") -> None:
    """Raise NotAllowed without the role, NotThere without any in that organisation (None: in some)."""
    if tenant_id is not None and not access.may(Role.VIEWER, tenant_id):
        raise NotThere(what)
    if not (access.may_somewhere(role) if tenant_id is None else access.may(role, tenant_id)):
        raise NotAllowed(REFUSALS[role])


def peer_of(request: Request) -> str:
    """The address that the request came from."""
    return request.client.host if request.client else ""


async def _with_role(request: Request, role: Role) -> Visitor:
    visitor = await _visitor(request)
    require(visitor.access, role, None)  # before anything is looked up
    place = await organisation_named(parts_of(request), request.path_params)
    require(visitor.access, role, place)
    return replace(visitor, place=place)


async def _visitor(request: Request) -> Visitor:
    parts = parts_of(request)
    now = parts.clock()
    token = cookies.read(request, cookies.SESSION)
    session = await asyncio.to_thread(_find, parts, token, now, POLLING not in request.headers) if token else None
    if session is None:
        raise SignInNeeded("Sign in to go on.")
    await forgery.check(request, session.csrf_token)
    wanted = cookies.read(request, cookies.ORGANISATION)
    chosen = wanted if wanted and session.account.access.may(Role.VIEWER, wanted) else ""
    return Visitor(session.account, session.csrf_token, token, peer_of(request), now, chosen)


def _find(parts: ConsoleParts, token: str, now: datetime, used: bool) -> Session | None:
    with parts.database.read() as unit:
        session = Sessions(unit).find(token, now)
    if session is not None and used and session.is_stale(now):
        with parts.database.write() as unit:
            Sessions(unit).touch(token, now)
    return session
