"""Contacts and dynamic groups come through Exchange, and are targets of policies after one sync."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lockgate.microsoft365.exchange_recipients import ExchangeRecipients
from lockgate.model.clock import system_clock
from lockgate.model.directory import DirectoryUser
from lockgate.model.envelope import Direction
from lockgate.model.policy import Targets
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.model.tenant import Protection
from lockgate.policy.targets import matches
from lockgate.storage.audit import Author
from lockgate.storage.changes import Topic, counters
from lockgate.storage.directory import DeltaLink, DirectoryStore
from lockgate.storage.directory_cache import DirectoryCache
from lockgate.storage.engine import open_database
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import open_vault
from m365_simulator.seed import CONTOSO
from tests.lockgate.microsoft365.conftest import Tenant

ROOM = "room.elm@contoso.example"
NOW = system_clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'lockgate.db'}")
    account = ServiceAccount(
        "a1", CONTOSO, "Contoso", AccountStatus.ACTIVE, {Direction.INBOUND: Protection.LIVE}, False, NOW, "tester"
    )
    with opened.write() as unit:
        ServiceAccounts(unit, open_vault(tmp_path / "vault.key")).add(account, Author("tester", NOW))
    yield opened
    opened.close()


def put(tenant: Tenant, noun: str, name: str, **values: object) -> None:
    body = {"Identity": name, "Name": name, "DisplayName": name, "Guid": f"{name}-guid", **values}
    tenant.simulation.control("PUT", f"/tenants/{CONTOSO}/exchange/{noun}/{name}", body)


def changes(database: Database) -> int:
    with database.read() as unit:
        return counters(unit).get(Topic.DIRECTORY.value, 0)


async def test_contacts_and_dynamic_groups_are_targets_after_one_sync(tenant: Tenant, database: Database) -> None:
    put(
        tenant, "MailContact", "Partner", PrimarySmtpAddress="Partner@contoso.example",
        EmailAddresses=["SMTP:Partner@contoso.example", "smtp:p@contoso.example", "X500:/o=x"],
        ExternalEmailAddress="SMTP:office@partner.example",
    )  # fmt: skip
    put(
        tenant, "DynamicDistributionGroup", "Rooms", PrimarySmtpAddress="Rooms@contoso.example",
        RecipientFilter="RecipientTypeDetails -eq 'RoomMailbox'",
    )  # fmt: skip
    room = next(
        one for one in tenant.simulation.world.tenants[CONTOSO].users.values() if one.user_principal_name == ROOM
    )
    with database.write() as unit:  # what the sync with Graph has written
        DirectoryStore(unit, CONTOSO).put_users([DirectoryUser(room.id, "Elm", ROOM, (ROOM,))], 1)
    sync = ExchangeRecipients(tenant.exchange, database, CONTOSO)
    assert await sync.read() == "1 contacts, 1 dynamic groups"

    profile = DirectoryCache(database).profile
    assert matches(Targets(users=("office@partner.example",)), profile(CONTOSO, "p@contoso.example"))
    assert matches(Targets(groups=("rooms-guid",)), profile(CONTOSO, ROOM))
    assert matches(Targets(groups=("rooms-guid",)), profile(CONTOSO, "rooms@contoso.example"))

    before = changes(database)
    assert await sync.read() == "1 contacts, 1 dynamic groups"
    assert changes(database) == before, "nothing is different: no gateway loads anything"
    with database.write() as unit:  # a full sync with Graph knows nothing of them
        store = DirectoryStore(unit, CONTOSO)
        for kind in ("users", "groups"):
            store.end_full(kind, DeltaLink("next", 7, NOW))
        assert [one.display_name for one in store.users()] == ["Partner"]
        assert [(one.display_name, len(one.members)) for one in store.groups()] == [("Rooms", 1)]

    tenant.simulation.control("DELETE", f"/tenants/{CONTOSO}/exchange/MailContact/Partner")
    tenant.simulation.control("DELETE", f"/tenants/{CONTOSO}/exchange/DynamicDistributionGroup/Rooms")
    assert await sync.read() == "0 contacts, 0 dynamic groups"
    assert not matches(Targets(groups=("rooms-guid",)), DirectoryCache(database).profile(CONTOSO, ROOM))


async def test_who_may_not_see_recipients_keeps_what_was_known(tenant: Tenant, database: Database) -> None:
    put(tenant, "MailContact", "Partner", PrimarySmtpAddress="partner@contoso.example")
    sync = ExchangeRecipients(tenant.exchange, database, CONTOSO)
    await sync.read()
    tenant.fault("empty-403", "*Get-MailContact*", remaining=2)  # once more with a fresh token
    assert (await sync.read()).startswith("not read")
    with database.read() as unit:
        assert [one.display_name for one in DirectoryStore(unit, CONTOSO).users()] == ["Partner"]
