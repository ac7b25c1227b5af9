"""Who has signed in with Microsoft to see what is held for them: a short session in a signed cookie.

Rule: the cookie names tenant and user and nothing more; whether they are still there and still welcome is looked up
each time. It ends by itself: nobody leaves a session open for long on a page that they need for a minute.
"""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response
from itsdangerous import BadSignature, URLSafeSerializer

from lockgate.console.guard import cookies, forgery
from lockgate.console.guard.refusals import SignInNeeded
from lockgate.console.guard.visitors import Stranger, peer_of
from lockgate.console.parts import ConsoleParts, needed, parts_of
from lockgate.end_users.settings import EndUserSettings
from lockgate.model.end_user import Person

PURPOSE = "end-user-session"
LENGTH = timedelta(minutes=30)
DESK = "The desk of the people whose mail is held"


@dataclass(frozen=True, slots=True)
class EndUser:
    """Somebody who has signed in, welcome and known."""

    person: Person
    settings: EndUserSettings
    csrf_token: str = field(repr=False)
    peer: str

    @property
    def stranger(self) -> Stranger:
        """As pages take whoever has no account of the console."""
        return Stranger(self.csrf_token, self.peer)


async def end_user(request: Request) -> EndUser:
    """Lets in whoever has a session. Raises SignInNeeded."""
    parts = parts_of(request)
    found = await asyncio.to_thread(_read, parts, cookies.read(request, cookies.END_USER), peer_of(request))
    if found is None:
        raise SignInNeeded("Sign in to go on.")
    await forgery.check(request, found.csrf_token)
    return found


SignedInUser = Annotated[EndUser, Depends(end_user)]


def welcome(parts: ConsoleParts, tenant_id: str, user_id: str) -> tuple[Person, EndUserSettings] | None:
    """The person, when the organisation offers the page and its directory knows them."""
    desk = needed(parts.desk, DESK)
    settings = desk.settings(tenant_id)
    person = desk.person(tenant_id, user_id) if settings.own_page else None
    return (person, settings) if person else None


def open_session(parts: ConsoleParts, response: Response, person: Person) -> None:
    """Give the browser a session."""
    end = int((parts.clock() + LENGTH).timestamp())
    said = [person.tenant_id, person.id, end, secrets.token_urlsafe(32)]
    cookies.write(parts, response, cookies.END_USER, str(_signer(parts).dumps(said)))


def _read(parts: ConsoleParts, cookie: str, peer: str) -> EndUser | None:
    try:
        tenant_id, user_id, end, csrf_token = _signer(parts).loads(cookie)
    except BadSignature:
        return None
    found = welcome(parts, tenant_id, user_id) if parts.clock().timestamp() < end else None
    return EndUser(*found, csrf_token, peer) if found else None


def _signer(parts: ConsoleParts) -> URLSafeSerializer:
    keys = parts.vault.signing_keys(PURPOSE)[::-1]
    return URLSafeSerializer(
        keys, salt=PURPOSE, signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    )
