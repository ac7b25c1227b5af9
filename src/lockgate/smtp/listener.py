"""Accepts SMTP connections and lets one conversation run on each.

The rule: beyond a limit a client hears 421, never silence; stopping lets running transactions finish.
"""

import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from .service import SmtpService


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """Seconds and counts. `hostname` is what the greeting and EHLO reply say."""

    hostname: str
    tls: ssl.SSLContext | None = None
    tls_required: bool = False
    max_size: int = 157_286_400
    max_recipients: int = 1000
    max_connections: int = 1000
    max_connections_per_peer: int = 200
    command_timeout: float = 300.0
    content_timeout: float = 180.0
    shutdown_deadline: float = 30.0


class Listener:
    """A running listener; `addresses` are the bound (host, port) pairs."""

    addresses: tuple[tuple[str, int], ...] = ()


def bind(host: str, port: int, *, reuse_port: bool = False, backlog: int = 1024) -> socket.socket:
    """A listening TCP socket; `reuse_port` lets several processes share one port (SO_REUSEPORT)."""
    raise NotImplementedError


@asynccontextmanager
async def listening(
    service: SmtpService, settings: ListenerSettings, sockets: Sequence[socket.socket]
) -> AsyncIterator[Listener]:
    """Serve on `sockets` while the block runs; leaving it stops gracefully within `shutdown_deadline`."""
    raise NotImplementedError(service, settings, sockets)
    yield Listener()
