"""Consents under way: which browser session asked for which step, and what must come back with the answer.

Rule: a `state` is good once, for one session, for a quarter of an hour; the database knows only its digest.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, insert, select

from lockgate.model.service_account import ConsentStep
from lockgate.storage.schema.tenants import consent_requests
from lockgate.storage.unit_of_work import Unit
from lockgate.storage.vault import Vault

LIFETIME = timedelta(minutes=15)


class Phase(StrEnum):
    """Consent first, then a sign-in that proves whose tenant it was."""

    CONSENT = "consent"
    SIGN_IN = "sign-in"


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """One step that a browser was sent to Microsoft for."""

    account_id: str
    step: ConsentStep
    phase: Phase
    tenant_id: str = ""
    nonce: str = field(default="", repr=False)
    verifier: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ConsentRequests:
    """The requests, in one unit of work."""

    unit: Unit
    vault: Vault

    def add(self, state: str, session_id: str, request: ConsentRequest, now: datetime) -> None:
        """Remember a request under its `state`."""
        digest = _digest(state)
        self.unit.connection.execute(
            insert(consent_requests).values(
                state_hash=digest,
                account_id=request.account_id,
                step=request.step.value,
                session_hash=_digest(session_id),
                phase=request.phase.value,
                tenant_id=request.tenant_id,
                nonce=request.nonce,
                verifier=self.vault.seal(request.verifier, f"consent/{digest}"),
                expires_at=now + LIFETIME,
            )
        )

    def take(self, state: str, session_id: str, now: datetime) -> ConsentRequest | None:
        """The request of this state and session, used up now; None when there is none, or it is too old."""
        table = consent_requests.c
        digest = _digest(state)
        mine = (table.state_hash == digest, table.session_hash == _digest(session_id), table.expires_at > now)
        row = self.unit.connection.execute(select(consent_requests).where(*mine)).one_or_none()
        if row is None or self.unit.connection.execute(delete(consent_requests).where(*mine)).rowcount != 1:
            return None
        verifier = self.vault.unseal(row.verifier, f"consent/{digest}")
        return ConsentRequest(
            row.account_id, ConsentStep(row.step), Phase(row.phase), row.tenant_id, row.nonce, verifier
        )

    def prune(self, now: datetime) -> int:
        """Forget what is too old; how many."""
        return self.unit.connection.execute(
            delete(consent_requests).where(consent_requests.c.expires_at <= now)
        ).rowcount


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
