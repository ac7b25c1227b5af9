"""Microsoft's refusals in sentences that say what to do (microsoft-365.md §1.7).

Rule: codes only choose the sentence; whether to try again is decided by class, and the trace id goes into the log.
"""

from collections.abc import Mapping
from typing import Any

import structlog

from lockgate.model.errors import PermanentError

log = structlog.get_logger()
TRANSIENT = frozenset({90033, 90090, 50033, 90006, 90024, 90055})
NOT_THERE_YET = frozenset({700016, 650051, 7000229, 700027, 500011, 65001})  # may be replication right after consent

SENTENCES: tuple[tuple[frozenset[int], str], ...] = (
    (frozenset({65004}), "The permissions were declined. Nothing was changed; grant them again when you are ready."),
    (
        frozenset({90094, 90095, 90008}),
        "This account may not consent for the organisation. Sign in as a Global Administrator.",
    ),
    (
        frozenset({700016, 700011, 7000112, 50105}),
        "The application is not in this organisation, or it was disabled there. Grant the permission again.",
    ),
    (
        frozenset({65001, 65005, 650056, 650057, 650052}),
        "The organisation has not consented to what is needed. Grant the permission again.",
    ),
    (
        frozenset({7000222}),
        "Our certificate has expired. Upload a new one to the app registration and set it in the settings.",
    ),
    (
        frozenset({7000215, 7000218, 70002, 700025, 700027, 700030}),
        "Microsoft does not accept our certificate. Upload it to the app registration, wait a minute and try again.",
    ),
    (
        frozenset({50012, 50013, 50027, 500133}),
        "Microsoft does not accept our proof of identity. Check that this machine's clock is right.",
    ),
    (
        frozenset({50011, 900971}),
        "The redirect address is not registered. Add this console's address to the app registration.",
    ),
    (
        frozenset({53000, 53001, 53002, 53003, 530032, 530035}),
        "A Conditional Access policy stopped the sign-in. Allow it for this application, or use an allowed place.",
    ),
    (frozenset({90002, 900023}), "Microsoft knows no such organisation."),
    (frozenset({90038, 900382, 900432}), "The organisation is in another Microsoft cloud: set microsoft365.cloud."),
)


class Refused(PermanentError):
    """Microsoft said no. `codes` are AADSTS numbers."""

    def __init__(self, error: str, codes: tuple[int, ...], sentence: str) -> None:
        super().__init__(sentence)
        self.error = error
        self.codes = codes

    @property
    def may_pass(self) -> bool:
        """Whether waiting may help: a passing trouble, or a consent that is not everywhere yet."""
        return self.error == "temporarily_unavailable" or bool({*self.codes} & (TRANSIENT | NOT_THERE_YET))


def refusal_of(answer: Mapping[str, Any]) -> Refused:
    """The refusal in a token endpoint's error body or a redirect's query."""
    error = str(answer.get("error", "unknown"))
    description = str(answer.get("error_description", ""))
    codes = tuple(int(code) for code in answer.get("error_codes") or () if str(code).isdigit()) or _codes_in(
        description
    )
    log.warning(
        "Microsoft refused",
        error=error,
        codes=codes,
        trace=answer.get("trace_id"),
        correlation=answer.get("correlation_id"),
    )
    if error in ("permission_denied", "access_denied") and not codes:
        codes = (65004,)
    known = next((sentence for numbers, sentence in SENTENCES if numbers & {*codes}), "")
    first_line = description.splitlines()[0][:300] if description else "no reason given"
    return Refused(error, codes, known or f"Microsoft refused ({error}): {first_line}")


def _codes_in(description: str) -> tuple[int, ...]:
    words = description.replace(":", " ").split()
    return tuple(int(word[6:]) for word in words if word.startswith("AADSTS") and word[6:].isdigit())
