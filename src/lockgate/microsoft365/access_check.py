"""Whether Microsoft still lets us in as granted, and if not why, in a sentence that says what to do.

Expired credentials, a revoked consent, a removed role and a lapsed assignment of Privileged Identity Management all
look different here (microsoft-365.md §1.7, §1.10). Rule: what may be replication is asked again before it is believed.
"""

import asyncio
from dataclasses import dataclass

from lockgate.microsoft365 import survey
from lockgate.microsoft365.exchange_errors import AccessDenied
from lockgate.microsoft365.permissions import ROLES
from lockgate.microsoft365.refusals import TRANSIENT, Refused
from lockgate.microsoft365.tenant_access import TenantAccess
from lockgate.model.errors import TemporaryError
from lockgate.model.service_account import ConsentStep, ServiceAccount
from lockgate.model.tenant_care import TroubleCause

TRIES, PAUSE = 3, 10.0  # of a refusal that may be replication, and the seconds between
STEPS = {
    ConsentStep.MAIL_FLOW: "Configuring mail flow",
    ConsentStep.DIRECTORY: "Reading users and mailboxes",
    ConsentStep.ACTIVITY: "Reading activity data",
}
NO_ROLE = (
    "The application has lost the Exchange administrator role. Two causes look the same from here. Somebody has "
    "removed the role: assign it to the application again, under Roles and administrators. Or Privileged Identity "
    "Management has ended an assignment that was limited in time: add a new one there, active (an application cannot "
    "activate an eligible one) and permanent, or extend it before it ends where your settings forbid a permanent one."
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why we are not let in. `step` is None when it is the role."""

    cause: TroubleCause
    sentence: str
    step: ConsentStep | None = None


async def trouble(access: TenantAccess, account: ServiceAccount) -> Trouble | None:
    """Why we are not let in as granted; None when all is well.

    Raises TemporaryError when Microsoft does not answer: then nothing is known, and nothing is concluded.
    """
    for step in STEPS:
        if account.granted(step) and (found := await _refusal(access, account.tenant_id, step)):
            return found
    if account.granted(ConsentStep.MAIL_FLOW) and account.role_seen_at is not None:
        return await _role(access, account.tenant_id)
    return None


async def _refusal(access: TenantAccess, tenant_id: str, step: ConsentStep) -> Trouble | None:
    found = None
    for attempt in range(TRIES):
        if attempt:
            await access.sleep(PAUSE)
        try:
            token = await asyncio.to_thread(access.identity.app_token, step, tenant_id, fresh=True)
        except Refused as refused:
            if refused.error == "temporarily_unavailable" or {*refused.codes} & TRANSIENT:
                raise TemporaryError(str(refused)) from refused
            found = Trouble(refused.cause, f"{STEPS[step]} is not possible any more: {refused}", step)
            if not refused.may_pass:
                break
        else:
            missing = ", ".join(sorted(ROLES[step] - token.roles))
            if not missing:
                return None
            why = f"the permission {missing} was taken away. Grant this step again."
            found = Trouble(TroubleCause.PERMISSION, f"{STEPS[step]} is not possible any more: {why}", step)
    return found


async def _role(access: TenantAccess, tenant_id: str) -> Trouble | None:
    """Asked of Exchange itself: only it knows of rights that its own role groups give."""
    try:
        await survey.accepted_domains(access.exchange(tenant_id))
    except AccessDenied:
        return Trouble(TroubleCause.ROLE, NO_ROLE)
    return None
