"""Measures the first sync of a large directory, a sync of few changes, and what the gateway loads from it.

    python tools/measure_directory_sync.py [USERS [GROUPS]]

Starts the simulated tenant as a program of its own, fills it, and runs the product's DirectorySync over HTTPS against a
new SQLite database. Memory is this process's, which holds nothing but the product. docs/performance.md has the figures.
"""

import asyncio
import json
import resource
import ssl
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from lockgate.microsoft365.directory_sync import DirectorySync
from lockgate.microsoft365.graph_client import GraphClient
from lockgate.model.clock import system_clock
from lockgate.model.envelope import Direction
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.model.tenant import Protection
from lockgate.storage.audit import Author
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.directory_cache import DirectoryCache
from lockgate.storage.engine import open_database
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import open_vault
from m365_simulator.seed import CONTOSO
from m365_simulator.settings import Settings
from m365_simulator.world import World
from tests.m365_simulator.simulation import GRAPH_SCOPE, Simulation, new_credential
from tools.demo.processes import program, until

USERS, GROUPS, MEMBERS = 200_000, 20_000, 20
CHANGES = 100
PERMISSIONS = ["User.Read.All", "GroupMember.Read.All", "Domain.Read.All", "Organization.Read.All"]


@dataclass(slots=True)
class Stopwatch:
    """Prints what each part took, in seconds and in MiB of peak memory."""

    peak: float

    def tell(self, what: str, began: float) -> None:
        """One line; `began` is a reading of time.monotonic()."""
        now = peak_memory()
        print(f"{what:<40} {time.monotonic() - began:8.1f} s   peak memory +{now - self.peak:.0f} MiB", flush=True)
        self.peak = now


def peak_memory() -> float:
    """The most that this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: list[str]) -> None:
    """Run everything in a directory that goes away afterwards."""
    users, groups = (int(arguments[0]) if arguments else USERS), (int(arguments[1]) if arguments[1:] else GROUPS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = ["m365-simulator", "serve", "--directory", name, "--free-ports"]
        with program("simulator", command, folder, {}):
            file = folder / "addresses.json"
            addresses = until("The simulator's start", lambda: _read(file), seconds=60, log=folder / "simulator.log")
            tls = ssl.create_default_context(cafile=str(folder / "ca.pem"))
            with httpx.Client(verify=tls, timeout=600, trust_env=False) as http:
                simulation = Simulation(World(), Settings(folder), addresses, tls, http, new_credential())
                measure(simulation, folder, users, groups)


def _read(file: Path) -> dict[str, str] | None:
    return {key: str(value) for key, value in json.loads(file.read_text()).items()} if file.exists() else None


def measure(simulation: Simulation, folder: Path, users: int, groups: int) -> None:
    """Fill the tenant, sync it, change it, sync again, load what a gateway keeps of it."""
    application = simulation.register({"Microsoft Graph": PERMISSIONS})
    simulation.consent(application)
    bulk = {"users": users, "groups": groups, "members_per_group": MEMBERS}
    print(simulation.control("POST", f"/tenants/{CONTOSO}/bulk", bulk).json(), flush=True)
    database = open_database(f"sqlite:///{folder / 'lockgate.db'}")
    _add_account(database, folder)
    watch = Stopwatch(peak_memory())

    async def token(fresh: bool) -> str:
        del fresh
        return await asyncio.to_thread(simulation.app_token, application, GRAPH_SCOPE)

    async def sync(what: str) -> None:
        began = time.monotonic()
        async with httpx.AsyncClient(verify=simulation.tls, timeout=60, trust_env=False) as http:
            kept = await token(False)

            async def same(fresh: bool) -> str:
                return await token(True) if fresh else kept

            graph = GraphClient(http, simulation.addresses["graph"], same, asyncio.sleep)
            directory = DirectorySync(graph, database, CONTOSO, system_clock)
            await directory.users(lambda _: None)
            watch.tell(f"{what}, users", began)
            began = time.monotonic()
            await directory.groups(lambda _: None)
            watch.tell(f"{what}, groups", began)

    asyncio.run(sync("first sync"))
    with database.read() as unit:
        print(DirectoryStore(unit, CONTOSO).counts(0), flush=True)
    _change(simulation)
    asyncio.run(sync(f"{CHANGES} changes"))
    began = time.monotonic()
    cache = DirectoryCache(database)
    watch.tell("gateway loads the directory", began)
    if groups:
        some = cache.profile(CONTOSO, "user000100@contoso.example")
        print(f"user000100 is in {len(some.groups)} groups", flush=True)


def _add_account(database: Database, folder: Path) -> None:
    now = system_clock()
    account = ServiceAccount(
        "a1", CONTOSO, "Contoso", AccountStatus.ACTIVE, {Direction.INBOUND: Protection.LIVE}, False, now, "measurement"
    )
    with database.write() as unit:
        ServiceAccounts(unit, open_vault(folder / "vault.key")).add(account, Author("measurement", now))


def _change(simulation: Simulation) -> None:
    """Half of the changes rename people, half take people into a group."""
    for number in range(100, 100 + CHANGES // 2):
        address = f"user{number:06d}@contoso.example"
        simulation.control("PATCH", f"/users/{address}", {"display_name": f"Renamed {number}"})
        group = f"/tenants/{CONTOSO}/groups/group{number:05d}@contoso.example"
        simulation.control("POST", f"{group}/members/tom.becker@contoso.example")


if __name__ == "__main__":
    main(sys.argv[1:])
