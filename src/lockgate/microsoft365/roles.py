"""Whether our application has the Exchange administrator role, or enough of Exchange's own (microsoft-365.md §1.10).

Rule: every look takes a new token, because rights are read from the token and an old one does not know of a new
assignment. Privileged Identity Management makes no difference here: an active assignment is in the token either way.
"""

import asyncio
from dataclasses import dataclass

from lockgate.microsoft365 import survey
from lockgate.microsoft365.exchange_roles import lacking
from lockgate.microsoft365.permissions import EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, ROLES
from lockgate.microsoft365.refusals import Refused
from lockgate.microsoft365.tenant_access import TenantAccess
from lockgate.model.errors import LockgateError, PermanentError, TemporaryError
from lockgate.model.service_account import ConsentStep

ENOUGH = frozenset({EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR})
NO_ROLE = frozenset({"0997a1d0-0d1d-4acb-b408-d5ca73121e90"})  # Microsoft puts it into the token of every application


@dataclass(frozen=True, slots=True)
class RoleFound:
    """What one look found."""

    assigned: bool
    sentence: str


async def look(access: TenantAccess, tenant_id: str) -> RoleFound:
    """Whether the application may administer the tenant's Exchange now; what cannot be told is "not assigned"."""
    try:
        token = await asyncio.to_thread(access.identity.app_token, ConsentStep.MAIL_FLOW, tenant_id, fresh=True)
    except (Refused, TemporaryError) as refusal:
        return RoleFound(False, str(refusal))
    if token.directory_roles & ENOUGH:
        return RoleFound(True, "The role is assigned.")
    return await _asked_of_exchange(access, tenant_id, bool(token.directory_roles - NO_ROLE))


async def _asked_of_exchange(access: TenantAccess, tenant_id: str, another: bool) -> RoleFound:
    """Rights of Exchange's own role groups are not in the token (docs/operations/narrow-role.md): ask Exchange.

    It has to let us read, and then to list what every plan needs. The list's form is only known from the module that
    uses it; an answer without one proves nothing against us.
    """
    exchange = access.exchange(tenant_id)
    try:
        await survey.accepted_domains(exchange)
        allowed = await exchange.allowed()
    except LockgateError:
        if another:
            return RoleFound(False, "The application has another role. Assign it 'Exchange administrator'.")
        return RoleFound(False, "The role is not assigned yet. A new assignment can take some minutes to arrive.")
    if allowed and (missing := lacking(allowed)):
        names = ", ".join(f"'{role}'" for role in missing)
        return RoleFound(False, f"The application has roles of Exchange's own, but lacks {names}.")
    return RoleFound(True, "Exchange Online accepts the application.")


async def require(access: TenantAccess, tenant_id: str) -> None:
    """Raise unless new tokens carry everything that mail flow and directory need.

    Raises Refused or PermanentError with a sentence that says what to do; TemporaryError for a permission that may
    still be on its way.
    """
    for step in (ConsentStep.MAIL_FLOW, ConsentStep.DIRECTORY):
        token = await asyncio.to_thread(access.identity.app_token, step, tenant_id, fresh=True)
        if missing := ROLES[step] - token.roles:
            raise TemporaryError(
                f"The permission {', '.join(sorted(missing))} is missing. Grant it again; it can take minutes."
            )
    found = await look(access, tenant_id)
    if not found.assigned:
        raise PermanentError(found.sentence)


def portal_address(portal: str) -> str:
    """'Roles and administrators' in the Entra portal, where the role is assigned by hand."""
    return f"{portal}/#view/Microsoft_AAD_IAM/RolesManagementMenuBlade/~/AllRoles"
