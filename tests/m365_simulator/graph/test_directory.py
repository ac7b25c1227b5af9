"""Users, groups, members: selection, filters, pages, permissions, counts."""

from collections.abc import Callable

import pytest

from m365_simulator import seed
from m365_simulator.world import DirectoryChange, Group, User

from .conftest import Graph


async def test_users_page_through_the_whole_directory(graph: Graph) -> None:
    pages, _ = await graph.pages("/users?$top=4&$select=userPrincipalName")
    assert all(len(page) <= 4 for page in pages)
    assert pages[0][0].keys() == {"id", "userPrincipalName"}
    found = [user["id"] for page in pages for user in page]
    assert found == list(graph.tenant.users)


async def test_a_link_may_be_followed_twice_and_dies_with_a_reset(graph: Graph) -> None:
    link = (await graph.get("/users?$top=3"))["@odata.nextLink"]
    assert (await graph.get(link))["value"] == (await graph.get(link))["value"]
    for hook in graph.world.reset_hooks:
        hook()
    assert await graph.error("GET", link) == (400, "Directory_ExpiredPageToken")


async def test_a_user_by_id_and_by_name(graph: Graph) -> None:
    by_name = await graph.get("/users/tom.becker@contoso.example?$select=id,mail,proxyAddresses,department")
    assert by_name["proxyAddresses"] == ["SMTP:tom.becker@contoso.example"]
    assert by_name["department"] == "Sales"
    by_id = await graph.get(f"/users/{by_name['id']}")
    assert by_id["jobTitle"] == "Sales representative"
    assert "proxyAddresses" not in by_id
    assert await graph.error("GET", "/users/nobody@contoso.example") == (404, "Request_ResourceNotFound")
    assert await graph.error("GET", "/users?$select=shoeSize") == (400, "BadRequest")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("userPrincipalName eq 'Tom.Becker@contoso.example'", ["Tom Becker"]),
        ("mail eq 'info@contoso.example'", ["Contoso Information"]),
        ("accountEnabled eq false and department eq 'Sales'", ["Noah Whitfield"]),
        ("startswith(displayName,'L') or displayName eq 'Tom Becker'", ["Tom Becker", "Lena Vogel"]),
        ("proxyAddresses/any(x:x eq 'smtp:ceo@contoso.example')", ["Margaret Holloway"]),
        ("department in ('Legal','Design')", ["Yuki Tanaka", "Björn Håkansson"]),
    ],
)
async def test_filters(graph: Graph, written: str, found: list[str]) -> None:
    answer = await graph.send("GET", f"/users?$filter={written}")
    assert [user["displayName"] for user in answer.json()["value"]] == found


async def test_advanced_filters_want_eventual_consistency(graph: Graph) -> None:
    path = "/users?$filter=endswith(mail,'contoso.example')&$count=true&$top=1"
    assert await graph.error("GET", path) == (400, "Request_UnsupportedQuery")
    answer = await graph.get(path, ConsistencyLevel="eventual")
    assert answer["@odata.count"] == sum(user.mail.endswith("contoso.example") for user in graph.tenant.users.values())
    assert await graph.error("GET", "/users?$filter=mail like 'x'") == (400, "BadRequest")


async def test_members_and_transitive_members(graph: Graph) -> None:
    staff = next(group.id for group in graph.tenant.groups.values() if group.display_name == "All staff")
    direct = await graph.get(f"/groups/{staff}/members?$select=id,displayName")
    kinds = [member["@odata.type"] for member in direct["value"]]
    assert kinds.count("#microsoft.graph.group") == 2
    pages, _ = await graph.pages(f"/groups/{staff}/transitiveMembers?$top=3&$select=displayName")
    names = [member["displayName"] for page in pages for member in page]
    assert len(names) == len(set(names)) == 11
    assert {"Finance", "Priya Raman", "Lena Vogel"} <= set(names)
    only_users = await graph.get(f"/groups/{staff}/transitiveMembers/microsoft.graph.user")
    assert len(only_users["value"]) == 9
    assert (await graph.send("GET", "/groups/nothing/members")).status_code == 404


