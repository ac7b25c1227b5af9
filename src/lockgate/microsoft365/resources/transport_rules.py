"""Mail flow rules: route to the gateway, know what comes back, mark junk, leave no trace (microsoft-365.md §4.3, §4.4).

Per direction the routing rule is first, and excepts what carries the secret of its way back. While a direction is
prepared its rule also demands the probe's header, so that nothing but the probe is routed. A returned message goes on
through the customer's own rules, which the routing rule's "stop" had kept for this second pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lockgate.microsoft365.exchange_client import ExchangeClient, Json
from lockgate.microsoft365.plan import Call, Properties
from lockgate.microsoft365.resources.connector import PERMISSION
from lockgate.microsoft365.resources.outbound_connector import connector_name
from lockgate.microsoft365.resources.resource import FoundObject, WantedObject, sent, text
from lockgate.microsoft365.wanted import Wanted
from lockgate.model.envelope import Direction
from lockgate.model.headers import JUNK, PROBE, RETURN, ROUTE
from lockgate.model.tenant import Protection

LISTS = frozenset({"HeaderContainsWords", "ExceptIfHeaderContainsWords", "SenderIpRanges"})
WATCHED = (
    "FromScope", "SentToScope", "HeaderContainsMessageHeader", "HeaderContainsWords",
    "ExceptIfHeaderContainsMessageHeader", "ExceptIfHeaderContainsWords", "SenderIpRanges",
    "RouteMessageOutboundConnector", "SetHeaderName", "SetHeaderValue", "RemoveHeader", "SetSCL",
    "StopRuleProcessing", "RuleErrorAction", "Enabled",
)  # fmt: skip


def routing_rule_name(direction: Direction) -> str:
    """The rule that moves a direction's mail."""
    return f"Lockgate {direction}: route to the gateway"


@dataclass(frozen=True, slots=True)
class TransportRules:
    """Implements `Resource`."""

    kind: str = "mail flow rule"
    permission: str = PERMISSION

    async def read(self, exchange: ExchangeClient) -> Mapping[str, FoundObject]:
        """See `Resource`."""
        found = await exchange.run("Get-TransportRule", ResultSize="Unlimited")
        return {str(item["Name"]): _found(item) for item in found}

    def is_ours(self, found: FoundObject, mark: str, made: frozenset[str]) -> bool:
        """See `Resource`."""
        del made
        return mark in found.comment

    def wanted(self, wanted: Wanted) -> list[WantedObject]:
        """The helpers first, the routing rules last: each is made at priority 0 and pushes the others down."""
        rules: list[WantedObject] = []
        for direction in wanted.active:
            rules += _inbound_return(wanted) if direction is Direction.INBOUND else [_outbound_strip(wanted)]
        return rules + [_routing(wanted, direction) for direction in wanted.active]

    def create(self, wanted: WantedObject, mark: str) -> tuple[Call, ...]:
        """See `Resource`."""
        parameters = {name: sent(value) for name, value in wanted.properties.items() if value not in ("", (), None)}
        comment = f"{wanted.reason} Made by Lockgate; changed and removed by it. {mark}"
        return (Call("New-TransportRule", {"Name": wanted.name, "Comments": comment, "Priority": 0, **parameters}),)

    def update(self, name: str, before: Properties, after: Properties) -> tuple[Call, ...]:
        """See `Resource`. A rule is switched by cmdlets of their own."""
        changed = {key: sent(value) or None for key, value in after.items() if before.get(key) != value}
        enabled = changed.pop("Enabled", "unchanged")
        calls = [Call("Set-TransportRule", {"Identity": name, **changed})] if changed else []
        if enabled != "unchanged":
            verb = "Enable" if enabled else "Disable"
            calls.append(Call(f"{verb}-TransportRule", {"Identity": name, "Confirm": False}))
        return tuple(calls)

    def delete(self, name: str, before: Properties) -> tuple[Call, ...]:
        """See `Resource`."""
        del before
        return (Call("Remove-TransportRule", {"Identity": name, "Confirm": False}),)


