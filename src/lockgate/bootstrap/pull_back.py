"""Taking delivered mail back, put together: requests for console and command line, the work for the controller."""

from datetime import timedelta

from lockgate.bootstrap.parts import Parts, new_id
from lockgate.bootstrap.quarantine import quarantine_service
from lockgate.microsoft365.delivered_copies import DeliveredCopies
from lockgate.microsoft365.pull_back import PullingBack
from lockgate.microsoft365.pull_back_requests import PullBackRequests
from lockgate.microsoft365.tenant_access import TenantAccess
from lockgate.quarantine.ports import Starts
from lockgate.storage.held_retention import held_for_by


def pull_back_requests(parts: Parts, starts: Starts) -> PullBackRequests:
    """What analysts speak to."""
    return PullBackRequests(parts.database, parts.clock, new_id, starts)


def pulling_back(parts: Parts, access: TenantAccess, starts: Starts) -> PullingBack:
    """The steps of the workflow."""

    def copies(tenant_id: str) -> DeliveredCopies:
        return DeliveredCopies(access.graph(tenant_id))

    held_for = held_for_by(parts.vault, timedelta(days=parts.settings.retention.quarantine))
    quarantine = quarantine_service(parts, starts)
    return PullingBack(parts.database, parts.blobs, parts.clock, copies, quarantine, held_for)
