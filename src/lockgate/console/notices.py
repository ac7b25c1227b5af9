"""A sentence for the next page: what became of the form that was just sent."""

import base64
import binascii
import json
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from lockgate.console.guard import cookies
from lockgate.console.parts import ConsoleParts

LONGEST = 600


@dataclass(frozen=True, slots=True)
class Notice:
    """`good` chooses the colour; the words say the same."""

    text: str
    good: bool


def leave(parts: ConsoleParts, response: Response, text: str, *, good: bool) -> None:
    """Let the next page show `text`."""
    packed = json.dumps([text[:LONGEST], good]).encode()
    cookies.write(parts, response, cookies.NOTICE, base64.urlsafe_b64encode(packed).decode())


def left(request: Request) -> Notice | None:
    """The notice that waits, or None; a damaged one is none."""
    try:
        text, good = json.loads(base64.urlsafe_b64decode(cookies.read(request, cookies.NOTICE) or b"W10="))
    except (ValueError, binascii.Error):
        return None
    return Notice(str(text)[:LONGEST], bool(good))
