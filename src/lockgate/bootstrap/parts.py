"""What every role is built on: settings, database, blobs, vault, clock; opened once per process."""

import ssl
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lockgate.lookups.next_hops import NextHopDirectory, resolver
from lockgate.model.clock import Clock, system_clock
from lockgate.model.errors import ConfigurationError
from lockgate.settings import GatewaySettings, Settings
from lockgate.smtp.pool import Pool, PoolLimits
from lockgate.smtp.tls import Identity, client_context
from lockgate.storage.blobs import Blobs, open_blobs
from lockgate.storage.engine import open_database
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import Vault, open_vault


@dataclass(frozen=True, slots=True)
class Parts:
    """The ground under every role."""

    settings: Settings
    database: Database
    blobs: Blobs
    vault: Vault
    clock: Clock


def new_id() -> str:
    """An id that sorts nowhere and repeats never."""
    return uuid.uuid4().hex


@contextmanager
def open_parts(settings: Settings) -> Iterator[Parts]:
    """Open everything, bring the schema up to date; raises ConfigurationError with a sentence."""
    folder = settings.data_directory
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = open_database(database_url(settings))
    try:
        blobs = open_blobs(settings.blob_url or str(folder / "blobs"))
        yield Parts(settings, database, blobs, open_vault(folder / "vault.key"), system_clock)
    finally:
        database.close()


def database_url(settings: Settings) -> str:
    """Where the product's own tables live."""
    return settings.database_url or f"sqlite:///{(settings.data_directory / 'lockgate.db').absolute()}"


def identity(settings: GatewaySettings) -> Identity:
    """Our certificate; raises ConfigurationError when there is none."""
    if settings.certificate is None or settings.key is None:
        raise ConfigurationError(
            "The gateway needs a certificate: set gateway.certificate and gateway.key to PEM files. "
            "Its name must lie inside one of the tenant's accepted domains."
        )
    return _checked(Identity(settings.certificate, settings.key))


def further_identities(settings: GatewaySettings) -> dict[str, Identity]:
    """The certificates of the gateway's further names; raises ConfigurationError when one cannot be used."""
    return {one.hostname.lower(): _checked(Identity(one.certificate, one.key)) for one in settings.names}


def _checked(found: Identity) -> Identity:
    for file in (found.certificate, found.key):
        if not Path(file).is_file():
            raise ConfigurationError(f"The gateway's certificate cannot be used: {file} is not there.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(found.certificate, found.key)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ConfigurationError(
            f"The gateway's certificate cannot be used: {found.certificate} with {found.key}: {error}"
        ) from error
    return found


def next_hop_pool(settings: GatewaySettings) -> Pool:
    """Persistent TLS connections to next hops; use it as an async context manager."""
    context = client_context(identity(settings), settings.peer_ca)
    limits = PoolLimits(connections_per_next_hop=settings.next_hop_connections)
    return Pool(settings.hostname, context, limits, further_contexts(settings))


def further_contexts(settings: GatewaySettings) -> dict[str, ssl.SSLContext]:
    """What next hops see of us under each further name; raises ConfigurationError."""
    return {name: client_context(one, settings.peer_ca) for name, one in further_identities(settings).items()}


def next_hops(settings: Settings) -> NextHopDirectory:
    """Next hops by name, asked of the configured nameservers."""
    return NextHopDirectory(resolver(settings.nameservers), settings.gateway.next_hop_port, time.monotonic)
