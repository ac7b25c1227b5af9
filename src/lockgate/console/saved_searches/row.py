"""The row of kept searches above a list."""

from collections.abc import Mapping
from dataclasses import dataclass

from lockgate.console.guard.visitors import Visitor
from lockgate.console.parts import ConsoleParts
from lockgate.console.saved_searches.keeping import Keeper, address_of, seen_by
from lockgate.model.access import EVERYWHERE
from lockgate.model.saved_search import Log


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept search as a link; `about` says whose it is where it is not the visitor's alone."""

    id: str
    name: str
    address: str
    about: str
    may_forget: bool


def keeper_of(visitor: Visitor) -> Keeper:
    """The visitor as somebody who keeps searches."""
    return Keeper(visitor.account.id, visitor.author, visitor.access)


def kept_searches(parts: ConsoleParts, visitor: Visitor, log: Log, tenants: Mapping[str, str]) -> list[Kept]:
    """Those of this list that the visitor sees."""
    keeper, found = keeper_of(visitor), []
    for one in seen_by(parts, keeper, log):
        whom = "everybody" if one.shared_with == EVERYWHERE else tenants.get(one.shared_with, one.shared_with)
        whose = "Yours" if one.owner_id == keeper.id else f"By {one.owner}"
        about = f"{whose}, shared with {whom}" if one.shared_with else whose
        may_forget = one.forgotten_by(keeper.id, keeper.access)
        found.append(Kept(one.id, one.name, address_of(one), about, may_forget))
    return found
