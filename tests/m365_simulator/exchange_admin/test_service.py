"""The HTTP face: who is let in, paging, $select, batches, the capability probe, the audit log."""

import pytest

from m365_simulator import seed
from m365_simulator.identity.directory_roles import EXCHANGE_ADMINISTRATOR, GLOBAL_READER
from m365_simulator.world import World

from .conftest import APP_ID, OBJECT_ID, Exchange, token

BASE = f"/adminapi/beta/{seed.CONTOSO}"
GET_RULES = {"CmdletInput": {"CmdletName": "Get-TransportRule", "Parameters": {}}}


@pytest.mark.parametrize(
    ("roles", "wids", "audience", "status"),
    [
        (["Exchange.ManageAsApp"], [EXCHANGE_ADMINISTRATOR], "https://outlook.office365.com", 200),
        ([], [EXCHANGE_ADMINISTRATOR], "https://outlook.office365.com", 401),
        (["Exchange.ManageAsApp"], [], "https://outlook.office365.com", 401),
        (["Exchange.ManageAsApp"], [EXCHANGE_ADMINISTRATOR], "https://graph.microsoft.com", 401),
    ],
)
async def test_admission(
    exchange: Exchange, world: World, roles: list[str], wids: list[str], audience: str, status: int
) -> None:
    exchange.token = token(world, roles, wids, audience)
    assert (await exchange.post(f"{BASE}/InvokeCommand", GET_RULES)).status_code == status


async def test_another_tenant_and_no_token(exchange: Exchange) -> None:
    other = await exchange.post(f"/adminapi/beta/{seed.FABRIKAM}/InvokeCommand", GET_RULES)
    assert (other.status_code, other.content) == (403, b"")
    by_domain = await exchange.post("/adminapi/v1.0/contoso.example/InvokeCommand", GET_RULES)
    assert by_domain.status_code == 200
    exchange.token = "nonsense"
    assert (await exchange.post(f"{BASE}/InvokeCommand", GET_RULES)).status_code == 401


async def test_without_a_directory_role(exchange: Exchange, world: World) -> None:
    exchange.token = token(world, ["Exchange.ManageAsApp"], [])
    refused = await exchange.invoke("Get-TransportRule", {})
    assert "isn't supported in this scenario" in refused.json()["error"]["message"]
    world.switches["exchange_missing_role"] = "empty-403"
    refused = await exchange.invoke("Get-TransportRule", {})
    assert (refused.status_code, refused.content) == (403, b"")


async def test_a_reader_may_only_read(exchange: Exchange, world: World) -> None:
    exchange.token = token(world, ["Exchange.ManageAsApp"], [GLOBAL_READER])
    assert await exchange.ok("Get-InboundConnector") == []
    refused = await exchange.invoke("New-InboundConnector", {"Name": "x", "SenderDomains": ["*"]})
    assert refused.status_code == 401
    assert refused.json()["error"]["message"] == "User is not allowed to call New-InboundConnector"


async def test_least_privilege_through_exchange_rbac(exchange: Exchange, world: World) -> None:
    await exchange.ok("New-ServicePrincipal", AppId=APP_ID, ObjectId=OBJECT_ID, DisplayName="Gateway")
    await exchange.ok("New-ManagementRoleAssignment", App=OBJECT_ID, Role="Transport Rules")
    await exchange.ok("New-ManagementRoleAssignment", App=OBJECT_ID, Role="Distribution Groups")
    roles = await exchange.ok("Get-ManagementRole", Cmdlet="New-InboundConnector")
    assert [role["Name"] for role in roles] == ["Remote and Accepted Domains"]
    exchange.token = token(world, ["Exchange.ManageAsApp"], [])
    assert await exchange.ok("Get-TransportRule") == []
    assert (await exchange.invoke("Get-InboundConnector", {})).status_code == 401
    group = {"Identity": "Engineering", "BypassSecurityGroupManagerCheck": True}
    status, kind, _ = await exchange.failure("Remove-DistributionGroup", **group)
    assert (status, kind) == (400, "ParameterBindingException")
    probe = await exchange.client.get(
        f"/adminapi/v1.0/{seed.CONTOSO}/EXOModuleFile?Version=3.9.2",
        headers={"Authorization": f"Bearer {exchange.token}", "CommandName": "*"},
    )
    exported = probe.json()["value"][0]["exportedCmdlets"]
    assert "New-TransportRule" in exported
    assert "New-InboundConnector" not in exported


async def test_role_groups(exchange: Exchange, world: World) -> None:
    await exchange.ok("New-ServicePrincipal", AppId=APP_ID, ObjectId=OBJECT_ID)
    member = {"Identity": "Organization Management", "Member": OBJECT_ID}
    await exchange.ok("Add-RoleGroupMember", **member)
    assert (await exchange.failure("Add-RoleGroupMember", **member))[1] == "MemberAlreadyExistsException"
    exchange.token = token(world, ["Exchange.ManageAsApp"], [])
    assert await exchange.ok("Get-InboundConnector") == []
    await exchange.ok("Remove-ServicePrincipal", Identity=OBJECT_ID)
    assert (await exchange.invoke("Get-InboundConnector", {})).status_code == 401


