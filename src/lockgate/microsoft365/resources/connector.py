"""What inbound and outbound connectors share: names, owner mark, and the cmdlets' habits.

Exchange answers a Get- for an unknown name with all connectors (microsoft-365.md §3.4), so they are always read all and
chosen here.
"""

from dataclasses import dataclass

from lockgate.microsoft365.exchange_client import ExchangeClient, Json
from lockgate.microsoft365.exchange_roles import CONNECTORS, permission_for
from lockgate.microsoft365.plan import Call, Properties
from lockgate.microsoft365.resources.resource import FoundObject, Objects, WantedObject, listed, sent, text


@dataclass(frozen=True, slots=True)
class Connector:
    """One of the two connector nouns. `watched` are compared; those of them in `lists` hold several values."""

    kind: str
    noun: str
    watched: tuple[str, ...]
    lists: frozenset[str]
    reading: tuple[dict[str, object], ...]  # parameters of the Get- calls that together see all

    @property
    def permission(self) -> str:
        """See `Resource`."""
        return permission_for(CONNECTORS)

    async def read(self, exchange: ExchangeClient) -> Objects:
        """See `Resource`."""
        found: dict[str, FoundObject] = {}
        for parameters in self.reading:
            for item in await exchange.run(f"Get-{self.noun}", **parameters):
                found[str(item["Name"])] = self._found(item)
        return found

    def is_ours(self, found: FoundObject, mark: str, made: frozenset[str]) -> bool:
        """See `Resource`."""
        del made
        return mark in found.comment

    def create(self, wanted: WantedObject, mark: str, found: Objects) -> tuple[Call, ...]:
        """See `Resource`."""
        del found
        parameters = {name: sent(value) for name, value in wanted.properties.items()}
        comment = f"{wanted.reason} Made by Lockgate; changed and removed by it. {mark}"
        return (Call(f"New-{self.noun}", {"Name": wanted.name, "Comment": comment, **parameters}),)

    def update(self, wanted: WantedObject, found: Objects) -> tuple[Call, ...]:
        """See `Resource`. SmartHosts and UseMXRecord have to be sent together."""
        before, after = found[wanted.name].properties, wanted.properties
        changed = {key: sent(value) for key, value in after.items() if before.get(key) != value}
        if "SmartHosts" in changed:
            changed["UseMXRecord"] = after["UseMXRecord"]
        return (Call(f"Set-{self.noun}", {"Identity": wanted.name, **changed}),)

    def delete(self, name: str, before: Properties) -> tuple[Call, ...]:
        """See `Resource`."""
        del before
        return (Call(f"Remove-{self.noun}", {"Identity": name, "Confirm": False}),)

    def _found(self, item: Json) -> FoundObject:
        properties: Properties = {}
        for name in self.watched:
            value = item.get(name)
            if name == "SenderDomains":
                properties[name] = tuple(one.removeprefix("smtp:").partition(";")[0] for one in listed(value))
            elif name in self.lists:
                properties[name] = listed(value)
            else:
                properties[name] = value if isinstance(value, bool) else text(item, name)
        return FoundObject(str(item["Name"]), properties, text(item, "Comment"))
