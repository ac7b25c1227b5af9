"""What the rules of a plan do to real messages: who is routed, what comes back where, and that no secret stays."""

import asyncio
import base64
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lockgate.microsoft365.wanted import Wanted
from lockgate.model.envelope import Direction
from lockgate.model.headers import JUNK, RETURN
from tests.lockgate.microsoft365.conftest import Tenant
from tests.lockgate.microsoft365.test_plan_and_apply import LIVE, applied
from tests.m365_simulator.simulation import Simulation

HOST = "gw.mail.contoso.example"
TOM = "tom.becker@contoso.example"
HERE = replace(LIVE, source_addresses=("127.0.0.1",))
SECRETS = HERE.secrets


def mail(sender: str, *lines: str) -> bytes:
    fields = [*lines, f"From: {sender}", f"To: {TOM}", "Subject: Order", "Date: Tue, 24 Nov 2026 04:00:00 +0000",
              "Message-ID: <order-1@no-policy.example>"]  # fmt: skip
    return "\r\n".join([*fields, "", "Two crates, please.", ""]).encode()


async def until(look: Callable[[], list[dict[str, object]]]) -> list[dict[str, object]]:
    async with asyncio.timeout(60):
        while not (found := await asyncio.to_thread(look)):  # noqa: ASYNC110 - another process is looked at
            await asyncio.sleep(0.1)
    return found


def come_back(simulation: Simulation, folder: Path, content: bytes) -> None:
    """Hand a message to the tenant's host as the gateway does: over TLS with its certificate."""
    issued = simulation.control("POST", "/certificates", {"names": [HOST]}).json()
    (folder / "pair.pem").write_text(issued["certificate_pem"] + issued["key_pem"])
    context = ssl.create_default_context(cafile=simulation.addresses["ca"])
    context.check_hostname = False  # it is reached by address
    context.load_cert_chain(folder / "pair.pem")
    host, _, port = simulation.addresses["mx"].rpartition(":")
    with smtplib.SMTP(host, int(port), local_hostname=HOST, timeout=60) as connection:
        connection.starttls(context=context)
        connection.sendmail("nora@no-policy.example", [TOM], content)


async def in_service(tenant: Tenant, wanted: Wanted = HERE) -> Callable[[str], list[dict[str, object]]]:
    """Rules live; the way to look into Tom's folders."""
    await applied(tenant, wanted)

    def folder(name: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = tenant.simulation.control("GET", f"/mailboxes/{TOM}?folder={name}").json()
        return found

    return folder


@pytest.mark.parametrize(
    ("line", "where"),
    [("", "inbox"), (f"{JUNK}: {SECRETS.junk}", "junkemail")],
    ids=["inbox", "junk"],  # not the secret, which is another one each time
)
async def test_returned_mail_is_delivered_without_our_secrets(
    tenant: Tenant, tmp_path: Path, line: str, where: str
) -> None:
    folder = await in_service(tenant)
    lines = [f"{RETURN[Direction.INBOUND]}: {SECRETS.returns[Direction.INBOUND][0]}", *([line] if line else [])]
    content = mail("Nora <nora@no-policy.example>", *lines)
    await asyncio.to_thread(come_back, tenant.simulation, tmp_path, content)
    [stored] = await until(lambda: folder(where))
    received = str(stored)
    raw = base64.b64decode(str(stored.get("content_base64", ""))).decode() or received
    assert "Two crates, please." in raw
    for secret in (SECRETS.returns[Direction.INBOUND][0], SECRETS.junk):
        assert secret not in raw and secret not in received


async def routed(tenant: Tenant, sender: str, content: bytes) -> None:
    """A stranger's message that was handed to the inbound connector."""
    encoded = base64.b64encode(content).decode()
    tenant.simulation.control(
        "POST", "/internet", {"mail_from": sender, "recipients": [TOM], "content_base64": encoded}
    )
    events = await until(lambda: tenant.simulation.control("GET", "/hops?event=ROUTE").json())
    assert "Lockgate inbound: to the gateway" in str(events)


@pytest.mark.parametrize("reading", ["NotInOrganization", "InOrganization"])
@pytest.mark.parametrize("sender", ["nora@no-policy.example", "margaret.holloway@contoso.example"])
async def test_strangers_are_routed_also_in_the_name_of_an_own_domain(
    tenant: Tenant, reading: str, sender: str
) -> None:
    tenant.simulation.control("POST", "/switches", {"unauthenticated_own_domain": reading})
    folder = await in_service(tenant)
    await routed(tenant, sender, mail(f"M <{sender}>"))
    assert not folder("inbox")


async def test_a_stranger_with_forged_headers_is_routed(tenant: Tenant) -> None:
    await in_service(tenant)
    forged = (f"{RETURN[Direction.INBOUND]}: guessed", "X-MS-Exchange-Organization-AuthAs: Internal")
    await routed(tenant, "nora@no-policy.example", mail("Nora <nora@no-policy.example>", *forged))
