"""The audit log on both databases: found by who, what and when, and by words of what was before and after."""

from datetime import timedelta

from lockgate.storage.audit import AuditEntry, AuditFilter, AuditLog
from lockgate.storage.unit_of_work import Database
from tests.contracts.records import NOW, TENANT

MINUTE = timedelta(minutes=1)
ENTRIES = (
    AuditEntry(NOW, "ada", "policy.save", "policy-1", TENANT, before={"rules": [{"name": "Phishing", "at": 0.9}]},
               after={"rules": [{"name": "Größere Anhänge 請求書", "on": True}]}),
    AuditEntry(NOW + MINUTE, "Ada Lovelace", "policy.save-draft", "policy-1", TENANT, "192.0.2.1"),
    AuditEntry(NOW + 2 * MINUTE, "system", "quarantine.release", "held-7", "other", after={"to": "o'neil@x.example"}),
)  # fmt: skip


def test_entries_are_found_by_every_field_and_by_words_in_any_depth(database: Database) -> None:
    with database.write() as unit:
        for one in ENTRIES:
            AuditLog(unit).record(one)

    def found(wanted: AuditFilter) -> list[int]:
        with database.read() as unit:
            return [one.number for one in AuditLog(unit).search(wanted)]

    assert found(AuditFilter()) == [3, 2, 1]
    assert found(AuditFilter(act="policy.save")) == [1] and found(AuditFilter(act="policy.")) == [2, 1]
    assert found(AuditFilter(actor="ADA")) == [2, 1] and found(AuditFilter(actor="100%")) == []
    assert found(AuditFilter(since=NOW + MINUTE, until=NOW + 2 * MINUTE)) == [2]
    assert found(AuditFilter(tenant_id="other")) == found(AuditFilter(scope=frozenset({"other"}))) == [3]
    for words, numbers in (
        ("phishing", [1]), ("GRÖSSERE anhä", [1]), ("請求書", [1]), ("0 9 name", [1]), ("o'neil held", [3]),
        ("policy 1", [2, 1]), ("release", [3]), ("hishing", []), ("true", []), ("-", []), ("' | 'zz", []),
    ):  # fmt: skip
        assert found(AuditFilter(words=words)) == numbers, words
    with database.read() as unit:
        [last] = AuditLog(unit).search(AuditFilter(), before=2)
        assert last.before == ENTRIES[0].before and last.after == ENTRIES[0].after


def test_a_document_of_any_length_is_kept_and_found_by_its_first_words(database: Database) -> None:
    long = {f"name {number}": "x" * 5_000 + f" word{number}" for number in range(4_000)}
    with database.write() as unit:
        AuditLog(unit).record(AuditEntry(NOW, "ada", "settings.save", "s", after=long))
        assert len(AuditLog(unit).search(AuditFilter(words="word7"))) == 1
        assert AuditLog(unit).search(AuditFilter(words="word3999")) == []
