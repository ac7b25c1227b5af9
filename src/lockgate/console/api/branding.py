"""The API's part for how reports and letters look: an organisation's own brand, or the installation's."""

import base64
from typing import Annotated

from fastapi import APIRouter
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from lockgate.console.api.callers import Administrator, Reader
from lockgate.console.api.shapes import REFUSALS
from lockgate.console.api.tuning import Id, tenant_of_account
from lockgate.console.guard.visitors import require
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.model.access import Role
from lockgate.model.report import Brand
from lockgate.reporting.reports import logo
from lockgate.storage.branding import brand_of, save_brand

router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["branding"])
LONGEST_LOGO = 2_000_000  # as PNG that we have written; what comes in is judged by `logo.clean`


class BrandShape(BaseModel):
    """A brand. `logo` is a picture as base64: PNG or JPEG up to 200 kB on its way in, PNG on its way out."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=100)]
    colour: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
    logo: Annotated[Base64Bytes, Field(max_length=LONGEST_LOGO)] = b""
    signature: Annotated[str, Field(max_length=500)] = ""


@router.get("/branding")
def show(_caller: Reader, parts: Parts) -> BrandShape:
    """How everything looks whose organisation has chosen nothing."""
    return _kept(parts, "")


@router.put("/branding")
def replace(caller: Administrator, parts: Parts, given: BrandShape) -> BrandShape:
    """Replace all of it; only by who is an administrator of the whole installation."""
    require(caller.access, Role.ADMIN, "", "organisation")
    return _saved(caller, parts, "", given)


@router.get("/accounts/{account_id}/branding")
def show_own(_caller: Reader, parts: Parts, account_id: Id) -> BrandShape:
    """How the organisation's reports and letters look."""
    return _kept(parts, tenant_of_account(parts, account_id))


@router.put("/accounts/{account_id}/branding")
def replace_own(caller: Administrator, parts: Parts, account_id: Id, given: BrandShape) -> BrandShape:
    """Replace all of it; an empty logo is none."""
    return _saved(caller, parts, tenant_of_account(parts, account_id), given)


def _kept(parts: ConsoleParts, tenant_id: str) -> BrandShape:
    with parts.database.read() as unit:
        brand = brand_of(unit, tenant_id)
    encoded = base64.b64encode(brand.logo)
    return BrandShape(name=brand.name, colour=brand.colour, logo=encoded, signature=brand.signature)


def _saved(caller: Administrator, parts: ConsoleParts, tenant_id: str, given: BrandShape) -> BrandShape:
    drawn = logo.clean(given.logo) if given.logo else b""
    save_brand(parts.database, tenant_id, Brand(given.name, given.colour, drawn, given.signature), caller.author)
    return _kept(parts, tenant_id)
