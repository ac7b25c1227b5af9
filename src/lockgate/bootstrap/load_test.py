"""The gateway of `lockgate bench gateway`: the real mail path on the loopback, one fixed tenant, a real ledger."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from lockgate.bootstrap.mail_path import MailPath, examination, serving
from lockgate.bootstrap.stopping import until_told_to_stop
from lockgate.gateway.load_test import TENANT, LoadTestDirectory, LoadTestDoor, LoadTestPolicies, Uninspected
from lockgate.gateway.pipeline import Examines
from lockgate.lookups.next_hops import FixedNextHop
from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.policy.defaults import default_policies
from lockgate.settings import GatewaySettings
from lockgate.smtp.delivery import NextHop, TlsUse
from lockgate.smtp.listener import Listener
from lockgate.smtp.pool import Pool, PoolLimits
from lockgate.smtp.tls import Identity, server_context
from lockgate.storage.blobs import open_blobs
from lockgate.storage.engine import open_database
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.senders import SenderHistories


@dataclass(frozen=True, slots=True)
class LoadTest:
    """What `lockgate bench gateway` was asked for; `folder` takes its database, blobs and certificate."""

    host: str
    port: int
    next_hop_host: str
    next_hop_port: int
    inspect: bool
    identity: Identity | None
    shared_port: bool
    folder: Path


@asynccontextmanager
async def load_test_gateway(load: LoadTest) -> AsyncIterator[Listener]:
    """The real mail path with one fixed tenant and a real ledger, on the loopback."""
    settings = GatewaySettings(listen=load.host, port=load.port, hostname="load-test.invalid", maximum_connections=2000)
    database = open_database(f"sqlite:///{load.folder / 'lockgate.db'}")
    ledger = StoredLedger(database, open_blobs(str(load.folder / "blobs")), system_clock)
    policies = LoadTestPolicies(default_policies(TENANT.id, Direction.INBOUND).policies)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(ledger.close)
        pool = await stack.enter_async_context(Pool(settings.hostname, None, PoolLimits()))
        examines: Examines = Uninspected()
        if load.inspect:
            senders = SenderHistories(database)
            examines = await stack.enter_async_context(examination(settings, policies, LoadTestDirectory(), senders))
        hop = FixedNextHop(NextHop(load.next_hop_host, load.next_hop_port, TlsUse.OFF))
        path = MailPath(LoadTestDoor(), examines, ledger, hop, pool, system_clock)
        tls = server_context(load.identity, None) if load.identity else None
        yield await stack.enter_async_context(serving(settings, path, tls, shared_port=load.shared_port))


async def run_load_test_gateway(load: LoadTest) -> None:
    """Serve until told to stop."""
    async with load_test_gateway(load):
        import gc

        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 20, 50)
        await until_told_to_stop()
