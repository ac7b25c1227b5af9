"""Microsoft's refusals in sentences that say what to do (microsoft-365.md §1.7).

Rule: codes only choose the sentence; whether to try again is decided by class, and the trace id goes into the log.
"""

import re
from collections.abc import Mapping
from typing import Any

import structlog

from lockgate.model.errors import PermanentError
from lockgate.model.tenant_care import TroubleCause

log = structlog.get_logger()
CODE = re.compile(r"\bAADSTS(\d{4,8})\b")
TRANSIENT = frozenset({90033, 90090, 50033, 90006, 90024, 90055})
NOT_THERE_YET = frozenset({700016, 650051, 7000229, 700027, 500011, 65001})  # may be replication right after consent

KNOWN: tuple[tuple[frozenset[int], TroubleCause, str], ...] = (
    (
        frozenset({65004}),
        TroubleCause.CONSENT,
        "The permissions were declined. Nothing was changed; grant them again when you are ready.",
    ),
    (
        frozenset({90094, 90095, 90008}),
        TroubleCause.CONSENT,
        "This account may not consent for the organisation. Sign in as a Global Administrator.",
    ),
    (
        frozenset({7000112, 50105}),
        TroubleCause.APPLICATION_DISABLED,
        "The application was disabled in this organisation. Enable sign-in for it under Enterprise applications.",
    ),
    (
        frozenset({700016, 700011, 70001}),
        TroubleCause.APPLICATION_MISSING,
        "The application is not in this organisation (any more). Grant the permission again.",
    ),
    (
        frozenset({65001, 65005, 650056, 650057, 650052, 500011}),
        TroubleCause.CONSENT,
        "The organisation has not consented to what is needed. Grant the permission again.",
    ),
    (
        frozenset({7000222}),
        TroubleCause.CERTIFICATE_EXPIRED,
        "Our certificate has expired. Make a new one on the page Certificates and upload it to the app registration.",
    ),
    (
        frozenset({7000215, 7000218, 70002, 700025, 700027, 700030}),
        TroubleCause.CERTIFICATE_UNKNOWN,
        "Microsoft does not accept our certificate. Upload it to the app registration, wait a minute and try again.",
    ),
    (
        frozenset({50012, 50013, 50027, 500133, 700024}),
        TroubleCause.CLOCK,
        "Microsoft does not accept our proof of identity. Check that this machine's clock is right.",
    ),
    (
        frozenset({50011, 900971}),
        TroubleCause.OTHER,
        "The redirect address is not registered. Add this console's address to the app registration.",
    ),
    (
        frozenset({53000, 53001, 53002, 53003, 530032, 530035}),
        TroubleCause.CONDITIONAL_ACCESS,
        "A Conditional Access policy stopped the sign-in. Allow it for this application, or use an allowed place.",
    ),
    (
        frozenset({90002, 900023}),
        TroubleCause.ORGANISATION_GONE,
        "Microsoft knows no such organisation. If it is gone for good, forget it here.",
    ),
    (
        frozenset({90038, 900382, 900432}),
        TroubleCause.OTHER_CLOUD,
        "The organisation is in another Microsoft cloud than these applications, and one counts in its own cloud only: "
        "set microsoft365.cloud to global, gcc, gcc-high, dod or china, and register the applications in that cloud.",
    ),
)


class Refused(PermanentError):
    """Microsoft said no. `codes` are AADSTS numbers; `cause` says what has to be repaired."""

    def __init__(
        self, error: str, codes: tuple[int, ...], sentence: str, cause: TroubleCause = TroubleCause.OTHER
    ) -> None:
        super().__init__(sentence)
        self.error = error
        self.codes = codes
        self.cause = cause

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
    cause, known = next(
        ((cause, known) for numbers, cause, known in KNOWN if numbers & {*codes}), (TroubleCause.OTHER, "")
    )
    first_line = description.splitlines()[0][:300] if description else "no reason given"
    return Refused(error, codes, known or f"Microsoft refused ({error}): {first_line}", cause)


def _codes_in(description: str) -> tuple[int, ...]:
    return tuple(int(number) for number in CODE.findall(description))
