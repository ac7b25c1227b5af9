"""Whose is it: the organisation that a record belongs to, by the kind of record and its id."""

from enum import StrEnum

from sqlalchemy import Column, Table, select

from lockgate.storage.schema.administration import policies
from lockgate.storage.schema.custody import held
from lockgate.storage.schema.reports import report_plans, reports
from lockgate.storage.schema.tenants import service_accounts
from lockgate.storage.schema.traces import messages
from lockgate.storage.schema.user_reports import user_reports
from lockgate.storage.unit_of_work import Unit


class Kind(StrEnum):
    """Records that belong to an organisation."""

    SERVICE_ACCOUNT = "service account"
    POLICY = "policy"
    MESSAGE = "message"
    HELD_MESSAGE = "held message"
    USER_REPORT = "report"
    REPORT = "made report"
    REPORT_PLAN = "report plan"


_TABLES: dict[Kind, Table] = {
    Kind.SERVICE_ACCOUNT: service_accounts,
    Kind.POLICY: policies,
    Kind.MESSAGE: messages,
    Kind.HELD_MESSAGE: held,
    Kind.USER_REPORT: user_reports,
    Kind.REPORT: reports,
    Kind.REPORT_PLAN: report_plans,
}


def organisation_of(unit: Unit, kind: Kind, record_id: str) -> str | None:
    """The tenant id, empty for what belongs to no organisation (yet); None when there is no such record."""
    table = _TABLES[kind].c
    owner: Column[str] = table.tenant_id
    row = unit.connection.execute(select(owner).where(table.id == record_id)).one_or_none()
    return None if row is None else str(row[0])
