"""Web servers inside one event loop: each surface is a uvicorn server on a socket that is already bound.

uvicorn installs signal handlers of its own, which several servers in one process cannot share: here `serve`
listens for the signals and these servers only obey `stop`.
"""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from m365_simulator.fault_injection import TRANSPORT

SHUTDOWN_SECONDS = 3
ASIDE = range(20_000, 32_000)  # Linux gives ports from 32768 on to outgoing connections, which then are in the way


class _CuttableProtocol(H11Protocol):
    """Lets a fault cut the connection that a request came over."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        inner = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = with_transport


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cut connections that only wait for a next request: a TLS farewell would wait for the client's."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, H11Protocol) and (connection.cycle is None or connection.cycle.response_complete):
                connection.transport.abort()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def _log_started_message(self, listeners: object) -> None:
        """Said once for all surfaces by `serve`."""


class WebServer:
    """One surface. `run` returns after `stop`; `started` is set when it accepts connections."""

    def __init__(self, app: ASGIApp, bound: socket.socket, certificate: tuple[Path, Path] | None) -> None:
        config = uvicorn.Config(
            app,
            http=_CuttableProtocol,
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            ssl_certfile=str(certificate[0]) if certificate else None,
            ssl_keyfile=str(certificate[1]) if certificate else None,
        )
        self._bound = bound
        self._server = _Server(config)

    async def run(self) -> None:
        """Serve until told to stop."""
        await self._server.serve(sockets=[self._bound])

    async def wait_until_started(self) -> None:
        """Return once connections are accepted."""
        await self._server.listening.wait()

    def stop(self) -> None:
        """Finish what is being answered and end."""
        self._server.should_exit = True


def bind(host: str, port: int) -> socket.socket:
    """A listening address; port 0 takes a free one. asyncio sends at once only on sockets that name their protocol."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound


def free_port(host: str) -> int:
    """A port that was free a moment ago for both TCP and UDP."""
    while True:
        port = secrets.choice(ASIDE)
        try:
            with bind(host, port), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
                datagram.bind((host, port))
                return port
        except OSError:
            continue
