"""The organisations' own data loss rules: kept as text in the settings documents, in memory as rules."""

import structlog

from lockgate.detection.data_loss.own_rules import own_rules
from lockgate.model.data_loss import DataLossRules
from lockgate.model.errors import InvalidInput
from lockgate.storage.audit import Author
from lockgate.storage.settings_store import SettingsCache, SettingsStore, SettingsVersion
from lockgate.storage.unit_of_work import Database

log = structlog.get_logger()
TEXT = "text"  # the key of the document that holds the rules


def document_name(tenant_id: str) -> str:
    """The settings document of an organisation's rules."""
    return f"data-loss:{tenant_id}"


class OwnDataLossRules:
    """Implements `gateway.ports.DataLoss`; `refresh` keeps it fresh."""

    def __init__(self, database: Database) -> None:
        self._documents = SettingsCache(database)
        self._read: dict[str, DataLossRules] = {}

    def rules(self, tenant_id: str) -> DataLossRules | None:
        """See `gateway.ports.DataLoss`. Rules that cannot be read any more are logged; those before them stand."""
        saved = self._documents.get(document_name(tenant_id))
        before = self._read.get(tenant_id)
        if saved is None or (before is not None and before.version == saved.version):
            return before
        try:
            self._read[tenant_id] = own_rules(str(saved.document[TEXT]), saved.version)
        except InvalidInput as error:
            log.error("data loss rules cannot be read", tenant=tenant_id, version=saved.version, cause=str(error))
        return self._read.get(tenant_id)

    def refresh(self) -> bool:
        """Load anew what was changed. Call from a thread."""
        return self._documents.refresh()


def save_rules(database: Database, tenant_id: str, text: str, author: Author, *, seen: int) -> SettingsVersion:
    """Keep a new version. Raises InvalidInput for rules of no use, and when somebody else has saved since `seen`."""
    own_rules(text, seen + 1)
    with database.write() as unit:
        return SettingsStore(unit).save(document_name(tenant_id), {TEXT: text}, author, seen=seen)


def saved_rules(database: Database, tenant_id: str) -> tuple[str, int]:
    """Text and version of an organisation's rules; empty and 0 when it has none."""
    with database.read() as unit:
        saved = SettingsStore(unit).get(document_name(tenant_id))
    return (str(saved.document[TEXT]), saved.version) if saved else ("", 0)
