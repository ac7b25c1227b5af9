"""Routes of what an organisation changes about detection: weights, own signals and rules, and its lists."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from lockgate.console.api.callers import Administrator, Changer, Reader
from lockgate.console.api.shapes import REFUSALS
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.lookups.reputation_patterns import LONGEST as LONGEST_PATTERN
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Category, Maturity
from lockgate.model.reputation import Standing, Subject
from lockgate.model.tuning import OwnRule, OwnSignal, Tuning
from lockgate.storage.reputation import ReputationStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.documents import save_tuning, saved_tuning
from lockgate.tuning.lists import Lists, Whose

router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["detection"])
Id = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
Name = Annotated[str, Field(max_length=100)]
Text = Annotated[str, Field(max_length=2_000)]


class Shape(BaseModel):
    """What the API takes and gives; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class SignalShape(Shape):
    """A named condition."""

    name: Name
    expression: Text
    description: Text = ""


class RuleShape(Shape):
    """A condition that makes a finding."""

    id: Name
    name: Name
    expression: Text
    category: Category
    weight: float
    maturity: Maturity = Maturity.SHADOW
    description: Text = ""


class TuningShape(Shape):
    """All of an organisation's changes; `version` is the one that was read, 0 for none."""

    version: int = Field(default=0, ge=0, le=1_000_000)
    weights: dict[Name, float] = {}
    maturities: dict[Name, Maturity] = {}
    signals: list[SignalShape] = []
    rules: list[RuleShape] = []


class EntryShape(Shape):
    """One line of a list."""

    id: str
    standing: Standing
    subject: Subject
    pattern: str
    note: str
    source: str
    added_at: datetime
    added_by: str
    expires_at: datetime | None


class NewEntry(Shape):
    """What to put on a list; without `subject` the form says what it is."""

    standing: Standing
    pattern: Annotated[str, Field(min_length=1, max_length=LONGEST_PATTERN)]
    subject: Subject | None = None
    note: Text = ""
    days: Annotated[int, Field(ge=0, le=3660)] = 0


@router.get("/accounts/{account_id}/tuning")
def show_tuning(_caller: Reader, parts: Parts, account_id: Id) -> TuningShape:
    """An organisation's weights, maturities, signals and rules."""
    return _shape(saved_tuning(parts.database, tenant_of_account(parts, account_id)))


@router.put("/accounts/{account_id}/tuning")
def replace_tuning(caller: Administrator, parts: Parts, account_id: Id, given: TuningShape) -> TuningShape:
    """Replace all of it; in force within a second. What is of no use is refused with the reason."""
    tenant_id = tenant_of_account(parts, account_id)
    signals = tuple(OwnSignal(**one.model_dump()) for one in given.signals)
    rules = tuple(OwnRule(**one.model_dump()) for one in given.rules)
    wanted = Tuning(given.version, given.weights, given.maturities, signals, rules)
    saved = save_tuning(parts.database, tenant_id, wanted, caller.author)
    return given.model_copy(update={"version": saved.version})


@router.get("/accounts/{account_id}/reputation")
def show_lists(
    _caller: Reader, parts: Parts, account_id: Id, limit: Annotated[int, Query(ge=1, le=5_000)] = 500
) -> list[EntryShape]:
    """The organisation's own entries."""
    with parts.database.read() as unit:
        found = ReputationStore(unit).search(tenant_id=tenant_of_account(parts, account_id), limit=limit)
    return [EntryShape.model_validate(entry) for entry in found]


@router.post("/accounts/{account_id}/reputation")
def add_entry(caller: Changer, parts: Parts, account_id: Id, new: NewEntry) -> EntryShape:
    """Put something on the organisation's lists; in force within a second."""
    whose = Whose(tenant_of_account(parts, account_id))
    expires_at = caller.author.at + timedelta(days=new.days) if new.days else None
    entry = Lists(parts.database, parts.new_id).add(
        new.pattern, new.standing, caller.author, whose=whose, subject=new.subject,
        note=new.note, expires_at=expires_at,
    )  # fmt: skip
    return EntryShape.model_validate(entry)


@router.delete("/accounts/{account_id}/reputation/{entry}")
def remove_entry(caller: Changer, parts: Parts, account_id: Id, entry: Id) -> EntryShape:
    """Take an entry off; the answer is what it was."""
    gone = Lists(parts.database, parts.new_id).remove(entry, tenant_of_account(parts, account_id), caller.author)
    return EntryShape.model_validate(gone)


def _shape(tuning: Tuning) -> TuningShape:
    signals = [SignalShape.model_validate(one) for one in tuning.signals]
    rules = [RuleShape.model_validate(one) for one in tuning.rules]
    weights, maturities = dict(tuning.weights), dict(tuning.maturities)
    return TuningShape(
        version=tuning.tuning_version, weights=weights, maturities=maturities, signals=signals, rules=rules
    )


def tenant_of_account(parts: ConsoleParts, account_id: str) -> str:
    """The organisation that the path names. Raises InvalidInput while the account has none."""
    with parts.database.read() as unit:
        account = next((one for one in ServiceAccounts(unit, parts.vault).all() if one.id == account_id), None)
    if account is None or not account.tenant_id:
        raise InvalidInput("This service account has no organisation yet.")
    return account.tenant_id
