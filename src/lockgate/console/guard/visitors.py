"""Who asks: one of these dependencies stands in the signature of every route, and a test proves it.

`Anyone` needs no account, `Viewer` an account, `Admin` an administrator. All three refuse forged requests.
"""

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from lockgate.console.guard import cookies, forgery
from lockgate.console.guard.refusals import NotAllowed, SignInNeeded
from lockgate.console.parts import ConsoleParts, parts_of
from lockgate.storage.audit import Author
from lockgate.storage.sessions import Session, Sessions
from lockgate.storage.users import Account, Role

POLLING = "X-Lockgate-Polling"  # a page that refreshes itself says so: it does not keep its session alive
ADMINS_ONLY = "Only an administrator may do this. Ask one, or sign in as one."


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody who has not signed in, with the token that their form must bring back."""

    csrf_token: str = field(repr=False)
    peer: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has signed in."""

    account: Account
    csrf_token: str = field(repr=False)
    session_token: str = field(repr=False)
    peer: str
    at: datetime

    @property
    def is_admin(self) -> bool:
        """Whether they may change things."""
        return self.account.role is Role.ADMIN

    @property
    def author(self) -> Author:
        """As the audit log names them."""
        return Author(self.account.name, self.at, self.peer)


async def anyone(request: Request) -> Stranger:
    """Lets everybody in; a form must bring back the token of its cookie."""
    token = cookies.read(request, cookies.FORM)
    await forgery.check(request, token)
    return Stranger(token or secrets.token_urlsafe(32), peer_of(request))


async def viewer(request: Request) -> Visitor:
    """Lets everybody in who has signed in. Raises SignInNeeded."""
    return await _visitor(request)


async def admin(request: Request) -> Visitor:
    """Lets administrators in. Raises SignInNeeded or NotAllowed."""
    visitor = await _visitor(request)
    if not visitor.is_admin:
        raise NotAllowed(ADMINS_ONLY)
    return visitor


Anyone = Annotated[Stranger, Depends(anyone)]
Viewer = Annotated[Visitor, Depends(viewer)]
Admin = Annotated[Visitor, Depends(admin)]


def peer_of(request: Request) -> str:
    """The address that the request came from."""
    return request.client.host if request.client else ""


async def _visitor(request: Request) -> Visitor:
    parts = parts_of(request)
    now = parts.clock()
    token = cookies.read(request, cookies.SESSION)
    session = await asyncio.to_thread(_find, parts, token, now, POLLING not in request.headers) if token else None
    if session is None:
        raise SignInNeeded("Sign in to go on.")
    await forgery.check(request, session.csrf_token)
    return Visitor(session.account, session.csrf_token, token, peer_of(request), now)


def _find(parts: ConsoleParts, token: str, now: datetime, used: bool) -> Session | None:
    with parts.database.read() as unit:
        session = Sessions(unit).find(token, now)
    if session is not None and used and session.is_stale(now):
        with parts.database.write() as unit:
            Sessions(unit).touch(token, now)
    return session
