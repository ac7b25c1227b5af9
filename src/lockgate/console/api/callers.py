"""Who asks: a program with a token, or a page of ours with its session. A session must bring its CSRF token.

Rule: the same two roles as in the console; a token never gains more than it was made with.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from lockgate.console.guard.refusals import NotAllowed, SignInNeeded
from lockgate.console.guard.visitors import ADMINS_ONLY, peer_of, viewer
from lockgate.console.parts import ConsoleParts, parts_of
from lockgate.storage.api_tokens import ApiToken, ApiTokens
from lockgate.storage.audit import Author
from lockgate.storage.users import Role

BEARER = HTTPBearer(auto_error=False, description="A token made on the console's page 'API tokens'.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]


@dataclass(frozen=True, slots=True)
class Caller:
    """A program or a person, with what they may do."""

    author: Author
    role: Role


async def reader(request: Request, credentials: Credentials) -> Caller:
    """Lets every token and every session in. Raises SignInNeeded."""
    return await caller_of(request, credentials)


async def changer(request: Request, credentials: Credentials) -> Caller:
    """Lets administrators and tokens of that role in. Raises SignInNeeded or NotAllowed."""
    caller = await caller_of(request, credentials)
    if caller.role is not Role.ADMIN:
        raise NotAllowed(ADMINS_ONLY)
    return caller


Reader = Annotated[Caller, Depends(reader)]
Changer = Annotated[Caller, Depends(changer)]


async def caller_of(request: Request, credentials: HTTPAuthorizationCredentials | None) -> Caller:
    """By token when one was sent, else by session."""
    parts = parts_of(request)
    now = parts.clock()
    if credentials is None:
        visitor = await viewer(request)
        return Caller(visitor.author, visitor.account.role)
    token = await asyncio.to_thread(_find, parts, credentials.credentials, now)
    if token is None:
        raise SignInNeeded("This token is not known, or its time is over.")
    return Caller(Author(f"token {token.name}", now, peer_of(request)), token.role)


def _find(parts: ConsoleParts, secret: str, now: datetime) -> ApiToken | None:
    with parts.database.read() as unit:
        return ApiTokens(unit).find(secret, now)
