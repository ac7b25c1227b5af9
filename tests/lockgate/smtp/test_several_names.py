"""A listener with several names shows the certificate that is asked for, over real TLS."""

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from lockgate.smtp.tls import Identity, server_context


def identity(authority: trustme.CA, folder: Path, name: str) -> Identity:
    made = Identity(folder / f"{name}.pem", folder / f"{name}.key")
    leaf = authority.issue_cert(name, common_name=name)
    made.certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    leaf.private_key_pem.write_to_path(str(made.key))
    return made


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("gw.fabrikam.example", "gw.fabrikam.example"), ("GW.Fabrikam.example", "gw.fabrikam.example"),
        ("gw.contoso.example", "gw.contoso.example"), ("gw.nobody.example", "gw.contoso.example"),
        (None, "gw.contoso.example"),
    ],
)  # fmt: skip
async def test_the_certificate_of_the_name_that_was_asked_for_is_shown(
    tmp_path: Path, asked: str | None, shown: str
) -> None:
    authority = trustme.CA()
    first, second = (identity(authority, tmp_path, f"gw.{one}.example") for one in ("contoso", "fabrikam"))
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = server_context(first, tmp_path / "authority.pem", {"gw.fabrikam.example": second})

    def quiet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(quiet, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        client = ssl.create_default_context(cafile=str(tmp_path / "authority.pem"))
        client.check_hostname = False
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=asked or "")
        names = writer.get_extra_info("peercert")["subjectAltName"]
        writer.close()
    assert names == (("DNS", shown),)
