"""Reports, put together: who makes them, by what names organisations go, and whether they are mailed."""

from lockgate.bootstrap.notifications import writer
from lockgate.bootstrap.parts import Parts, new_id
from lockgate.reporting.reports.service import ReportService
from lockgate.storage.service_accounts import ServiceAccounts


def report_service(parts: Parts) -> ReportService:
    """Who makes reports; without `notifications.sender` they are kept for download only."""
    mails = writer(parts) if parts.settings.notifications.sender else None
    return ReportService(parts.database, parts.clock, new_id, lambda: _names(parts), mails)


def _names(parts: Parts) -> dict[str, str]:
    with parts.database.read() as unit:
        return {one.tenant_id: one.tenant_name or one.tenant_id for one in ServiceAccounts(unit, parts.vault).all()}
