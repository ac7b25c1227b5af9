"""`lockgate bench gateway`: the real mail path with one fixed tenant, on the loopback, for public load tools."""

import datetime
import ipaddress
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lockgate.bootstrap.load_test import LoadTest, run_load_test_gateway
from lockgate.model.clock import system_clock
from lockgate.model.errors import ConfigurationError
from lockgate.smtp.tls import Identity

bench_app = typer.Typer(help="Load tests.", no_args_is_help=True)


class Inspect(StrEnum):
    """What happens between the first byte and the relay."""

    FULL = "full"
    NONE = "none"


@bench_app.callback()
def _bench() -> None:
    """Load tests."""


@bench_app.command()
def gateway(
    listen: Annotated[str, typer.Option(help="Loopback address and port to listen on.")] = "127.0.0.1:2525",
    next_hop: Annotated[str, typer.Option(help="Where everything is relayed to.")] = "127.0.0.1:2526",
    inspect: Annotated[Inspect, typer.Option(help="Full inspection or none.")] = Inspect.FULL,
    workers: Annotated[int, typer.Option(help="Gateway processes on the one port.")] = 1,
    tls: Annotated[bool, typer.Option("--tls", help="Offer STARTTLS with a certificate made on the spot.")] = False,
    directory: Annotated[Path | None, typer.Option(help="Keep the database here; default: a temporary folder.")] = None,
) -> None:
    """Serve until SIGTERM or SIGINT."""
    host, port = _loopback(listen)
    hop_host, hop_port = _loopback(next_hop)
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
    with nullcontext(directory) if directory else tempfile.TemporaryDirectory(prefix="lockgate-bench-") as folder:
        identity = make_identity(Path(folder)) if tls else None
        load = LoadTest(host, port, hop_host, hop_port, inspect is Inspect.FULL, identity, workers > 1, Path(folder))
        siblings = [_sibling() for _ in range(workers - 1)] if "LOCKGATE_BENCH_SIBLING" not in os.environ else []
        try:
            uvloop.run(run_load_test_gateway(load))
        finally:
            for sibling in siblings:
                sibling.send_signal(signal.SIGTERM)
                sibling.wait()


def _sibling() -> subprocess.Popen[bytes]:
    """One more process with the same arguments on the same port."""
    environment = {**os.environ, "LOCKGATE_BENCH_SIBLING": "1"}
    return subprocess.Popen([sys.executable, "-m", "lockgate.commands", *sys.argv[1:]], env=environment)


def _loopback(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    try:
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError
        return host, int(port)
    except ValueError as error:
        raise ConfigurationError(
            f"{text}: a load test runs on the loopback only; give it as 127.0.0.1:PORT."
        ) from error


def make_identity(folder: Path) -> Identity:
    """A certificate for one day that signs itself: enough to measure TLS, proof of nothing."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "load-test.invalid")])
    now = system_clock()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    identity = Identity(folder / "certificate.pem", folder / "key.pem")
    identity.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    identity.key.touch(mode=0o600)
    identity.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return identity
