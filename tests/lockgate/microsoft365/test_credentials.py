"""A new certificate for our applications comes into use once Microsoft takes it everywhere, and not a moment before."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from lockgate.microsoft365.credentials import NOT_UPLOADED, Credentials, new_credential, newer
from lockgate.microsoft365.identity import Identity, Registration
from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.notification import NotificationKind
from lockgate.model.service_account import AccountStatus, ConsentStep, ServiceAccount
from lockgate.model.tenant import Protection
from lockgate.storage.app_credentials import AppCredentials
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.engine import open_database
from lockgate.storage.notifications import Notifications
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import Vault, open_vault
from m365_simulator.seed import CONTOSO
from tests.lockgate.microsoft365.test_access_check import STEPS, Organisation, contoso
from tests.m365_simulator.conftest import running, simulation

__all__ = ["contoso", "running", "simulation"]
NOW = system_clock()
AUTHOR = Author("ada", NOW)


@dataclass
class Office:
    """Who renews, with a database of its own."""

    database: Database
    vault: Vault

    def credentials(self, organisation: Organisation) -> Credentials:
        """Over the organisation's identity, with the certificate that counts."""

        def certified(configured: Registration) -> Registration:
            with self.database.read() as unit:
                return newer(configured, AppCredentials(unit, self.vault).in_use())

        bare = organisation.access.identity
        identity = Identity(bare.cloud, {step: bare.registration(step) for step in STEPS}, certified)
        organisation.access = replace(organisation.access, identity=identity)
        return Credentials(identity, self.database, self.vault, system_clock)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    database = open_database(f"sqlite:///{tmp_path / 'office.db'}")
    vault = open_vault(tmp_path / "vault.key")
    account = ServiceAccount(
        "a1", CONTOSO, "Contoso", AccountStatus.ACTIVE, {Direction.INBOUND: Protection.LIVE}, False, NOW, "ada",
        consents=dict.fromkeys(STEPS, NOW),
    )  # fmt: skip
    with database.write() as unit:
        ServiceAccounts(unit, vault).add(account, AUTHOR)
    yield Office(database, vault)
    database.close()


async def test_both_are_good_until_every_application_has_the_new_one(contoso: Organisation, office: Office) -> None:
    credentials, old = office.credentials(contoso), contoso.simulation.credential.certificate_pem
    assert credentials.check() == "", "nothing waits"
    made = credentials.renew(AUTHOR)
    assert await asyncio.to_thread(credentials.check) == ""
    waits = credentials.waiting()
    assert waits is not None and waits.refusals == {"Lockgate": NOT_UPLOADED, "Lockgate Directory": NOT_UPLOADED}
    assert await contoso.trouble() is None, "the old one is in use"

    contoso.upload(ConsentStep.MAIL_FLOW, old, made.certificate)
    assert await asyncio.to_thread(credentials.check) == ""
    waits = credentials.waiting()
    assert waits is not None and waits.refusals == {"Lockgate Directory": NOT_UPLOADED}
    assert await contoso.trouble() is None

    contoso.upload(ConsentStep.DIRECTORY, old, made.certificate)
    assert made.thumbprint in await asyncio.to_thread(credentials.check)
    assert credentials.waiting() is None
    for step in STEPS:  # the person takes the old one away
        contoso.upload(step, made.certificate)
    assert await contoso.trouble() is None
    with office.database.read() as unit:
        assert [one.notification.kind for one in Notifications(unit).newest()] == [NotificationKind.CERTIFICATE_RENEWED]
        acts = [(one.act, one.actor) for one in AuditLog(unit).newest() if one.act.startswith("certificate.")]
    assert acts == [("certificate.switch", "system"), ("certificate.renew", "ada")]
    with office.database.read() as unit:
        stored = unit.connection.exec_driver_sql("SELECT key FROM app_credentials").scalar_one()
    assert "PRIVATE KEY" in made.key and "PRIVATE KEY" not in stored, "sealed at rest"


async def test_an_organisation_that_is_gone_says_nothing_about_a_certificate(
    contoso: Organisation, office: Office
) -> None:
    credentials = office.credentials(contoso)
    credentials.renew(AUTHOR)
    contoso.simulation.control("DELETE", f"/tenants/{CONTOSO}")
    assert await asyncio.to_thread(credentials.check) == ""
    waits = credentials.waiting()
    assert waits is not None and "knows no such organisation" in waits.refusals["Lockgate"]
    credentials.discard(AUTHOR)
    with pytest.raises(InvalidInput):
        credentials.discard(AUTHOR)


def test_the_certificate_that_was_issued_last_counts() -> None:
    first, second = new_credential(NOW - timedelta(days=2)), new_credential(NOW)
    from_file = Registration("Lockgate", "id", second.certificate, second.key)
    assert newer(from_file, first) is from_file
    older_file = replace(from_file, certificate=first.certificate, key=first.key)
    assert newer(older_file, second).key == second.key
    assert newer(older_file, None) is older_file
    assert len(second.thumbprint) == 40
