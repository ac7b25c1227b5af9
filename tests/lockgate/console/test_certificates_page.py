"""A new certificate is made and taken away by administrators; its private key never leaves."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from lockgate.console.parts import ConsoleParts, ShownCertificate
from lockgate.microsoft365 import clouds
from lockgate.microsoft365.credentials import Credentials, new_credential
from lockgate.microsoft365.identity import Identity, Registration
from lockgate.model.clock import system_clock
from lockgate.model.service_account import ConsentStep
from lockgate.storage.users import Role
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console


def with_credentials(parts: ConsoleParts) -> ConsoleParts:
    old = new_credential(system_clock())
    registration = Registration("Lockgate", "client-1", old.certificate, old.key)
    identity = Identity(clouds.named("global"), {ConsentStep.MAIL_FLOW: registration})
    shown = (ShownCertificate("The gateway's certificate", "AB12", system_clock(), "Put a new one into its place."),)
    credentials = Credentials(identity, parts.database, parts.vault, parts.clock)
    return replace(parts, credentials=credentials, certificates=lambda: shown)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running_console(tmp_path_factory.mktemp("certificates"), with_credentials) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        yield running


def test_a_new_certificate_is_made_downloaded_tried_and_given_up(console: Console) -> None:
    with console.client(VIEWER) as viewer:
        assert viewer.get("/certificates").status_code == 403
        assert console.post(viewer, "/certificates/renew").status_code == 403
    with console.client(ADMIN) as client:
        assert "AB12" in client.get("/certificates").text
        assert client.get("/certificates/new.pem").status_code == 404
        assert console.post(client, "/certificates/renew").status_code == 303
        assert "not tried yet" in client.get("/certificates").text
        file = client.get("/certificates/new.pem").text
        assert "BEGIN CERTIFICATE" in file and "PRIVATE" not in file
        assert console.post(client, "/certificates/check").status_code == 303
        assert "no organisation has granted access yet" in client.get("/certificates").text
        assert console.post(client, "/certificates/discard").status_code == 303
        assert "Make a new certificate" in client.get("/certificates").text
