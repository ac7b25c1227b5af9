"""A web application served by uvicorn until a block ends; what console and link service have in common."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from lockgate.bootstrap.renewal import EVERY, following, for_web
from lockgate.model.errors import ConfigurationError

GOODBYE = 5  # seconds that running requests get when the role ends


class _Server(uvicorn.Server):
    """Signals are the role's own business (`stopping.py`)."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with nullcontext():
            yield


def web_config(
    app: Starlette, listen: str, port: int, certificate: Path | None, key: Path | None, proxies: Sequence[str] = ()
) -> uvicorn.Config:
    """How it is served; the client's address is believed of `proxies` only."""
    return uvicorn.Config(
        app,
        host=listen,
        port=port,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        lifespan="off",
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GOODBYE,
    )


@asynccontextmanager
async def serving_web(config: uvicorn.Config, name: str, every: float = EVERY) -> AsyncIterator[None]:
    """Serve while the block runs; raises ConfigurationError when the port is taken.

    A certificate that is replaced in its place is taken up.
    """
    server = _Server(config)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(_run(server, name))
        try:
            while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.02)
            async with AsyncExitStack() as stack:
                if config.is_ssl and not running.done():
                    await stack.enter_async_context(_renewing(config, every))
                yield
        finally:
            server.should_exit = True


def _renewing(config: uvicorn.Config, every: float) -> AbstractAsyncContextManager[None]:
    files = [Path(one) for one in (config.ssl_certfile, config.ssl_keyfile) if one]
    return following(files, for_web(config.ssl, *files), every)


async def _run(server: uvicorn.Server, name: str) -> None:
    try:
        await server.serve()
    except SystemExit as error:  # uvicorn's way to say that it cannot listen; the reason is in the log
        config = server.config
        raise ConfigurationError(f"The {name} cannot listen on {config.host}:{config.port}.") from error
