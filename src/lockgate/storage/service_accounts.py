"""Service accounts and their sealed secrets; what changes here reaches the gateways within a second.

Rule: an account is changed by a function of its present state inside one unit, so that two who change it at once both
succeed and neither loses what the other wrote.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import TypeAdapter
from sqlalchemy import Row, insert, select, update

from lockgate.model.errors import InvalidInput
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tenant_secrets import TenantSecrets
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.changes import Topic, bump
from lockgate.storage.schema.tenants import service_accounts
from lockgate.storage.unit_of_work import Unit
from lockgate.storage.vault import Vault

SECRETS: TypeAdapter[TenantSecrets] = TypeAdapter(TenantSecrets)


@dataclass(frozen=True, slots=True)
class ServiceAccounts:
    """The accounts, in one unit of work."""

    unit: Unit
    vault: Vault

    def all(self) -> list[ServiceAccount]:
        """Every account, oldest first."""
        rows = self.unit.connection.execute(select(service_accounts.c.document))
        return sorted((row.document for row in rows), key=lambda account: (account.created_at, account.id))

    def get(self, account_id: str) -> ServiceAccount:
        """The account; raises InvalidInput when there is none."""
        document: ServiceAccount = self._row(account_id).document
        return document

    def secrets(self, account_id: str) -> TenantSecrets:
        """The account's secrets; raises InvalidInput when there is no account."""
        return self._unsealed(account_id, self._row(account_id).secrets)

    def with_secrets(self) -> list[tuple[ServiceAccount, TenantSecrets]]:
        """Every account with its secrets."""
        rows = self.unit.connection.execute(select(service_accounts))
        return [(row.document, self._unsealed(row.id, row.secrets)) for row in rows]

    def add(self, account: ServiceAccount, author: Author) -> None:
        """Store a new account without secrets."""
        self.unit.connection.execute(
            insert(service_accounts).values(
                id=account.id, tenant_id=account.tenant_id, status=account.status.value, document=account,
                secrets=self._sealed(account.id, TenantSecrets()), revision=1,
            )
        )  # fmt: skip
        self._changed("account.add", account, author)

    def change(
        self,
        account_id: str,
        how: Callable[[ServiceAccount], ServiceAccount],
        author: Author | None = None,
        act: str = "",
    ) -> ServiceAccount:
        """Apply `how` to the account as it is now; an `author` makes it an entry of the audit log."""
        row = self._row(account_id, lock=True)
        changed = how(row.document)
        self.unit.connection.execute(
            update(service_accounts)
            .where(service_accounts.c.id == account_id)
            .values(
                tenant_id=changed.tenant_id, status=changed.status.value, document=changed, revision=row.revision + 1
            )
        )
        self._changed(act, changed, author)
        return changed

    def change_secrets(self, account_id: str, how: Callable[[TenantSecrets], TenantSecrets]) -> TenantSecrets:
        """Apply `how` to the account's secrets."""
        changed = how(self._unsealed(account_id, self._row(account_id, lock=True).secrets))
        self.unit.connection.execute(
            update(service_accounts)
            .where(service_accounts.c.id == account_id)
            .values(secrets=self._sealed(account_id, changed))
        )
        bump(self.unit, Topic.TENANTS)
        return changed

    def _row(self, account_id: str, *, lock: bool = False) -> Row[tuple[object, ...]]:
        query = select(service_accounts).where(service_accounts.c.id == account_id)
        row = self.unit.connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise InvalidInput("This service account does not exist any more.")
        return row

    def _changed(self, act: str, account: ServiceAccount, author: Author | None) -> None:
        bump(self.unit, Topic.TENANTS)
        if author is not None:
            after = {"status": account.status.value}
            entry = AuditEntry(author.at, author.name, act, account.id, account.tenant_id, author.peer, {}, after)
            AuditLog(self.unit).record(entry)

    def _sealed(self, account_id: str, secrets: TenantSecrets) -> str:
        return self.vault.seal(SECRETS.dump_json(secrets).decode(), f"service-account/{account_id}")

    def _unsealed(self, account_id: str, sealed: str) -> TenantSecrets:
        return SECRETS.validate_json(self.vault.unseal(sealed, f"service-account/{account_id}"))
