"""Reports: what is planned, what was made, and how an organisation wants its own to look."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReportFrequency(StrEnum):
    """How often; each report tells of the whole days before it."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class ReportForm(StrEnum):
    """As what a report can be read."""

    PDF = "pdf"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """A report that comes again and again. `hour` is local to `time_zone`; `weekday` 0 is Monday, for weekly ones."""

    id: str
    tenant_id: str  # empty: all organisations together
    name: str
    frequency: ReportFrequency
    hour: int
    weekday: int
    time_zone: str
    recipients: tuple[str, ...]
    made_by: str
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """One that was made, of [begins, ends); what is in it is kept beside it."""

    id: str
    tenant_id: str
    plan_id: str  # empty: made on request
    name: str
    begins: datetime
    ends: datetime
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class Brand:
    """How reports and letters look: a name, a colour such as `#0d9488`, and a logo as PNG, empty for none.

    `signature` are a few lines of plain text under the letters that notifications write.
    """

    name: str = "Lockgate"
    colour: str = "#0d9488"
    logo: bytes = b""
    signature: str = ""