def _rule(**set_properties: str | bool | tuple[str, ...]) -> Properties:
    """A rule with everything that is watched: what is not set must not be set in the tenant either."""
    empty: Properties = {name: () if name in LISTS else "" for name in WATCHED}
    return {**empty, "StopRuleProcessing": False, "RuleErrorAction": "Ignore", "Enabled": True, **set_properties}


def _routing(wanted: Wanted, direction: Direction) -> WantedObject:
    protection = wanted.directions[direction]
    preparing = protection is Protection.PREPARING
    inbound = direction is Direction.INBOUND
    # The outbound probe goes from a mailbox to itself, so a prepared outbound rule must not ask for outside recipients.
    sent_to = "InOrganization" if inbound else ("" if preparing else "NotInOrganization")
    return WantedObject(
        routing_rule_name(direction),
        _rule(
            FromScope="NotInOrganization" if inbound else "InOrganization",
            SentToScope=sent_to,
            HeaderContainsMessageHeader=PROBE if preparing else "",
            HeaderContainsWords=(wanted.secrets.probe,) if preparing else (),
            ExceptIfHeaderContainsMessageHeader=RETURN[direction],
            ExceptIfHeaderContainsWords=_sorted(wanted.secrets.returns[direction]),
            RouteMessageOutboundConnector=connector_name(direction),
            SetHeaderName=ROUTE[direction],
            SetHeaderValue=wanted.secrets.route[direction][0],
            StopRuleProcessing=True,
            RuleErrorAction="Defer",
            Enabled=protection is not Protection.BYPASSED,
        ),
        f"Routes {direction} mail to the gateway" + (", for now only our probe." if preparing else "."),
    )


def _inbound_return(wanted: Wanted) -> list[WantedObject]:
    returns = _sorted(wanted.secrets.returns[Direction.INBOUND])
    clean = WantedObject(
        "Lockgate inbound: returned mail",
        _rule(
            HeaderContainsMessageHeader=RETURN[Direction.INBOUND],
            HeaderContainsWords=returns,
            ExceptIfHeaderContainsMessageHeader=JUNK,
            ExceptIfHeaderContainsWords=(wanted.secrets.junk,),
            SenderIpRanges=_sorted(wanted.source_addresses),
            SetSCL="-1",
        ),
        "Mail that comes back inspected is not filtered a second time.",
    )
    junk = WantedObject(
        "Lockgate inbound: returned junk",
        _rule(
            HeaderContainsMessageHeader=JUNK,
            HeaderContainsWords=(wanted.secrets.junk,),
            SenderIpRanges=_sorted(wanted.source_addresses),
            SetSCL="6",
        ),
        "Mail that the policy calls junk goes to the Junk Email folder.",
    )
    return [clean, junk]


def _outbound_strip(wanted: Wanted) -> WantedObject:
    return WantedObject(
        "Lockgate outbound: strip our header",
        _rule(
            HeaderContainsMessageHeader=RETURN[Direction.OUTBOUND],
            HeaderContainsWords=_sorted(wanted.secrets.returns[Direction.OUTBOUND]),
            RemoveHeader=RETURN[Direction.OUTBOUND],
        ),
        "Our header with its secret does not leave for the Internet.",
    )


def _sorted(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(values))


def _found(item: Json) -> FoundObject:
    properties: Properties = {}
    for name in WATCHED:
        value = item.get(name)
        if name == "Enabled":
            properties[name] = text(item, "State") != "Disabled"
        elif name == "StopRuleProcessing":
            properties[name] = bool(value)
        elif name in LISTS:
            properties[name] = tuple(sorted(str(one) for one in value or ()))
        else:
            properties[name] = text(item, name)
    properties["RuleErrorAction"] = properties["RuleErrorAction"] or "Ignore"
    return FoundObject(str(item["Name"]), properties, text(item, "Comments"))


TRANSPORT_RULES = TransportRules()
