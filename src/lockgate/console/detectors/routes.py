"""What Lockgate looks for: the catalogue made from the detectors' own manual pages, with what is changed about them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Viewer, Visitor
from lockgate.console.organisation_names import names
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import page
from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.detector import Detector
from lockgate.detection.manual import sections
from lockgate.model.errors import InvalidInput
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tuning import OwnRule, Tuning
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.documents import saved_tuning

router = APIRouter(prefix="/detectors")


@dataclass(frozen=True, slots=True)
class Changed:
    """What one organisation has changed about a detector."""

    organisation: str
    weight: float | None
    maturity: str


@router.get("")
def show_all(
    request: Request, visitor: Viewer, parts: Parts, family: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """The catalogue, and the organisations' own rules."""
    catalogue = default_catalogue()
    families = sorted({one.id.partition(".")[0] for one in catalogue.detectors})
    shown = [one for one in catalogue.detectors if not family or one.id.startswith(f"{family}.")]
    tunings = _tunings(parts, visitor)
    rules: list[tuple[str, OwnRule]] = [(name, rule) for name, tuning in tunings.items() for rule in tuning.rules]
    changed = {one for tuning in tunings.values() for one in (*tuning.weights, *tuning.maturities)}
    accounts = [one for one in _accounts(parts) if one.tenant_id and visitor.sees(one.tenant_id)]
    values = {
        "detectors": shown, "families": families, "family": family, "rules": rules, "changed": changed,
        "accounts": accounts,
    }  # fmt: skip
    return page(request, visitor, "detectors/page.html", values)


@router.get("/{identity}")
def show(request: Request, visitor: Viewer, parts: Parts, identity: str) -> Response:
    """One detector's manual page."""
    found = default_catalogue().get(identity)
    if found is None:
        raise InvalidInput("There is no such detector in this version.")
    changes = [made for name, tuning in _tunings(parts, visitor).items() if (made := _changed(found, name, tuning))]
    about, parts_of_page = sections(found)
    values = {"detector": found, "about": about, "sections": parts_of_page, "changes": changes}
    return page(request, visitor, "detectors/detector.html", values)


def _accounts(parts: ConsoleParts) -> list[ServiceAccount]:
    with parts.database.read() as unit:
        return ServiceAccounts(unit, parts.vault).all()


def _tunings(parts: ConsoleParts, visitor: Visitor) -> dict[str, Tuning]:
    known = names(parts, visitor.scope)
    return {name: saved_tuning(parts.database, tenant_id) for tenant_id, name in known.items()}


def _changed(detector: Detector, organisation: str, tuning: Tuning) -> Changed | None:
    if detector.id not in tuning.weights and detector.id not in tuning.maturities:
        return None
    maturity = tuning.maturities.get(detector.id)
    return Changed(organisation, tuning.weights.get(detector.id), maturity.value if maturity else "")
