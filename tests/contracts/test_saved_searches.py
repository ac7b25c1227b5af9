"""Searches that are kept under a name, on both databases."""

from dataclasses import replace

import pytest

from lockgate.model.errors import InvalidInput
from lockgate.model.saved_search import Log, SavedSearch
from lockgate.storage import saved_searches
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.saved_searches import SavedSearches
from lockgate.storage.unit_of_work import Database
from tests.contracts.records import NOW, TENANT

AUTHOR = Author("ada", NOW)
ONE = SavedSearch("1", Log.TRACE, "Größe", {"words": "größe"}, "id-ada", "ada", TENANT, NOW)


def test_a_name_is_one_owners_and_replaced_by_itself(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    again = replace(ONE, id="2", name="GRÖSSE", fields={"words": "small"})
    others = replace(ONE, id="3", owner_id="id-bob", owner="bob"), replace(ONE, id="4", log=Log.AUDIT)
    with database.write() as unit:
        kept = SavedSearches(unit)
        for one in (ONE, again, *others):
            kept.save(one, AUTHOR)
        assert [one.id for one in kept.all(Log.TRACE)] == ["2", "3"]
        assert kept.get("2") == again and kept.get("1") is None
        with pytest.raises(InvalidInput, match="name"):
            kept.save(replace(ONE, name=""), AUTHOR)
        monkeypatch.setattr(saved_searches, "MOST", 2)
        kept.save(replace(again, id="5"), AUTHOR)
        with pytest.raises(InvalidInput, match="already"):
            kept.save(replace(ONE, id="6", name="Third"), AUTHOR)
        kept.forget(again, AUTHOR)
        kept.forget(replace(again, id="5"), AUTHOR)
        assert [one.id for one in kept.all()] == ["3", "4"]
        [gone, *_] = AuditLog(unit).newest(act="search.forget")
    assert gone.tenant_id == TENANT and gone.after["search"] == {"words": "small"}
