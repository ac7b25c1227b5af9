"""Every certificate that this installation lives by, and which of them come near their end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from lockgate.bootstrap.microsoft365 import identity_of
from lockgate.bootstrap.parts import Parts
from lockgate.model.errors import ConfigurationError

log = structlog.get_logger()
THRESHOLDS = (0, 1, 7, 14, 30)  # days before the end at which somebody is told


@dataclass(frozen=True, slots=True)
class Known:
    """A certificate in use, and what to do when it ends."""

    name: str
    certificate: x509.Certificate
    fix: str


@dataclass(frozen=True, slots=True)
class Expiring:
    """A certificate whose end is near. `threshold` is the smallest of `THRESHOLDS` that it has come to, in days."""

    name: str
    ends: datetime
    threshold: int
    fingerprint: str
    fix: str


def expiring(parts: Parts) -> list[Expiring]:
    """The certificates that somebody has to be told of."""
    now = parts.clock()
    found = []
    for one in in_use(parts):
        ends = one.certificate.not_valid_after_utc
        reached = next((days for days in THRESHOLDS if ends - now <= timedelta(days=days)), None)
        if reached is not None:
            fingerprint = one.certificate.fingerprint(SHA256()).hex()
            found.append(Expiring(one.name, ends, reached, fingerprint, one.fix))
    return found


def in_use(parts: Parts) -> Iterator[Known]:
    """The certificates that can be read; one that cannot is `lockgate doctor`'s business."""
    settings = parts.settings
    gateway = "Put a new one into its place; gateways take it up within a minute, without a restart."
    console = "Put a new one into its place; the console takes it up within a minute, without a restart."
    yield from _in_file("The gateway's certificate", settings.gateway.certificate, gateway)
    for name in settings.gateway.names:
        yield from _in_file(f"The gateway's certificate for {name.hostname}", name.certificate, gateway)
    yield from _in_file("The console's certificate", settings.console.certificate, console)
    links = "Put a new one into its place; the link service takes it up within a minute, without a restart."
    yield from _in_file("The link service's certificate", settings.click_time.certificate, links)
    try:
        identity = identity_of(parts)
    except ConfigurationError:
        return
    shared: dict[str, list[str]] = {}  # one certificate may serve several applications
    for one in identity.registrations():
        shared.setdefault(one.certificate, []).append(one.name)
    for certificate, names in shared.items():
        fix = "Without it Microsoft lets us in no more: make a new one on the page Certificates of the console."
        yield from _read(f"The certificate of {' and '.join(names)} at Microsoft", certificate.encode(), fix)


def _in_file(name: str, file: Path | None, fix: str) -> Iterator[Known]:
    if file is not None:
        try:
            content = file.read_bytes()
        except OSError as error:
            log.warning("a certificate cannot be read", name=name, cause=str(error))
            return
        yield from _read(name, content, fix)


def _read(name: str, content: bytes, fix: str) -> Iterator[Known]:
    try:
        yield Known(name, x509.load_pem_x509_certificate(content), fix)
    except ValueError as error:
        log.warning("a certificate cannot be read", name=name, cause=str(error))
