"""What pages, API and their visitors do with kept searches: see, keep, delete."""

from collections.abc import Mapping
from dataclasses import dataclass

from lockgate.console import searches
from lockgate.console.guard.refusals import NotAllowed, NotThere
from lockgate.console.logs import LOGS, ground_of
from lockgate.console.parts import ConsoleParts
from lockgate.model.access import EVERYWHERE, Access, Role
from lockgate.model.errors import InvalidInput
from lockgate.model.saved_search import Log, SavedSearch
from lockgate.storage.audit import Author
from lockgate.storage.saved_searches import SavedSearches

NOT_YOURS = "Only whoever kept this search, or an administrator of those it is shared with, may delete it."


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who keeps and sees searches: an account or a token, by id."""

    id: str
    author: Author
    access: Access


def seen_by(parts: ConsoleParts, keeper: Keeper, log: Log | None = None) -> list[SavedSearch]:
    """Their own and those that are shared with them, by name."""
    with parts.database.read() as unit:
        found = SavedSearches(unit).all(log)
    return [one for one in found if one.seen_by(keeper.id, keeper.access)]


def keep(
    parts: ConsoleParts, keeper: Keeper, log: Log, name: str, sent: Mapping[str, str], shared_with: str
) -> SavedSearch:
    """Keep a search, which must be one that its list understands. Raises InvalidInput and NotAllowed."""
    if shared_with and not keeper.access.may(Role.VIEWER, "" if shared_with == EVERYWHERE else shared_with):
        raise NotAllowed("A search can be shared only where you have a role yourself.")
    asked = LOGS[log].filled(ground_of(parts, keeper.access.scope()), sent)
    asked.wanted(None)
    fields = {field: value for field, value in asked.fields().items() if value}
    if not fields:
        raise InvalidInput("Search for something first: a search without a condition needs no name.")
    author = keeper.author
    kept = SavedSearch(
        parts.new_id(), log, " ".join(name.split()), fields, keeper.id, author.name, shared_with, author.at
    )
    with parts.database.write() as unit:
        SavedSearches(unit).save(kept, author)
    return kept


def forget(parts: ConsoleParts, keeper: Keeper, search_id: str) -> SavedSearch:
    """Delete one. Raises NotThere and NotAllowed."""
    with parts.database.write() as unit:
        found = SavedSearches(unit).get(search_id)
        if found is None or not found.seen_by(keeper.id, keeper.access):
            raise NotThere("saved search")
        if not found.forgotten_by(keeper.id, keeper.access):
            raise NotAllowed(NOT_YOURS)
        SavedSearches(unit).forget(found, keeper.author)
    return found


def address_of(one: SavedSearch) -> str:
    """Its list, searched."""
    return searches.address(LOGS[one.log].path, one.fields)
