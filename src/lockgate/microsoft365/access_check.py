"""Whether Microsoft still lets us in as granted, and if not why, in a sentence that says what to do.

Expired credentials, a revoked consent, a removed role and a lapsed assignment of Privileged Identity Management all
look different here and are all repaired by granting that step again (microsoft-365.md §1.7, §1.10).
"""

import asyncio

from lockgate.microsoft365 import survey
from lockgate.microsoft365.exchange_errors import AccessDenied
from lockgate.microsoft365.permissions import ROLES
from lockgate.microsoft365.refusals import TRANSIENT, Refused
from lockgate.microsoft365.tenant_access import TenantAccess
from lockgate.model.errors import TemporaryError
from lockgate.model.service_account import ConsentStep, ServiceAccount

STEPS = {
    ConsentStep.MAIL_FLOW: "Configuring mail flow",
    ConsentStep.DIRECTORY: "Reading users and mailboxes",
    ConsentStep.ACTIVITY: "Reading activity data",
}


async def trouble(access: TenantAccess, account: ServiceAccount) -> str:
    """Why we are not let in as granted; empty when all is well.

    Raises TemporaryError when Microsoft does not answer: then nothing is known, and nothing is concluded.
    """
    for step, what in STEPS.items():
        if account.granted(step) and (why := await _refusal(access, account.tenant_id, step)):
            return f"{what} is not possible any more: {why}"
    if account.granted(ConsentStep.MAIL_FLOW) and account.role_seen_at is not None:
        return await _role(access, account.tenant_id)
    return ""


async def _refusal(access: TenantAccess, tenant_id: str, step: ConsentStep) -> str:
    try:
        token = await asyncio.to_thread(access.identity.app_token, step, tenant_id, fresh=True)
    except Refused as refused:
        if refused.error == "temporarily_unavailable" or {*refused.codes} & TRANSIENT:
            raise TemporaryError(str(refused)) from refused
        return f"{refused} Then grant this step again."
    missing = ", ".join(sorted(ROLES[step] - token.roles))
    return f"the permission {missing} was taken away. Grant this step again." if missing else ""


async def _role(access: TenantAccess, tenant_id: str) -> str:
    """Asked of Exchange itself: only it knows of rights that its own role groups give."""
    try:
        await survey.accepted_domains(access.exchange(tenant_id))
    except AccessDenied:
        return (
            "The application has lost the Exchange administrator role: it was removed, or its assignment has ended "
            "(Privileged Identity Management can limit it in time). Assign it again, as permanent and active."
        )
    return ""