async def test_unknown_cmdlets_and_parameters(exchange: Exchange) -> None:
    assert (await exchange.failure("Get-Weather"))[:2] == (400, "CommandNotFoundException")
    status, kind, text = await exchange.failure("Get-TransportRule", Colour="red")
    assert (status, kind) == (400, "ParameterBindingException")
    assert "'Colour'" in text
    status, _, text = await exchange.failure("New-InboundConnector", Name="x")
    assert (status, "mandatory" in text, "SenderDomains" in text) == (400, True, True)


async def test_parameter_names_ignore_case_and_confirm_is_harmless(exchange: Exchange) -> None:
    made = await exchange.one("new-inboundconnector", NAME="x", senderdomains="*", Confirm=False, Verbose=True)
    assert not {"Confirm", "Verbose"} & made.keys()
    assert (made["Name"], made["SenderDomains"]) == ("x", ["smtp:*;1"])


async def test_pages_are_posted_again(exchange: Exchange) -> None:
    for number in range(5):
        await exchange.ok("New-InboundConnector", Name=f"c{number}", SenderDomains=["*"])
    body = {"CmdletInput": {"CmdletName": "Get-InboundConnector", "Parameters": {}}}
    found, url = [], f"{BASE}/InvokeCommand?$select=Name,Identity"
    while url:
        answer = await exchange.post(url, body, Prefer="odata.maxpagesize=2")
        found += answer.json()["value"]
        assert len(answer.json()["value"]) <= 2
        url = answer.json().get("@odata.nextLink", "")
    assert found == [{"Name": f"c{number}", "Identity": f"c{number}"} for number in range(5)]


async def test_result_size_warns(exchange: Exchange) -> None:
    for number in range(3):
        await exchange.ok("New-InboundConnector", Name=f"c{number}", SenderDomains=["*"])
    answer = await exchange.invoke("Get-InboundConnector", {"ResultSize": 2})
    assert len(answer.json()["value"]) == 2
    assert "more results" in answer.json()["@adminapi.warnings"][0]


async def test_batch_answers_each_by_id(exchange: Exchange) -> None:
    def item(identifier: str, cmdlet: str) -> dict[str, object]:
        body = {"CmdletInput": {"CmdletName": cmdlet, "Parameters": {}}}
        return {"id": identifier, "method": "POST", "url": f"{BASE}/InvokeCommand", "headers": {}, "body": body}

    requests = {"requests": [item("1", "Get-ArcConfig"), item("2", "Get-Nothing"), item("3", "Get-TransportConfig")]}
    answer = await exchange.post(f"{BASE}/$batch", requests, Prefer="odata.continue-on-error")
    assert [(r["id"], r["status"]) for r in answer.json()["responses"]] == [("1", 200), ("2", 400), ("3", 200)]
    stopped = await exchange.post(f"{BASE}/$batch", requests)
    assert [r["id"] for r in stopped.json()["responses"]] == ["1", "2"]


async def test_official_api_covers_only_its_nouns(exchange: Exchange) -> None:
    body = {"CmdletInput": {"CmdletName": "Get-AcceptedDomain", "Parameters": {}}}
    assert (await exchange.post(f"/adminapi/v2.0/{seed.CONTOSO}/AcceptedDomain", body)).status_code == 200
    assert (await exchange.post(f"/adminapi/v2.0/{seed.CONTOSO}/AcceptedDomain", GET_RULES)).status_code == 400


async def test_writes_are_audited_and_reads_are_not(exchange: Exchange) -> None:
    before = len(exchange.tenant.audit)
    await exchange.ok("Get-InboundConnector")
    await exchange.failure("Remove-InboundConnector", Identity="nobody")
    await exchange.ok("New-InboundConnector", Name="x", SenderDomains=["*", "a.example"], RequireTls=True)
    (record,) = exchange.tenant.audit[before:]
    body = record.body
    assert (record.content_type, body["RecordType"], body["Operation"]) == ("Audit.Exchange", 1, "New-InboundConnector")
    assert (body["ObjectId"], body["UserId"]) == ("x", f"ServicePrincipal_{OBJECT_ID}")
    assert {"Name": "SenderDomains", "Value": "*;a.example"} in body["Parameters"]  # type: ignore[operator]
    assert {"Name": "RequireTls", "Value": "True"} in body["Parameters"]  # type: ignore[operator]
    await exchange.ok("Set-AdminAuditLogConfig", UnifiedAuditLogIngestionEnabled=False)
    count = len(exchange.tenant.audit)
    await exchange.ok("Remove-InboundConnector", Identity="x")
    assert len(exchange.tenant.audit) == count
