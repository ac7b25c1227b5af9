"""Delta queries for users and groups, through changes, expiry and replays."""

from typing import Any

from m365_simulator.world import DirectoryChange, Group, User

from .conftest import EVERYTHING, Graph, graph_token


def group_named(graph: Graph, name: str) -> Group:
    return next(group for group in graph.tenant.groups.values() if group.display_name == name)


def user_named(graph: Graph, name: str) -> User:
    return next(user for user in graph.tenant.users.values() if user.display_name == name)


async def whole(graph: Graph, path: str, **headers: str) -> tuple[list[dict[str, Any]], str]:
    pages, last = await graph.pages(path, **headers)
    assert "@odata.deltaLink" in last
    return [item for page in pages for item in page], last["@odata.deltaLink"]


async def test_everything_once_then_only_changes(graph: Graph) -> None:
    found, link = await whole(graph, "/users/delta?$select=displayName,accountEnabled", Prefer="odata.maxpagesize=4")
    assert {item["id"] for item in found} == set(graph.tenant.users)
    assert found[0].keys() == {"id", "displayName", "accountEnabled"}
    nothing, link = await whole(graph, link)
    assert nothing == []
    tom = user_named(graph, "Tom Becker")
    tom.display_name = "Tom B."
    graph.tenant.changes += [DirectoryChange("user", tom.id)] * 3
    changed, newer = await whole(graph, link)
    assert changed == [{"id": tom.id, "displayName": "Tom B.", "accountEnabled": True}]
    assert (await whole(graph, link))[0] == changed
    assert (await whole(graph, newer))[0] == []


async def test_changes_during_the_first_round_come_in_the_next(graph: Graph) -> None:
    first = await graph.get("/users/delta", Prefer="odata.maxpagesize=3")
    tom = user_named(graph, "Tom Becker")
    graph.tenant.changes.append(DirectoryChange("user", tom.id))
    _, link = await whole(graph, first["@odata.nextLink"], Prefer="odata.maxpagesize=3")
    assert [item["id"] for item in (await whole(graph, link))[0]] == [tom.id]


async def test_deleted_users_and_groups(graph: Graph) -> None:
    _, users = await whole(graph, "/users/delta")
    _, groups = await whole(graph, "/groups/delta")
    tom, group = user_named(graph, "Tom Becker"), group_named(graph, "Engineering")
    del graph.tenant.users[tom.id], graph.tenant.groups[group.id]
    graph.tenant.changes += [DirectoryChange("user", tom.id, True), DirectoryChange("group", group.id, True)]
    assert (await whole(graph, users))[0] == [{"id": tom.id, "@removed": {"reason": "changed"}}]
    assert (await whole(graph, groups))[0] == [{"id": group.id, "@removed": {"reason": "deleted"}}]


async def test_members_that_came_and_went(graph: Graph) -> None:
    group = group_named(graph, "Engineering")
    found, link = await whole(graph, "/groups/delta?$select=displayName,members")
    first = next(item for item in found if item["id"] == group.id)
    assert [member["id"] for member in first["members@delta"]] == group.members
    gone, tom = group.members.pop(0), user_named(graph, "Tom Becker").id
    group.members.append(tom)
    graph.tenant.changes.append(DirectoryChange("group", group.id))
    (changed,), newer = await whole(graph, link)
    assert changed["members@delta"] == [
        {"@odata.type": "#microsoft.graph.user", "id": tom},
        {"@odata.type": "#microsoft.graph.user", "id": gone, "@removed": {"reason": "deleted"}},
    ]
    assert (await whole(graph, newer))[0] == []
    (replayed,), _ = await whole(graph, link)
    assert replayed == changed


async def test_a_large_group_comes_in_several_entries(graph: Graph) -> None:
    group = group_named(graph, "Engineering")
    group.members = [f"m{number}" for number in range(2500)]
    found, _ = await whole(graph, "/groups/delta?$select=displayName,members")
    parts = [item for item in found if item["id"] == group.id]
    assert [len(part["members@delta"]) for part in parts] == [1000, 1000, 500]
    assert [member["id"] for part in parts for member in part["members@delta"]] == group.members


async def test_tokens_live_seven_days(graph: Graph) -> None:
    _, link = await whole(graph, "/users/delta?$select=displayName")
    graph.world.clock.offset_seconds += 6 * 86400
    graph.token = graph_token(graph.world, EVERYTHING)
    assert (await whole(graph, link))[0] == []
    graph.world.clock.offset_seconds += 2 * 86400
    graph.token = graph_token(graph.world, EVERYTHING)
    answer = await graph.send("GET", link)
    assert answer.status_code == 410
    again, _ = await whole(graph, answer.headers["location"])
    assert len(again) == len(graph.tenant.users)


async def test_latest_starts_from_now(graph: Graph) -> None:
    found, link = await whole(graph, "/users/delta?$deltatoken=latest&$select=mail")
    assert found == []
    tom = user_named(graph, "Tom Becker")
    graph.tenant.changes.append(DirectoryChange("user", tom.id))
    assert (await whole(graph, link))[0] == [{"id": tom.id, "mail": tom.mail}]


async def test_refused_options_and_tokens(graph: Graph) -> None:
    assert (await graph.send("GET", "/users/delta?$top=5")).status_code == 400
    assert (await graph.send("GET", "/users/delta?$filter=displayName eq 'x'")).status_code == 400
    assert (await graph.send("GET", "/users/delta?$deltatoken=nonsense")).status_code == 400
    tom = user_named(graph, "Tom Becker")
    found, _ = await whole(graph, f"/users/delta?$filter=id eq '{tom.id}'")
    assert [item["id"] for item in found] == [tom.id]
