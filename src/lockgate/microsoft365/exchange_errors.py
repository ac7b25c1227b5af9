"""What Exchange Online's error bodies mean (microsoft-365.md §3.1). Names of properties vary in case."""

import json
from typing import Any

from lockgate.microsoft365.exchange_roles import role_for
from lockgate.model.errors import PermanentError

BUSY_STATUS = frozenset({429, 500, 502, 503, 504})
BUSY_WORDS = ("server is busy", "micro delay", "try again later")
IN_USE_WORDS = ("use it", "in use", "being used", "referenced")


class ExchangeError(PermanentError):
    """Exchange refused a cmdlet; the text is Exchange's own."""


class AccessDenied(ExchangeError):
    """The application has no role, or not the one that the cmdlet needs."""


class NotFound(ExchangeError):
    """There is no such object."""


class AlreadyThere(ExchangeError):
    """An object of that name exists."""


class Referenced(ExchangeError):
    """The object cannot be removed while another one uses it; Exchange's text names that one."""


class Busy(Exception):
    """Not now; `retry_after` is the server's header, or empty."""

    def __init__(self, trouble: str, retry_after: str) -> None:
        super().__init__(trouble)
        self.retry_after = retry_after


def error_of(status: int, content: bytes, retry_after: str, cmdlet: str) -> Exception:
    """The error that a failed call stands for."""
    text, kind = _text_and_kind(content)
    if status in BUSY_STATUS or any(word in text.lower() for word in BUSY_WORDS):
        return Busy(f"status {status}", retry_after)
    if status in (401, 403):
        return AccessDenied(
            f"Exchange Online refuses {cmdlet} to the application{': ' + text if text else ''}. "
            f"Assign the Exchange administrator role to it{_or_narrower(cmdlet)}; a new assignment can take some "
            "minutes to work."
        )
    if status == 404 or "ManagementObjectNotFound" in kind or "couldn't be found" in text:
        return NotFound(text or f"{cmdlet}: not found")
    if "AlreadyExists" in kind or "already exists" in text or "already enabled for customization" in text:
        return AlreadyThere(text)
    if "InvalidOperation" in kind and any(word in text for word in IN_USE_WORDS):
        return Referenced(text)
    return ExchangeError(f"Exchange Online refused {cmdlet}: {text or f'status {status}'}")


def _or_narrower(cmdlet: str) -> str:
    role = role_for(cmdlet)
    return f", or Exchange's own role '{role}'" if role else ""


def _text_and_kind(content: bytes) -> tuple[str, str]:
    """The human sentence and the .NET type; the sentence is behind the last bar of `|Type|Sentence`."""
    try:
        error = _lower(json.loads(content))["error"]
    except (ValueError, KeyError, TypeError):
        return "", ""
    inner = error.get("innererror") or {}
    internal = inner.get("internalexception") or {}
    details = error.get("details") or [{}]
    raw = str(details[0].get("message") or internal.get("message") or error.get("message") or "")
    kind = f"{internal.get('type', '')} {inner.get('type', '')} {raw}"
    return raw.rpartition("|")[2].strip(), kind


def _lower(value: object) -> dict[str, Any]:
    """The same structure with lower-case names."""
    lowered = json.loads(json.dumps(value), object_pairs_hook=lambda pairs: {k.lower(): v for k, v in pairs})
    return dict(lowered)
