"""Distribution groups and their members, as an application without a mailbox of its own sees them."""

from typing import Any

import pytest

from .conftest import Exchange

BYPASS: dict[str, Any] = {"BypassSecurityGroupManagerCheck": True}


async def test_a_new_group_is_a_directory_group(exchange: Exchange) -> None:
    members = ["tom.becker@contoso.example", "Lena Vogel", "Engineering"]
    made = await exchange.one(
        "New-DistributionGroup", Name="Pilot users", Type="Security", Members=members, Notes="mine"
    )
    group = exchange.tenant.groups[made["ExternalDirectoryObjectId"]]
    assert (group.kind, group.mail, len(group.members)) == ("MailEnabledSecurity", "Pilotusers@contoso.example", 3)
    assert made["RecipientTypeDetails"] == "MailUniversalSecurityGroup"
    assert made["RequireSenderAuthenticationEnabled"] is True
    assert "Notes" not in made
    assert (await exchange.one("Get-Group", Identity="Pilot users"))["Notes"] == "mine"
    assert exchange.tenant.changes[-1].object_id == group.id
    shown = await exchange.ok("Get-DistributionGroupMember", Identity=made["PrimarySmtpAddress"])
    assert [item["RecipientType"] for item in shown] == ["UserMailbox", "UserMailbox", "MailUniversalDistributionGroup"]


async def test_members_are_added_once_and_removed_once(exchange: Exchange) -> None:
    tom: dict[str, Any] = {"Identity": "Engineering", "Member": "tom.becker@contoso.example", **BYPASS}
    assert await exchange.ok("Add-DistributionGroupMember", **tom) == []
    assert (await exchange.failure("Add-DistributionGroupMember", **tom))[:2] == (400, "MemberAlreadyExistsException")
    await exchange.ok("Remove-DistributionGroupMember", **tom)
    assert (await exchange.failure("Remove-DistributionGroupMember", **tom))[:2] == (400, "MemberNotFoundException")


async def test_microsoft_365_groups_and_strangers_cannot_be_members(exchange: Exchange) -> None:
    for member, status in (("Project Alder", 400), ("nobody@contoso.example", 404), ("Engineering", 400)):
        found = await exchange.failure("Add-DistributionGroupMember", Identity="Engineering", Member=member, **BYPASS)
        assert found[0] == status


async def test_update_replaces_or_edits(exchange: Exchange) -> None:
    await exchange.ok("Update-DistributionGroupMember", Identity="Engineering", Members=["Tom Becker"], **BYPASS)
    edit = {"@odata.type": "#Exchange.GenericHashTable", "Add": ["Yuki Tanaka"], "Remove": ["Tom Becker"]}
    await exchange.ok("Update-DistributionGroupMember", Identity="Engineering", Members=edit, **BYPASS)
    shown = await exchange.ok("Get-DistributionGroupMember", Identity="Engineering")
    assert [item["DisplayName"] for item in shown] == ["Yuki Tanaka"]


async def test_an_application_is_no_manager(exchange: Exchange) -> None:
    for cmdlet, parameters in (
        ("Set-DistributionGroup", {"MailTip": "x"}),
        ("Remove-DistributionGroup", {}),
        ("Add-DistributionGroupMember", {"Member": "Tom Becker"}),
    ):
        status, kind, _ = await exchange.failure(cmdlet, Identity="Engineering", **parameters)
        assert (status, kind) == (400, "OperationRequiresGroupManagerException")


async def test_set_and_filter(exchange: Exchange) -> None:
    await exchange.ok("Set-DistributionGroup", Identity="Engineering", CustomAttribute1="lockgate 7", **BYPASS)
    await exchange.ok("Set-DistributionGroup", Identity="Engineering", HiddenFromAddressListsEnabled=True, **BYPASS)
    found = await exchange.ok("Get-DistributionGroup", Filter="CustomAttribute1 -eq 'lockgate 7'")
    assert [(item["Name"], item["HiddenFromAddressListsEnabled"]) for item in found] == [("Engineering", True)]


@pytest.mark.parametrize(
    "parameters",
    [
        {"Name": "Engineering"},
        {"Name": "n" * 65},
        {"Name": "x", "PrimarySmtpAddress": "x@elsewhere.example"},
        {"Name": "x", "PrimarySmtpAddress": "tom.becker@contoso.example"},
        {"Name": "x", "Type": "Team"},
        {"Name": "x", "MemberJoinRestriction": "Maybe"},
        {"Name": "x", "PrimarySmtpAddress": "no address"},
    ],
)
async def test_new_group_refuses(exchange: Exchange, parameters: dict[str, Any]) -> None:
    before = set(exchange.tenant.groups)
    status, _, _ = await exchange.failure("New-DistributionGroup", **parameters)
    assert status == 400
    assert set(exchange.tenant.groups) == before


async def test_removing_a_group_takes_it_out_of_others(exchange: Exchange) -> None:
    await exchange.ok("Remove-DistributionGroup", Identity="Engineering", **BYPASS)
    status, _, _ = await exchange.failure("Get-DistributionGroup", Identity="Engineering")
    assert status == 404
    shown = await exchange.ok("Get-DistributionGroupMember", Identity="All staff")
    assert "Engineering" not in [item["DisplayName"] for item in shown]


async def test_unified_groups_are_not_for_applications(exchange: Exchange) -> None:
    status, _, text = await exchange.failure("New-UnifiedGroup", DisplayName="x")
    assert (status, "app-only" in text) == (400, True)


async def test_recipients_and_mailboxes(exchange: Exchange) -> None:
    shared = await exchange.ok("Get-Mailbox", RecipientTypeDetails=["SharedMailbox"])
    assert [item["PrimarySmtpAddress"] for item in shared] == ["info@contoso.example"]
    found = await exchange.one("Get-Recipient", Identity="ceo@contoso.example")
    assert found["PrimarySmtpAddress"] == "margaret.holloway@contoso.example"
    kinds = {item["RecipientTypeDetails"] for item in await exchange.ok("Get-Recipient", ResultSize="Unlimited")}
    assert {"UserMailbox", "SharedMailbox", "GroupMailbox", "MailUniversalSecurityGroup"} <= kinds
    assert (await exchange.failure("Get-Mailbox", Identity="Engineering"))[0] == 404
    assert await exchange.ok("Get-DynamicDistributionGroup") == []
