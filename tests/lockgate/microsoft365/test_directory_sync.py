"""The directory sync against the simulated Graph over HTTPS: first sync, deltas, what goes wrong on the way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from lockgate.microsoft365.directory_objects import as_group, as_user, latest, member_changes
from lockgate.microsoft365.directory_sync import DirectorySync
from lockgate.microsoft365.graph_client import GraphClient
from lockgate.model.clock import system_clock
from lockgate.model.directory import DirectoryGroup, DirectoryUser
from lockgate.model.envelope import Direction
from lockgate.model.errors import LockgateError, TemporaryError
from lockgate.model.policy import RecipientProfile
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
from tests.m365_simulator.simulation import GRAPH_SCOPE, Simulation
from tests.patience import PATIENCE

PERMISSIONS = ["User.Read.All", "GroupMember.Read.All", "Domain.Read.All", "Organization.Read.All"]
PEOPLE = f"/tenants/{CONTOSO}/users"
GROUPS = f"/tenants/{CONTOSO}/groups"
BULK = f"/tenants/{CONTOSO}/bulk"
TOM = "tom.becker@contoso.example"


@dataclass
class Directory:
    """The sync of one tenant, and the waits that its client asked for."""

    simulation: Simulation
    database: Database
    sync: DirectorySync
    waits: list[float]

    async def run(self) -> int:
        """Users and groups; how many objects Graph sent."""
        totals = {"users": 0, "groups": 0}
        await self.sync.users(lambda total: totals.update(users=total))
        await self.sync.groups(lambda total: totals.update(groups=total))
        return sum(totals.values())

    async def change(self, method: str, path: str, body: object = None) -> None:
        """Somebody changes the tenant."""
        await asyncio.to_thread(self.simulation.control, method, path, body)

    async def fault(self, match: str, kind: str, remaining: int = 1, **parameters: object) -> None:
        """Arm a fault of Graph."""
        fault = {"surface": "graph", "match": match, "kind": kind, "parameters": parameters, "remaining": remaining}
        await self.change("POST", "/faults", fault)

    async def expire(self) -> None:
        """Both delta links are too old, as after seven days."""
        gone = {"error": {"code": "syncStateNotFound", "message": "The sync state was not found. Start a new sync."}}
        await self.fault("*deltatoken*", "status", 2, status=410, body=gone)

    def users(self) -> dict[str, DirectoryUser]:
        """What we know, by sign-in name."""
        with self.database.read() as unit:
            return {user.user_principal_name: user for user in DirectoryStore(unit, CONTOSO).users()}

    def groups(self) -> dict[str, DirectoryGroup]:
        """What we know, by name."""
        with self.database.read() as unit:
            return {group.display_name: group for group in DirectoryStore(unit, CONTOSO).groups()}

    def members(self, group: str) -> set[str]:
        """Sign-in names of the people who are directly in a group."""
        people = {user.id: name for name, user in self.users().items()}
        return {people[one] for one in self.groups()[group].members if one in people}

    def profile(self, address: str) -> RecipientProfile:
        """As a gateway that starts now sees it."""
        return DirectoryCache(self.database).profile(CONTOSO, address)


@pytest.fixture
async def directory(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Directory]:
    application = simulation.register({"Microsoft Graph": PERMISSIONS})
    await asyncio.to_thread(simulation.consent, application)
    kept = await asyncio.to_thread(simulation.app_token, application, GRAPH_SCOPE)
    database = await asyncio.to_thread(open_database, f"sqlite:///{tmp_path / 'lockgate.db'}")
    _add_account(database, tmp_path)
    waits: list[float] = []

    async def token(fresh: bool) -> str:
        return await asyncio.to_thread(simulation.app_token, application, GRAPH_SCOPE) if fresh else kept

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async with httpx.AsyncClient(verify=simulation.tls, timeout=PATIENCE, trust_env=False) as http:
        graph = GraphClient(http, simulation.addresses["graph"], token, sleep)
        yield Directory(simulation, database, DirectorySync(graph, database, CONTOSO, system_clock), waits)
    database.close()


def _add_account(database: Database, folder: Path) -> None:
    now = system_clock()
    account = ServiceAccount(
        "a1", CONTOSO, "Contoso", AccountStatus.ACTIVE, {Direction.INBOUND: Protection.LIVE}, False, now, "tester"
    )
    with database.write() as unit:
        ServiceAccounts(unit, open_vault(folder / "vault.key")).add(account, Author("tester", now))


async def test_the_first_sync_knows_people_aliases_groups_and_domains(directory: Directory) -> None:
    await directory.change(
        "POST", PEOPLE, {"user_principal_name": "ada@contoso.example", "aliases": ["A.King@contoso.example"]}
    )
    await directory.run()
    organisation = await directory.sync.organisation()
    assert organisation.display_name == "Contoso"
    assert {"contoso.example", "gw.mail.contoso.example"} <= set(organisation.domains)
    assert directory.users()["ada@contoso.example"].addresses == ("ada@contoso.example", "a.king@contoso.example")
    profile = directory.profile("A.King@Contoso.example")
    assert profile.addresses == {"ada@contoso.example", "a.king@contoso.example"}
    kinds = {name: group.kind for name, group in directory.groups().items()}
    assert kinds["Finance"] == "mail-enabled-security"
    assert kinds["Engineering"] == "distribution"
    assert kinds["Project Alder"] == "microsoft365"
    assert kinds["Laptop users"] == "security"
    assert "margaret.holloway@contoso.example" in {
        address
        for person in DirectoryCache(directory.database).protected_identities(CONTOSO).people
        for address in person.addresses
    }


async def test_shared_mailboxes_and_rooms_are_known_and_never_sign_in(directory: Directory) -> None:
    await directory.change("POST", f"{GROUPS}/finance@contoso.example/members/info@contoso.example")
    await directory.run()
    shared, room = (directory.users()[f"{name}@contoso.example"] for name in ("info", "room.elm"))
    assert not shared.enabled and not room.enabled
    assert directory.groups()["Finance"].id in directory.profile("info@contoso.example").groups
    assert directory.profile("room.elm@contoso.example").addresses == {"room.elm@contoso.example"}


async def test_a_group_in_a_group_counts_for_its_members_and_a_circle_ends(directory: Directory) -> None:
    await directory.run()
    groups = {name: group.id for name, group in directory.groups().items()}
    assert directory.profile("robert.fenwick@contoso.example").groups == {groups["Finance"], groups["All staff"]}
    assert directory.profile("finance@contoso.example").groups == {groups["Finance"], groups["All staff"]}
    await directory.change("POST", f"{GROUPS}/finance@contoso.example/members/all.staff@contoso.example")
    await directory.run()
    everything = {groups["Finance"], groups["All staff"]}
    assert directory.profile("robert.fenwick@contoso.example").groups == everything
    assert everything <= directory.profile(TOM).groups, "finance holds all staff now, and so Tom"
    await directory.change("DELETE", f"{GROUPS}/all.staff@contoso.example/members/finance@contoso.example")
    await directory.run()
    assert directory.profile("robert.fenwick@contoso.example").groups == {groups["Finance"]}


async def test_a_second_sync_reads_only_what_changed(directory: Directory) -> None:
    first = await directory.run()
    assert await directory.run() == 0
    await directory.change("PATCH", f"/users/{TOM}", {"display_name": "Thomas Becker", "extra": {"jobTitle": "CFO"}})
    await directory.change("DELETE", "/users/lena.vogel@contoso.example")
    await directory.change("POST", PEOPLE, {"user_principal_name": "ada@contoso.example"})
    await directory.change("POST", f"{GROUPS}/finance@contoso.example/members/{TOM}")
    await directory.change("DELETE", f"{GROUPS}/finance@contoso.example/members/priya.raman@contoso.example")
    await directory.change("DELETE", f"{GROUPS}/alder@contoso.example")
    assert 0 < await directory.run() < first
    users = directory.users()
    assert (users[TOM].display_name, users[TOM].job_title) == ("Thomas Becker", "CFO")
    assert "ada@contoso.example" in users
    assert "lena.vogel@contoso.example" not in users
    assert directory.members("Finance") == {TOM, "robert.fenwick@contoso.example"}
    assert "Project Alder" not in directory.groups()
    assert directory.profile("lena.vogel@contoso.example").groups == frozenset()


async def test_a_gateway_that_runs_learns_of_a_change_and_is_left_alone_without_one(directory: Directory) -> None:
    await directory.run()
    cache = DirectoryCache(directory.database)
    await directory.run()
    assert not cache.refresh()
    await directory.change("POST", f"{GROUPS}/finance@contoso.example/members/{TOM}")
    await directory.run()
    assert cache.refresh()
    assert directory.groups()["Finance"].id in cache.profile(CONTOSO, TOM).groups


async def test_an_expired_link_leads_to_a_full_sync_that_forgets_what_is_gone(directory: Directory) -> None:
    first = await directory.run()
    await directory.change("DELETE", f"/users/{TOM}")
    await directory.change("DELETE", f"{GROUPS}/alder@contoso.example")
    await directory.change("DELETE", f"{GROUPS}/finance@contoso.example/members/priya.raman@contoso.example")
    await directory.expire()
    assert await directory.run() == first - 2, "all of it came again"
    assert TOM not in directory.users()
    assert "Project Alder" not in directory.groups()
    assert directory.members("Finance") == {"robert.fenwick@contoso.example"}
    assert await directory.run() == 0


async def test_a_sync_that_dies_keeps_what_was_known_and_the_next_one_completes_it(directory: Directory) -> None:
    await directory.run()
    known = directory.users()
    await directory.change("POST", BULK, {"users": 1500})
    await directory.expire()
    await directory.change("DELETE", f"/users/{TOM}")
    await directory.fault("*skiptoken*", "status", status=403)
    with pytest.raises(LockgateError):
        await directory.run()
    await directory.expire()
    assert known.keys() <= directory.users().keys(), "Tom too: nothing is forgotten before the end"
    # Somebody whom only the broken sync has seen leaves before the next one.
    await directory.change("DELETE", "/users/user000100@contoso.example")
    await directory.run()
    users = directory.users()
    assert TOM not in users
    assert "user000100@contoso.example" not in users
    assert len(users) == len(known) - 1 + 1500 - 1


async def test_the_very_first_sync_may_die_too(directory: Directory) -> None:
    await directory.change("POST", BULK, {"users": 1500})
    await directory.fault("*skiptoken*", "status", status=403)
    with pytest.raises(LockgateError):
        await directory.run()
    await directory.change("DELETE", f"/users/{TOM}")
    await directory.run()
    assert TOM not in directory.users()
    assert "user001400@contoso.example" in directory.users()


async def test_a_lost_page_link_begins_again_at_once(directory: Directory) -> None:
    await directory.change("POST", BULK, {"users": 1500})
    lost = {"error": {"code": "Directory_ExpiredPageToken", "message": "The specified page token value has expired."}}
    await directory.fault("*skiptoken*", "status", status=400, body=lost)
    await directory.run()
    assert "user001400@contoso.example" in directory.users()
    await directory.expire()
    await directory.fault("*skiptoken*", "status", remaining=-1, status=400, body=lost)
    with pytest.raises(TemporaryError):
        await directory.run()


async def test_a_large_group_that_comes_in_slices_keeps_name_and_members(directory: Directory) -> None:
    body = {"users": 2100, "groups": 1, "members_per_group": 2100}
    await directory.change("POST", BULK, body)
    await directory.run()
    group = next(one for name, one in directory.groups().items() if name.startswith("Group "))
    assert group.mail.startswith("group")
    assert group.kind == "distribution"
    assert len(group.members) == 2100


async def test_throttling_is_waited_for_as_asked_or_longer_and_longer(directory: Directory) -> None:
    await directory.fault("*users/delta*", "throttle", 2, retry_after=17)
    await directory.fault("*groups/delta*", "status", 3, status=429)
    await directory.run()
    assert directory.waits == [17.0, 17.0, 1.0, 2.0, 4.0]
    assert directory.groups()


async def test_graph_that_never_recovers_is_a_problem_that_may_pass(directory: Directory) -> None:
    await directory.run()
    known = directory.users()
    await directory.fault("*delta*", "status", -1, status=503)
    with pytest.raises(TemporaryError):
        await directory.run()
    assert directory.users() == known


def test_what_a_delta_does_not_say_stays_as_it_was() -> None:
    known = DirectoryUser(
        "1", "Ada", "ada@c.example", ("ada@c.example", "a@c.example"), False, "Member", "CFO", "Money"
    )
    assert as_user({"id": "1", "displayName": "Ada King"}, known) == DirectoryUser(
        "1", "Ada King", "ada@c.example", ("ada@c.example", "a@c.example"), False, "Member", "CFO", "Money"
    )
    assert as_user({"id": "1", "jobTitle": None, "accountEnabled": True}, known).job_title == ""
    assert as_user({"id": "1", "proxyAddresses": []}, known).addresses == ()
    group = DirectoryGroup("g", "Money", "money@c.example", "distribution", ())
    assert as_group({"id": "g", "members@delta": []}, group) == group


def test_the_last_entry_of_a_page_counts() -> None:
    removed = {"@removed": {"reason": "changed"}}
    alive, gone = latest([{"id": "1", "a": 1}, {"id": "2", **removed}, {"id": "1", "b": 2}, {"id": "2"}, {"id": "3"},
                          {"id": "3", **removed}])  # fmt: skip
    assert alive == {"1": {"id": "1", "a": 1, "b": 2}, "2": {"id": "2"}}
    assert gone == ["2", "3"]
    entries = [{"id": "g", "members@delta": [{"id": "m"}]}, {"id": "g", "members@delta": [{"id": "m", **removed}]}]
    assert member_changes(entries, {"g"}) == {("g", "m"): False}
