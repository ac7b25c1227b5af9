"""A certificate replaced on the disk: who talks goes on, who comes next sees the new one, nonsense changes nothing."""

import asyncio
import re
import smtplib
import subprocess
from pathlib import Path

import httpx
import pytest
import trustme
from cryptography import x509
from fastapi import FastAPI

from lockgate.bootstrap.renewal import for_listener, renewing
from lockgate.bootstrap.web_server import serving_web, web_config
from lockgate.settings import GatewaySettings
from lockgate.smtp.tls import client_context
from tests.lockgate.smtp.rough_server import Manners, rough_server
from tests.patience import PATIENCE
from tests.scenarios.front_door import GATEWAY, FrontDoor, open_front_door
from tests.scenarios.test_refusals import ANN, OF_CONTOSO, ROUTE_IN, TOM, mail
from tools.ports import free_port

pytestmark = pytest.mark.scenario
EVERY = 0.05  # seconds
SMTP = ("-starttls", "smtp")


def serial_of(port: int, *how: str) -> int:
    """What OpenSSL's own client is shown, behind STARTTLS if `how` says so."""
    command = ["openssl", "s_client", *how, "-connect", f"127.0.0.1:{port}", "-servername", GATEWAY]
    shown = subprocess.run(command, input=b"QUIT\r\n", capture_output=True, timeout=PATIENCE, check=False).stdout
    pem = re.search(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", shown, re.DOTALL)
    assert pem is not None, shown
    return x509.load_pem_x509_certificate(pem.group()).serial_number


def serial_in(file: Path) -> int:
    return x509.load_pem_x509_certificate(file.read_bytes()).serial_number


def begin(door: FrontDoor) -> smtplib.SMTP:
    """Exchange's connection, in the middle of a transaction."""
    client = smtplib.SMTP(timeout=PATIENCE)
    client._host = GATEWAY  # type: ignore[attr-defined] # the name that the certificate must carry
    client.connect("127.0.0.1", door.port)
    client.ehlo("exchange.test")
    client.starttls(context=client_context(door.certificates.exchange, door.certificates.bundle))
    client.ehlo("exchange.test")
    assert client.mail(ANN)[0] == 250 and client.rcpt(TOM)[0] == 250
    return client


async def until_shown(door: FrontDoor, serial: int) -> None:
    async with asyncio.timeout(60):
        while await asyncio.to_thread(serial_of, door.port, *SMTP) != serial:  # noqa: ASYNC110 - files tell nobody
            await asyncio.sleep(EVERY)


async def test_a_new_certificate_is_taken_up_between_two_lines_of_a_message(tmp_path: Path) -> None:
    async with open_front_door(tmp_path) as door:
        mine = door.certificates.gateway
        bundle = door.certificates.bundle
        settings = GatewaySettings(hostname=GATEWAY, certificate=mine.certificate, key=mine.key, peer_ca=bundle)
        take_up = for_listener(door.listener, door.pool, settings, bundle)
        manners = Manners(tls=door.certificates.next_hop_context)
        async with rough_server(manners) as port, renewing(settings, take_up, EVERY):
            door.use(port)
            old = serial_in(mine.certificate)
            client = await asyncio.to_thread(begin, door)
            new = trustme.CA().issue_cert(GATEWAY, common_name=GATEWAY)

            mine.certificate.write_bytes(b"".join(one.bytes() for one in new.cert_chain_pems))
            await asyncio.sleep(6 * EVERY)
            assert await asyncio.to_thread(serial_of, door.port, *SMTP) == old, "the key does not fit yet"
            new.private_key_pem.write_to_path(str(mine.key))
            await until_shown(door, serial_in(mine.certificate))

            code, _ = await asyncio.to_thread(client.data, mail(OF_CONTOSO, ROUTE_IN))
            assert code == 250 and manners.contents[-1].endswith(mail(OF_CONTOSO) + b".\r\n")
            await asyncio.to_thread(client.quit)

            (tmp_path / "rubbish.pem").write_text("no certificate")
            (tmp_path / "rubbish.pem").replace(mine.certificate)
            await asyncio.sleep(6 * EVERY)
            assert await asyncio.to_thread(serial_of, door.port, *SMTP) != old


def written(folder: Path) -> tuple[Path, Path]:
    """A new pair in the console's place."""
    pair = trustme.CA().issue_cert(GATEWAY, common_name=GATEWAY)
    certificate, key = folder / "console.pem", folder / "console.key"
    pair.private_key_pem.write_to_path(str(key))
    certificate.write_bytes(b"".join(one.bytes() for one in pair.cert_chain_pems))
    return certificate, key


async def test_the_console_takes_up_a_new_certificate_while_a_request_is_under_way(tmp_path: Path) -> None:
    (certificate, key), port, go_on = written(tmp_path), free_port(), asyncio.Event()
    app = FastAPI()

    @app.get("/slow")
    async def slow() -> str:
        await go_on.wait()
        return "answered"

    config = web_config(app, "127.0.0.1", port, certificate, key)
    async with serving_web(config, "console", EVERY), httpx.AsyncClient(verify=False, timeout=PATIENCE) as http:  # noqa: S501 - the certificate is what is looked at
        async with asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(http.get(f"https://127.0.0.1:{port}/slow"))
            old = await asyncio.to_thread(serial_of, port)
            certificate.write_text("no certificate")
            await asyncio.sleep(6 * EVERY)
            assert await asyncio.to_thread(serial_of, port) == old, "nonsense changes nothing"
            written(tmp_path)
            async with asyncio.timeout(60):
                while await asyncio.to_thread(serial_of, port) == old:  # noqa: ASYNC110 - files tell nobody
                    await asyncio.sleep(EVERY)
            go_on.set()
        assert asked.result().json() == "answered"