async def test_circular_groups_end(graph: Graph) -> None:
    first = Group("first", members=["g2"], id="g1")
    second = Group("second", members=["g1"], id="g2")
    graph.tenant.groups.update({"g1": first, "g2": second})
    found = await graph.get("/groups/g1/transitiveMembers")
    assert {member["id"] for member in found["value"]} == {"g1", "g2"}


async def test_group_kinds(graph: Graph) -> None:
    groups = {item["displayName"]: item for item in (await graph.get("/groups"))["value"]}
    assert groups["Project Alder"]["groupTypes"] == ["Unified"]
    assert (groups["Finance"]["mailEnabled"], groups["Finance"]["securityEnabled"]) == (True, True)
    assert (groups["Laptop users"]["mailEnabled"], groups["Laptop users"]["mail"]) == (False, None)


@pytest.mark.parametrize(
    ("path", "roles", "status"),
    [
        ("/users", ("User.ReadBasic.All",), 200),
        ("/users", ("Group.Read.All",), 403),
        ("/users/delta", ("User.ReadBasic.All",), 403),
        ("/groups", ("GroupMember.Read.All",), 200),
        ("/groups/delta", ("Directory.Read.All",), 200),
        ("/domains", ("User.Read.All",), 403),
        ("/organization", ("User.Read.All",), 200),
        ("/servicePrincipals", ("User.Read.All",), 403),
        ("/roleManagement/directory/roleAssignments", ("RoleManagement.Read.Directory",), 200),
        ("/users", (), 403),
    ],
)
async def test_permissions(
    graph: Graph, with_roles: Callable[..., None], path: str, roles: tuple[str, ...], status: int
) -> None:
    with_roles(*roles)
    answer = await graph.send("GET", path)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["code"] == "Authorization_RequestDenied"


async def test_basic_reader_sees_basic_profiles(graph: Graph, with_roles: Callable[..., None]) -> None:
    with_roles("User.ReadBasic.All")
    user = (await graph.get("/users?$top=1"))["value"][0]
    assert user.keys() == {"displayName", "givenName", "surname", "mail", "userPrincipalName", "id"}


async def test_tokens_for_another_resource_or_none(graph: Graph, with_roles: Callable[..., None]) -> None:
    with_roles("User.Read.All", aud="https://outlook.office365.com")
    assert await graph.error("GET", "/users") == (401, "InvalidAuthenticationToken")
    graph.token = ""
    assert await graph.error("GET", "/users") == (401, "InvalidAuthenticationToken")


async def test_delegated_me(graph: Graph, with_roles: Callable[..., None]) -> None:
    admin = seed.fixed_id("admin@contoso.example")
    with_roles(upn="admin@contoso.example", oid=admin, scp="openid profile User.Read")
    assert (await graph.get("/me"))["userPrincipalName"] == "admin@contoso.example"
    assert await graph.error("GET", "/users") == (403, "Authorization_RequestDenied")


async def test_domains_and_organization(graph: Graph) -> None:
    domains = (await graph.get("/domains"))["value"]
    assert [item["id"] for item in domains if item["isDefault"]] == ["contoso.example"]
    assert "Email" in domains[0]["supportedServices"]
    (organization,) = (await graph.get("/organization"))["value"]
    assert organization["id"] == seed.CONTOSO
    assert {"contoso.example", "contoso.onmicrosoft.com"} <= {d["name"] for d in organization["verifiedDomains"]}


async def test_unknown_paths_answer_in_graphs_words(graph: Graph) -> None:
    assert await graph.error("GET", "/teapots") == (404, "BadRequest")


async def test_a_page_of_a_huge_directory_costs_only_the_page(graph: Graph) -> None:
    tenant = graph.tenant
    for number in range(50_000):
        user = User(f"u{number}@contoso.example", f"U {number}", f"u{number}@contoso.example", id=f"id{number:06d}")
        tenant.users[user.id] = user
    tenant.changes.append(DirectoryChange("user", "id000000"))
    answer = await graph.get("/users?$top=999&$select=id")
    seen = len(answer["value"])
    while "@odata.nextLink" in answer:
        answer = await graph.get(answer["@odata.nextLink"])
        seen += len(answer["value"])
    assert seen == len(tenant.users)
