"""Routes of the people and domains that attackers of an organisation imitate."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from lockgate.console.api.callers import Administrator, Reader
from lockgate.console.api.shapes import REFUSALS
from lockgate.console.api.tuning import Id, tenant_of_account
from lockgate.console.parts import Parts
from lockgate.model.facts import ProtectedPerson
from lockgate.model.high_profile import HighProfile
from lockgate.tuning.high_profile import save_high_profile, saved_high_profile

router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["detection"])
Text = Annotated[str, Field(max_length=320)]


class PersonShape(BaseModel):
    """The name as mail programs show it, and every address that is truly theirs."""

    model_config = ConfigDict(extra="forbid")
    display_name: Text
    addresses: list[Text]


class HighProfileShape(BaseModel):
    """All of it; `version` is the one that was read, 0 for none."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(default=0, ge=0, le=1_000_000)
    by_title: bool = True
    everybody: bool = False  # the full name of everybody in the directory, as a milder sign
    people: list[PersonShape] = []
    exceptions: list[Text] = []
    domains: list[Text] = []


@router.get("/accounts/{account_id}/high-profile")
def show_high_profile(_caller: Reader, parts: Parts, account_id: Id) -> HighProfileShape:
    """Whom the organisation guards against being imitated."""
    saved, version = saved_high_profile(parts.database, tenant_of_account(parts, account_id))
    people = [PersonShape(display_name=one.display_name, addresses=sorted(one.addresses)) for one in saved.people]
    return HighProfileShape(
        version=version, by_title=saved.by_title, people=people, exceptions=list(saved.exceptions),
        domains=list(saved.domains), everybody=saved.everybody,
    )  # fmt: skip


@router.put("/accounts/{account_id}/high-profile")
def replace_high_profile(
    caller: Administrator, parts: Parts, account_id: Id, given: HighProfileShape
) -> HighProfileShape:
    """Replace all of it; in force within a second."""
    people = tuple(
        ProtectedPerson(one.display_name, frozenset(address.lower() for address in one.addresses))
        for one in given.people
    )
    exceptions, domains = (tuple(text.lower() for text in texts) for texts in (given.exceptions, given.domains))
    wanted = HighProfile(given.by_title, people, exceptions, domains, given.everybody)
    tenant_id = tenant_of_account(parts, account_id)
    version = save_high_profile(parts.database, tenant_id, wanted, caller.author, seen=given.version)
    return given.model_copy(update={"version": version})
