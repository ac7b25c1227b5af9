"""The group whose members' mail is routed, when that is not everybody's and not one group or domain of theirs.

It is a distribution group, which an application may make (microsoft-365.md §3.4): hidden, closed, and never written to.
Its owner mark stands in its description. Members are known by their primary addresses.
"""

from dataclasses import dataclass

from lockgate.microsoft365.exchange_client import ExchangeClient, Json
from lockgate.microsoft365.exchange_roles import GROUPS, permission_for
from lockgate.microsoft365.plan import Call, Properties, Value
from lockgate.microsoft365.resources.resource import FoundObject, Objects, WantedObject, listed, sent, text
from lockgate.microsoft365.wanted import Wanted

NAME = "Lockgate: people whose mail is routed"
MEMBERS = "Members"
BYPASS = {"BypassSecurityGroupManagerCheck": True}  # an application is no manager of a group (§1.10)
SETTINGS = (
    "PrimarySmtpAddress",
    "HiddenFromAddressListsEnabled",
    "MemberJoinRestriction",
    "MemberDepartRestriction",
    "RequireSenderAuthenticationEnabled",
)
LATER = "HiddenFromAddressListsEnabled"  # cannot be said when the group is made


@dataclass(frozen=True, slots=True)
class RoutedPeople:
    """Implements `Resource`."""

    kind: str = "group of routed people"

    @property
    def permission(self) -> str:
        """See `Resource`."""
        return permission_for(GROUPS)

    async def read(self, exchange: ExchangeClient) -> Objects:
        """See `Resource`. Asked for by name, and the answer is looked through all the same (§3.4)."""
        answer = await exchange.run("Get-DistributionGroup", Filter=f"Name -eq '{NAME}'", ResultSize="Unlimited")
        found = {}
        for item in answer:
            if text(item, "Name") == NAME:
                members = await exchange.run("Get-DistributionGroupMember", Identity=NAME, ResultSize="Unlimited")
                found[NAME] = _found(item, members)
        return found

    def is_ours(self, found: FoundObject, mark: str, made: frozenset[str]) -> bool:
        """See `Resource`."""
        del made
        return mark in found.comment

    def wanted(self, wanted: Wanted) -> list[WantedObject]:
        """See `Resource`: one, and only when there are people to be named."""
        if wanted.people is None or not wanted.active:
            return []
        properties: Properties = {
            "PrimarySmtpAddress": wanted.reach.group,
            "HiddenFromAddressListsEnabled": True,
            "MemberJoinRestriction": "Closed",
            "MemberDepartRestriction": "Closed",
            "RequireSenderAuthenticationEnabled": True,
            MEMBERS: wanted.people,
        }
        return [WantedObject(NAME, properties, "The routing rules route the mail of its members; nobody writes to it.")]

    def create(self, wanted: WantedObject, mark: str, found: Objects) -> tuple[Call, ...]:
        """See `Resource`. Members come behind: a group may be made with ten thousand only."""
        del found
        first = {name: sent(wanted.properties[name]) for name in SETTINGS if name != LATER}
        about = [f"{wanted.reason} Made by Lockgate; changed and removed by it. {mark}"]
        return (
            Call("New-DistributionGroup", {"Name": NAME, "Type": "Distribution", "Description": about, **first}),
            _set({LATER: True}),
            _members(wanted.properties[MEMBERS]),
        )

    def update(self, wanted: WantedObject, found: Objects) -> tuple[Call, ...]:
        """See `Resource`."""
        before = found[wanted.name].properties
        changed = {name: sent(wanted.properties[name]) for name in SETTINGS if before[name] != wanted.properties[name]}
        calls = [_set(changed)] if changed else []
        if before[MEMBERS] != wanted.properties[MEMBERS]:
            calls.append(_members(wanted.properties[MEMBERS]))
        return tuple(calls)

    def delete(self, name: str, before: Properties) -> tuple[Call, ...]:
        """See `Resource`."""
        del before
        return (Call("Remove-DistributionGroup", {"Identity": name, "Confirm": False, **BYPASS}),)


def _set(changed: dict[str, object]) -> Call:
    return Call("Set-DistributionGroup", {"Identity": NAME, **changed, **BYPASS})


def _members(members: Value) -> Call:
    """All members at once: whoever is not named goes."""
    return Call(
        "Update-DistributionGroupMember", {"Identity": NAME, "Members": sent(members), "Confirm": False, **BYPASS}
    )


def _found(item: Json, members: list[Json]) -> FoundObject:
    properties: Properties = {
        name: value if isinstance(value := item.get(name), bool) else text(item, name) for name in SETTINGS
    }
    properties["PrimarySmtpAddress"] = text(item, "PrimarySmtpAddress").lower()
    properties[MEMBERS] = listed([text(member, "PrimarySmtpAddress") for member in members])
    comment = " ".join(map(str, item.get("Description") or ()))
    return FoundObject(NAME, properties, comment)


ROUTED_PEOPLE = RoutedPeople()
