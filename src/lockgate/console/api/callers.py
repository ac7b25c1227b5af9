"""Who asks: a program with a token, or a page of ours with its session. A session must bring its CSRF token.

Rule: the same roles in the same organisations as in the console; a token never gains more than it was made with.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from lockgate.console.guard.places import organisation_named
from lockgate.console.guard.refusals import SignInNeeded
from lockgate.console.guard.visitors import member, peer_of, require
from lockgate.console.parts import ConsoleParts, parts_of
from lockgate.model.access import Access, Role, Scope
from lockgate.storage.api_tokens import ApiToken, ApiTokens
from lockgate.storage.audit import Author

BEARER = HTTPBearer(auto_error=False, description="A token made on the console's page 'API tokens'.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]


@dataclass(frozen=True, slots=True)
class Caller:
    """A program or a person, with what they may do."""

    author: Author
    access: Access
    id: str  # of the token or the account

    @property
    def scope(self) -> Scope:
        """The organisations whose records are listed for them."""
        return self.access.scope()


async def reader(request: Request, credentials: Credentials) -> Caller:
    """Lets everybody in who has a role here. Raises SignInNeeded, NotAllowed or NotThere."""
    return await _with_role(request, credentials, Role.VIEWER)


async def changer(request: Request, credentials: Credentials) -> Caller:
    """Lets analysts and administrators in. Raises SignInNeeded, NotAllowed or NotThere."""
    return await _with_role(request, credentials, Role.ANALYST)


async def administrator(request: Request, credentials: Credentials) -> Caller:
    """Lets administrators in. Raises SignInNeeded, NotAllowed or NotThere."""
    return await _with_role(request, credentials, Role.ADMIN)


Reader = Annotated[Caller, Depends(reader)]
Changer = Annotated[Caller, Depends(changer)]
Administrator = Annotated[Caller, Depends(administrator)]


async def caller_of(request: Request, credentials: HTTPAuthorizationCredentials | None) -> Caller:
    """By token when one was sent, else by session."""
    parts = parts_of(request)
    now = parts.clock()
    if credentials is None:
        visitor = await member(request)
        return Caller(visitor.author, visitor.access, visitor.account.id)
    token = await asyncio.to_thread(_find, parts, credentials.credentials, now)
    if token is None:
        raise SignInNeeded("This token is not known, or its time is over.")
    return Caller(Author(f"token {token.name}", now, peer_of(request)), token.access, token.id)


async def _with_role(request: Request, credentials: HTTPAuthorizationCredentials | None, role: Role) -> Caller:
    caller = await caller_of(request, credentials)
    require(caller.access, role, None)
    require(caller.access, role, await organisation_named(parts_of(request), request.path_params))
    return caller


def _find(parts: ConsoleParts, secret: str, now: datetime) -> ApiToken | None:
    with parts.database.read() as unit:
        return ApiTokens(unit).find(secret, now)
