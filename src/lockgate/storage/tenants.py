"""The protected tenants in memory, as the mail path asks for them."""

from dataclasses import dataclass

from sqlalchemy import select

from lockgate.model.envelope import Direction
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.model.tenant import AcceptedDomain, Passage, Protection, Tenant
from lockgate.model.tenant_care import TLS_RULE
from lockgate.model.tenant_secrets import TenantSecrets
from lockgate.storage.changes import Topic
from lockgate.storage.schema.tenants import service_accounts
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.snapshots import Snapshot
from lockgate.storage.unit_of_work import Database, Unit
from lockgate.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class _Known:
    by_id: dict[str, Tenant]
    exact: frozenset[str]
    with_subdomains: tuple[AcceptedDomain, ...]


class TenantCache:
    """Implements `gateway.ports.Tenants`: answers from memory, kept fresh by `snapshots.keep_fresh`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._snapshot = Snapshot(database, Topic.TENANTS, lambda unit: _load(unit, vault))

    def by_id(self, tenant_id: str) -> Tenant | None:
        """See `gateway.ports.Tenants`."""
        return self._snapshot.value.by_id.get(tenant_id)

    def any_accepts(self, domain: str) -> bool:
        """See `gateway.ports.Tenants`."""
        known = self._snapshot.value
        return domain.lower() in known.exact or any(one.covers(domain) for one in known.with_subdomains)

    def refresh(self) -> bool:
        """Load anew when a tenant was changed; whether one was. Call from a thread."""
        return self._snapshot.refresh()


def _load(unit: Unit, vault: Vault) -> _Known:
    tenants = [
        as_tenant(account, secrets)
        for account, secrets in ServiceAccounts(unit, vault).with_secrets()
        if account.tenant_id and account.status is not AccountStatus.REVOKED
    ]
    domains = [domain for tenant in tenants for domain in tenant.domains]
    return _Known(
        {tenant.id: tenant for tenant in tenants},
        frozenset(domain.name for domain in domains),
        tuple(domain for domain in domains if domain.match_subdomains),
    )


def as_tenant(account: ServiceAccount, secrets: TenantSecrets) -> Tenant:
    """The account as the mail path sees it: only directions that have secrets are passages."""
    passages = tuple(
        _passage(direction, protection, secrets)
        for direction, protection in account.directions.items()
        if direction in secrets.route
    )
    tls_rule = account.tls_rule_seen and all(one.name != TLS_RULE for one in account.deviations)
    return Tenant(
        account.tenant_id, account.id, account.tenant_name, account.domains, account.next_hop, passages,
        account.gateway_host, can_require_tls=tls_rule, retention=account.retention,
    )  # fmt: skip


def _passage(direction: Direction, protection: Protection, secrets: TenantSecrets) -> Passage:
    junk = secrets.junk if direction is Direction.INBOUND else ""
    return Passage(direction, protection, secrets.route[direction], secrets.returns[direction], junk)


def accepted_domains(unit: Unit, tenant_id: str) -> tuple[AcceptedDomain, ...]:
    """The domains of an organisation, as far as they are known."""
    documents = unit.connection.execute(select(service_accounts.c.document)).scalars()
    return next((one.domains for one in documents if one.tenant_id == tenant_id), ())
