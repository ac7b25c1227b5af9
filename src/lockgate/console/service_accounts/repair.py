"""The one step that ends a trouble with access, as a button or link; the check that follows notices that it is over."""

from dataclasses import dataclass

from lockgate.console.dashboard.status import GRANT
from lockgate.microsoft365.roles import portal_address
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tenant_care import TroubleCause

APPLICATIONS = "/#view/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview"
POLICIES = "/#view/Microsoft_AAD_ConditionalAccess/ConditionalAccessBlade/~/Policies"


@dataclass(frozen=True, slots=True)
class Repair:
    """What to press. `address` is a page, or of a form that is posted; `outside` is not ours."""

    text: str
    address: str
    posts: bool = False
    outside: bool = False


def repair_of(account: ServiceAccount, portal: str) -> Repair | None:
    """The repair; None where there is nothing to press (this machine's clock, the settings)."""
    mine = f"/service-accounts/{account.id}"
    match account.trouble_cause:
        case TroubleCause.CERTIFICATE_EXPIRED | TroubleCause.CERTIFICATE_UNKNOWN:
            return Repair("Renew the certificate", "/certificates")
        case TroubleCause.CONSENT | TroubleCause.PERMISSION | TroubleCause.APPLICATION_MISSING | TroubleCause.OTHER:
            if account.trouble_step is None:
                return None
            return Repair("Grant this step again", f"{GRANT}/{account.id}/consent/{account.trouble_step}", posts=True)
        case TroubleCause.APPLICATION_DISABLED:
            return Repair("Enterprise applications", portal + APPLICATIONS, outside=True)
        case TroubleCause.ROLE:
            return Repair("Roles and administrators", portal_address(portal), outside=True)
        case TroubleCause.CONDITIONAL_ACCESS:
            return Repair("Conditional Access policies", portal + POLICIES, outside=True)
        case TroubleCause.ORGANISATION_GONE:
            return Repair("Forget this organisation", f"{mine}#forget-organisation")
        case TroubleCause.CLOCK | TroubleCause.OTHER_CLOUD | None:
            return None
