"""Allow entries: our address in the connection filter, our host as infrastructure in the spoof list
(microsoft-365.md §3.4, §4.7). Both lists take IPv4 only.

Exchange keeps no comment on them, so they are ours only when our journal says that we made them; an entry that was
there before stays when we go, and one that blocks us is the customer's to change.
"""

from dataclasses import dataclass

from lockgate.microsoft365.exchange_client import ExchangeClient
from lockgate.microsoft365.exchange_errors import ExchangeError
from lockgate.microsoft365.exchange_roles import HYGIENE, permission_for
from lockgate.microsoft365.plan import Call, Properties
from lockgate.microsoft365.resources.resource import FoundObject, Objects, WantedObject
from lockgate.microsoft365.wanted import Wanted
from lockgate.model.envelope import Direction

HASHTABLE = "#Exchange.GenericHashTable"


@dataclass(frozen=True, slots=True)
class AddressEntries:
    """Entries of the default connection filter's IP allow list. Implements `Resource`."""

    kind: str = "IP allow entry"
    permission: str = permission_for(HYGIENE)

    async def read(self, exchange: ExchangeClient) -> Objects:
        """See `Resource`."""
        found = await exchange.run("Get-HostedConnectionFilterPolicy", Identity="Default")
        policies = [one for one in found if one.get("Name") == "Default"]
        if len(policies) != 1:
            raise ExchangeError(f"Exchange Online shows {len(policies)} default connection filter policies, not one.")
        return {str(one): FoundObject(str(one), {}, "") for one in policies[0].get("IPAllowList") or ()}

    def wanted(self, wanted: Wanted) -> list[WantedObject]:
        """Our source addresses, when inbound mail comes back from them."""
        if Direction.INBOUND not in wanted.active:
            return []
        reason = "Returned mail comes from our address and was filtered on its first way in."
        return [WantedObject(address, {}, reason) for address in wanted.source_addresses]

    def is_ours(self, found: FoundObject, mark: str, made: frozenset[str]) -> bool:
        """See `Resource`."""
        del mark
        return found.name in made

    def create(self, wanted: WantedObject, mark: str, found: Objects) -> tuple[Call, ...]:
        """See `Resource`: add to the list, never replace it."""
        del mark, found
        return (_list_call("Add", wanted.name),)

    def update(self, wanted: WantedObject, found: Objects) -> tuple[Call, ...]:
        """See `Resource`: an entry is there or not, it has nothing to change."""
        del wanted, found
        return ()

    def delete(self, name: str, before: Properties) -> tuple[Call, ...]:
        """See `Resource`."""
        del before
        return (_list_call("Remove", name),)


def _list_call(verb: str, address: str) -> Call:
    entries = {"@odata.type": HASHTABLE, verb: [address]}
    return Call("Set-HostedConnectionFilterPolicy", {"Identity": "Default", "IPAllowList": entries})


@dataclass(frozen=True, slots=True)
class SpoofEntries:
    """Allow pairs `*` by our host in the spoof list, for own and for foreign senders. Implements `Resource`."""

    kind: str = "spoof allow entry"
    permission: str = permission_for(HYGIENE)

    async def read(self, exchange: ExchangeClient) -> Objects:
        """See `Resource`."""
        found = await exchange.run("Get-TenantAllowBlockListSpoofItems")
        objects = (
            FoundObject(
                _name(str(item["SendingInfrastructure"]), str(item["SpoofType"])),
                {"Action": str(item["Action"]), "Id": str(item["Identity"])},
                "",
            )
            for item in found
            if str(item.get("SpoofedUser")) == "*"
        )
        return {one.name: one for one in objects}

    def wanted(self, wanted: Wanted) -> list[WantedObject]:
        """Both pairs, when inbound mail comes back from us."""
        if Direction.INBOUND not in wanted.active:
            return []
        reason = "Returned mail has its sender's name and our address; without this it would be taken for spoofed."
        return [
            WantedObject(_name(_infrastructure(address), spoof_type), {"Action": "Allow"}, reason)
            for address in wanted.source_addresses
            for spoof_type in ("External", "Internal")
        ]

    def is_ours(self, found: FoundObject, mark: str, made: frozenset[str]) -> bool:
        """See `Resource`."""
        del mark
        return found.name in made

    def create(self, wanted: WantedObject, mark: str, found: Objects) -> tuple[Call, ...]:
        """See `Resource`."""
        del mark, found
        infrastructure, _, spoof_type = wanted.name.rpartition(" ")
        parameters = {
            "Identity": "Default", "Action": "Allow", "SpoofedUser": "*", "SendingInfrastructure": infrastructure,
            "SpoofType": spoof_type,
        }  # fmt: skip
        return (Call("New-TenantAllowBlockListSpoofItems", dict(parameters)),)

    def update(self, wanted: WantedObject, found: Objects) -> tuple[Call, ...]:
        """See `Resource`: what blocks becomes what allows."""
        parameters = {"Identity": "Default", "Action": "Allow", "Ids": [str(found[wanted.name].properties["Id"])]}
        return (Call("Set-TenantAllowBlockListSpoofItems", dict(parameters)),)

    def delete(self, name: str, before: Properties) -> tuple[Call, ...]:
        """See `Resource`."""
        del name
        parameters = {"Identity": "Default", "Ids": [str(before["Id"])], "Confirm": False}
        return (Call("Remove-TenantAllowBlockListSpoofItems", parameters),)


def _name(infrastructure: str, spoof_type: str) -> str:
    return f"{infrastructure.lower()} {spoof_type}"


def _infrastructure(address: str) -> str:
    """The list takes IPv4 networks of 24 bits."""
    return f"{address.rpartition('.')[0]}.0/24"


ADDRESS_ENTRIES = AddressEntries()
SPOOF_ENTRIES = SpoofEntries()
