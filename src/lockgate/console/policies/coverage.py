"""The inventory: which mailboxes no policy acts for, by organisation and direction."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from lockgate.console.guard.visitors import Viewer
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import page
from lockgate.console.searches import address, chosen
from lockgate.model.envelope import Direction
from lockgate.model.policy import RecipientProfile
from lockgate.storage.directory_cache import DirectoryCache
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.policy_coverage import Cover, Inventory, inventory

router = APIRouter(prefix="/policies")
ROWS = 100
OPEN = frozenset(Cover) - {Cover.PROTECTED}


class Asked(BaseModel):
    """Which rows are shown; an empty cover: all that are not protected."""

    cover: Annotated[str, Field(max_length=20)] = ""
    direction: Annotated[str, Field(max_length=20)] = ""
    skip: Annotated[int, Field(ge=0, le=10_000_000)] = 0


@router.get("/coverage/{account_id}")
def show(
    request: Request, visitor: Viewer, parts: Parts, account_id: str, asked: Annotated[Asked, Query()]
) -> Response:
    """How many mailboxes are covered by what, and which are not."""
    cover, direction = chosen(Cover, asked.cover), chosen(Direction, asked.direction)
    covers = OPEN if cover is None else frozenset({cover})
    told = covered(parts, account_id, covers=covers, direction=direction, skip=asked.skip, most=ROWS)
    with parts.database.read() as unit:
        account = ServiceAccounts(unit, parts.vault).get(account_id)
    here, fields = f"/policies/coverage/{account_id}", {"cover": asked.cover, "direction": asked.direction}
    values = {
        "account": account, "told": told, "asked": asked, "covers": tuple(Cover), "directions": tuple(Direction),
        "here": here, "newest": address(here, fields) if asked.skip else "",
        "older": address(here, fields, skip=str(asked.skip + ROWS)) if told.more else "",
    }  # fmt: skip
    return page(request, visitor, "policies/coverage.html", values)


def covered(
    parts: ConsoleParts, account_id: str, *, covers: frozenset[Cover], direction: Direction | None, skip: int,
    most: int,
) -> Inventory:  # fmt: skip
    """The inventory of an organisation, by the directory of now."""
    directory = DirectoryCache(parts.database)
    directory.refresh()
    with parts.database.read() as unit:
        account = ServiceAccounts(unit, parts.vault).get(account_id)

        def profiles(address: str) -> RecipientProfile:
            return directory.profile(account.tenant_id, address)

        return inventory(unit, account, profiles, covers=covers, direction=direction, skip=skip, most=most)
