"""What search pages share: enumerations and moments from a query string, and the address of the next page."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from lockgate.model.errors import InvalidInput

Choice = TypeVar("Choice", bound=StrEnum)
LONGEST = 320  # characters of one field; an address has at most 254 (RFC 5321 §4.5.3.1)


def chosen(kind: type[Choice], value: str) -> Choice | None:
    """The member that a select field sends; None for an empty one. Raises InvalidInput for another value."""
    if not value:
        return None
    try:
        return kind(value)
    except ValueError:
        raise InvalidInput(f"'{value[:60]}' is none of {', '.join(kind)}.") from None


def moment(value: str, *, after: bool = False) -> datetime | None:
    """A moment in UTC, or where a day begins, with `after` the next one; None when empty. Raises InvalidInput."""
    text = value.strip()
    if not text:
        return None
    try:
        beginning = datetime.fromisoformat(f"{text}+00:00" if "T" in text else f"{text}T00:00:00+00:00")
        return beginning + timedelta(days=1) if after and "T" not in text else beginning
    except (ValueError, OverflowError):
        raise InvalidInput(f"'{value[:30]}' is not a date; write it like 2026-03-01 or 2026-03-01T14:00.") from None


def milliseconds(value: str) -> timedelta | None:
    """A length of time; None when empty. Raises InvalidInput."""
    text = value.strip()
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise InvalidInput(f"'{value[:30]}' is not a number of milliseconds.")
    return timedelta(milliseconds=int(text))


def written(value: datetime) -> str:
    """A moment as `moment` reads it, cut to the minute."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")


def address(path: str, fields: Mapping[str, str], **more: str) -> str:
    """`path` with the fields that are not empty."""
    kept = {name: value for name, value in {**fields, **more}.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path
