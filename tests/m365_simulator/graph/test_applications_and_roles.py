"""Service principals, app role assignments, directory roles, batches and throttling."""

from collections.abc import Callable
from datetime import timedelta

from m365_simulator.identity.directory_roles import EXCHANGE_ADMINISTRATOR
from m365_simulator.identity.permissions import GRAPH

from .conftest import APP_ID, EVERYTHING, OBJECT_ID, Graph, graph_token

DIRECTORY = "/roleManagement/directory"
MAIL_READ = "810c84a8-4a9e-49e6-bf7d-12d183f40d01"


async def test_service_principals_and_resources(graph: Graph) -> None:
    own = await graph.get(f"/servicePrincipals?$filter=appId eq '{APP_ID}'")
    assert [item["id"] for item in own["value"]] == [OBJECT_ID]
    resource = await graph.get(f"/servicePrincipals(appId='{GRAPH}')?$select=appRoles,displayName")
    assert resource["displayName"] == "Microsoft Graph"
    roles = {role["value"]: role["id"] for role in resource["appRoles"]}
    assert roles["Mail.Read"] == MAIL_READ


async def test_app_role_assignments(graph: Graph, with_roles: Callable[..., None]) -> None:
    resource = (await graph.get(f"/servicePrincipals?$filter=appId eq '{GRAPH}'"))["value"][0]["id"]
    path = f"/servicePrincipals/{OBJECT_ID}/appRoleAssignments"
    body = {"principalId": OBJECT_ID, "resourceId": resource, "appRoleId": MAIL_READ}
    made = await graph.send("POST", path, body)
    assert made.status_code == 201
    assert graph.tenant.service_principals[OBJECT_ID].granted == {GRAPH: {MAIL_READ}}
    assert (await graph.get(path))["value"] == [made.json()]
    assert await graph.error("POST", path, body) == (400, "Request_BadRequest")
    assert (await graph.send("DELETE", f"{path}/{made.json()['id']}")).status_code == 204
    assert (await graph.get(path))["value"] == []
    with_roles("AppRoleAssignment.ReadWrite.All")
    assert await graph.error("POST", path, body) == (403, "Authorization_RequestDenied")


async def test_role_assignment_is_made_once(graph: Graph) -> None:
    body = {"roleDefinitionId": EXCHANGE_ADMINISTRATOR, "principalId": OBJECT_ID, "directoryScopeId": "/"}
    made = await graph.send("POST", f"{DIRECTORY}/roleAssignments", body)
    assert made.status_code == 201
    assert (await graph.error("POST", f"{DIRECTORY}/roleAssignments", body))[0] == 400
    found = await graph.get(f"{DIRECTORY}/roleAssignments?$filter=principalId eq '{OBJECT_ID}'")
    assert [item["roleDefinitionId"] for item in found["value"]] == [EXCHANGE_ADMINISTRATOR]
    assert (await graph.send("DELETE", f"{DIRECTORY}/roleAssignments/{made.json()['id']}")).status_code == 204
    stranger = {**body, "principalId": "nobody"}
    assert (await graph.error("POST", f"{DIRECTORY}/roleAssignments", stranger))[0] == 404


async def test_scheduled_assignment_lapses(graph: Graph) -> None:
    body = {
        "action": "adminAssign",
        "roleDefinitionId": EXCHANGE_ADMINISTRATOR,
        "principalId": OBJECT_ID,
        "directoryScopeId": "/",
        "justification": "mail gateway",
        "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "PT8H"}},
    }
    path = f"{DIRECTORY}/roleAssignmentScheduleRequests"
    made = await graph.send("POST", path, body)
    assert (made.status_code, made.json()["status"]) == (201, "Provisioned")
    assert await graph.error("POST", path, body) == (400, "RoleAssignmentExists")
    assert (await graph.error("POST", path, {**body, "action": "selfActivate"}))[0] == 400
    instances = f"{DIRECTORY}/roleAssignmentScheduleInstances?$filter=principalId eq '{OBJECT_ID}'"
    assert (await graph.get(instances))["value"][0]["endDateTime"]
    graph.world.clock.offset_seconds += timedelta(hours=9).total_seconds()
    graph.token = graph_token(graph.world, EVERYTHING)
    assert (await graph.get(instances))["value"] == []


async def test_batch(graph: Graph) -> None:
    requests = [
        {"id": "1", "method": "GET", "url": "/users/tom.becker@contoso.example?$select=id"},
        {"id": "2", "method": "GET", "url": "/users/nobody@contoso.example"},
        {"id": "3", "method": "GET", "url": "/domains", "dependsOn": ["2"]},
        {"id": "4", "method": "PATCH", "url": "/users/tom.becker@contoso.example/mailboxSettings", "body": {}},
        {
            "id": "5",
            "method": "PATCH",
            "url": "/users/tom.becker@contoso.example/mailboxSettings",
            "headers": {"Content-Type": "application/json"},
            "body": {"timeZone": "UTC"},
        },
    ]
    answer = await graph.send("POST", "/$batch", {"requests": requests})
    assert answer.status_code == 200
    found = {item["id"]: item for item in answer.json()["responses"]}
    assert {key: item["status"] for key, item in found.items()} == {"1": 200, "2": 404, "3": 424, "4": 400, "5": 200}
    assert found["1"]["body"]["id"]
    assert found["5"]["body"]["timeZone"] == "UTC"
    many = [{"id": str(number), "method": "GET", "url": "/domains"} for number in range(21)]
    assert await graph.error("POST", "/$batch", {"requests": many}) == (400, "MaximumValueExceeded")


async def test_throttling_is_announced_then_enforced(graph: Graph) -> None:
    graph.world.switches.update({"graph_throttling": True, "graph_resource_unit_limit": 10})
    answers = [await graph.send("GET", "/users") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[0].headers["x-ms-resource-unit"] == "2"
    assert answers[4].headers["x-ms-throttle-limit-percentage"] == "1.00"
    assert 1 <= int(answers[5].headers["retry-after"]) <= 10
    assert answers[5].json()["error"]["code"] == "TooManyRequests"
    graph.world.clock.offset_seconds += 11
    assert (await graph.send("GET", "/users?$select=id&$top=5")).headers["x-ms-resource-unit"] == "1"
    graph.world.switches["graph_throttling"] = False
    assert {(await graph.send("GET", "/users")).status_code for _ in range(10)} == {200}
