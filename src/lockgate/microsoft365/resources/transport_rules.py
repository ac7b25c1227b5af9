"""Mail flow rules: route to the gateway, know what comes back, mark junk, leave no trace (microsoft-365.md §4.3, §4.4).

Per direction the routing rule comes first, and excepts what carries the secret of its way back. While a direction is
prepared its rule also demands the probe's header, so that nothing but the probe is routed. A returned message goes on
through the customer's own rules, which the routing rule's "stop" had kept for this second pass.

Rules: our headers are taken off after they have served, so that no secret reaches a mailbox or the Internet: who knows
one could send mail around the gateway. A rule that takes one off must never run before the rule that looks for it, or
mail would go round in circles; so the order is a watched property.
"""

from dataclasses import dataclass

from lockgate.microsoft365.exchange_client import ExchangeClient, Json
from lockgate.microsoft365.exchange_roles import RULES, permission_for
from lockgate.microsoft365.plan import Call, Change, Properties
from lockgate.microsoft365.resources.outbound_connector import connector_name
from lockgate.microsoft365.resources.resource import FoundObject, Objects, WantedObject, sent, text
from lockgate.microsoft365.wanted import Wanted
from lockgate.model.envelope import Direction
from lockgate.model.headers import JUNK, PROBE, REQUIRE_TLS, REQUIRED, RETURN, ROUTE
from lockgate.model.tenant import Protection
from lockgate.model.tenant_care import TLS_RULE, Reach

LISTS = frozenset({
    "HeaderContainsWords", "ExceptIfHeaderContainsWords", "ExceptIfHeaderMatchesPatterns", "SenderIpRanges",
    "SentToMemberOf", "FromMemberOf", "RecipientDomainIs", "SenderDomainIs",
})  # fmt: skip
STORED = (
    "FromScope", "SentToScope", "SentToMemberOf", "FromMemberOf", "RecipientDomainIs", "SenderDomainIs",
    "HeaderContainsMessageHeader", "HeaderContainsWords",
    "ExceptIfHeaderContainsMessageHeader", "ExceptIfHeaderContainsWords", "ExceptIfHeaderMatchesMessageHeader",
    "ExceptIfHeaderMatchesPatterns", "SenderIpRanges", "RouteMessageOutboundConnector", "SetHeaderName",
    "RouteMessageOutboundRequireTls", "SetHeaderValue", "RemoveHeader", "SetSCL", "StopRuleProcessing",
    "RuleErrorAction", "Mode",
)  # fmt: skip
FLAGS = ("StopRuleProcessing", "RouteMessageOutboundRequireTls")
PLACE = "Place"  # not Exchange's word: whether the rule stands behind those that it must follow
IN_ORDER, TOO_EARLY = "in order", "too early"
# Stamped by Exchange itself on what its own users send; its header firewall takes it off mail from outside (§4.9).
AUTHENTICATED_AS = "X-MS-Exchange-Organization-AuthAs"


def routing_rule_name(direction: Direction) -> str:
    """The rule that moves a direction's mail."""
    return f"Lockgate {direction}: route to the gateway"


def strip_rule_name(direction: Direction) -> str:
    """The rule that takes our header off again."""
    return f"Lockgate {direction}: strip our header"


CLEAN, JUNKED = "Lockgate inbound: returned mail", "Lockgate inbound: returned junk"
FOLLOWS = {
    CLEAN: (routing_rule_name(Direction.INBOUND),),
    JUNKED: (routing_rule_name(Direction.INBOUND), CLEAN),  # it takes off the header that the other one excepts
    strip_rule_name(Direction.INBOUND): (routing_rule_name(Direction.INBOUND), CLEAN, JUNKED),
    TLS_RULE: (routing_rule_name(Direction.OUTBOUND),),
    strip_rule_name(Direction.OUTBOUND): (routing_rule_name(Direction.OUTBOUND),),
}


def keeps_order(change: Change, objects: Objects) -> bool:
    """Whether a rule made with the plan's priority would stand behind all that it follows, and before the others.

    True for whatever is no rule with a place.
    """
    place = change.calls[0].parameters.get("Priority")
    if change.resource != TRANSPORT_RULES.kind or not isinstance(place, int):
        return True
    before = [objects[one].position for one in FOLLOWS.get(change.name, ()) if one in objects]
    behind = [objects[one].position for one, others in FOLLOWS.items() if change.name in others and one in objects]
    return all(one < place for one in before) and all(one >= place for one in behind)


@dataclass(frozen=True, slots=True)
class TransportRules:
    """Implements `Resource`."""

    kind: str = "mail flow rule"
    permission: str = permission_for(RULES)

    async def read(self, exchange: ExchangeClient) -> Objects:
        """See `Resource`."""
        items = {str(item["Name"]): item for item in await exchange.run("Get-TransportRule", ResultSize="Unlimited")}
        places = {name: int(str(item.get("Priority") or 0)) for name, item in items.items()}
        return {name: _found(item, places) for name, item in items.items()}

    def is_ours(self, found: FoundObject, mark: str, made: frozenset[str]) -> bool:
        """See `Resource`."""
        del made
        return mark in found.comment

    def wanted(self, wanted: Wanted) -> list[WantedObject]:
        """The helpers first, the routing rules last: each is made at priority 0 and pushes the others down."""
        rules: list[WantedObject] = []
        for direction in wanted.active:
            rules.append(_strip(wanted, direction))
            if direction is Direction.INBOUND:
                rules += [_returned_junk(wanted), _returned_mail(wanted)]
            else:
                rules.append(_require_tls())
        return rules + [_routing(wanted, direction) for direction in wanted.active]

    def create(self, wanted: WantedObject, mark: str, found: Objects) -> tuple[Call, ...]:
        """See `Resource`. In front of all rules, or right behind those that it follows and that are there already."""
        parameters = {
            name: sent(value)
            for name, value in wanted.properties.items()
            if name != PLACE and value not in ("", (), None)
        }
        before = [found[name].position for name in wanted.follows if name in found]
        comment = f"{wanted.reason} Made by Lockgate; changed and removed by it. {mark}"
        priority = max(before) + 1 if before else 0
        return (
            Call("New-TransportRule", {"Name": wanted.name, "Comments": comment, "Priority": priority, **parameters}),
        )

    def update(self, wanted: WantedObject, found: Objects) -> tuple[Call, ...]:
        """See `Resource`. A rule is switched by cmdlets of their own."""
        now = found[wanted.name]
        differing = {key: value for key, value in wanted.properties.items() if now.properties[key] != value}
        # An empty text or list is cleared with null; a Boolean has none.
        changed = {key: None if value in ("", ()) else sent(value) for key, value in differing.items()}
        enabled = changed.pop("Enabled", "unchanged")
        if changed.pop(PLACE, None):  # moving down to a place moves what was there up
            changed["Priority"] = max(found[name].position for name in wanted.follows if name in found)
        calls = [Call("Set-TransportRule", {"Identity": wanted.name, **changed})] if changed else []
        if enabled != "unchanged":
            verb = "Enable" if enabled else "Disable"
            calls.append(Call(f"{verb}-TransportRule", {"Identity": wanted.name, "Confirm": False}))
        return tuple(calls)

    def delete(self, name: str, before: Properties) -> tuple[Call, ...]:
        """See `Resource`."""
        del before
        return (Call("Remove-TransportRule", {"Identity": name, "Confirm": False}),)


def _rule(name: str, reason: str, **set_properties: str | bool | tuple[str, ...]) -> WantedObject:
    """A rule with everything that is watched: what is not set must not be set in the tenant either."""
    properties: Properties = {one: () if one in LISTS else "" for one in STORED}
    properties |= dict.fromkeys(FLAGS, False)
    properties |= {"RuleErrorAction": "Ignore", "Mode": "Enforce", "Enabled": True}
    properties |= {PLACE: IN_ORDER, **set_properties}
    return WantedObject(name, properties, reason, FOLLOWS.get(name, ()))


def _routing(wanted: Wanted, direction: Direction) -> WantedObject:
    protection = wanted.directions[direction]
    preparing = protection is Protection.PREPARING
    scope = _inbound_scope() if direction is Direction.INBOUND else _outbound_scope(preparing=preparing)
    return _rule(
        routing_rule_name(direction),
        f"Routes {direction} mail to the gateway" + (", for now only our probe." if preparing else "."),
        **scope,
        **({} if preparing else _reach(wanted.reach, direction)),
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
    )


def _reach(reach: Reach, direction: Direction) -> dict[str, tuple[str, ...]]:
    """Whose mail: everybody's, or a pilot's by group or by domain. The probe's rule has no such limit."""
    if direction is Direction.INBOUND:
        member_of, domain_is = "SentToMemberOf", "RecipientDomainIs"
    else:
        member_of, domain_is = "FromMemberOf", "SenderDomainIs"
    return {member_of: (reach.group,) if reach.group else (), domain_is: _sorted(reach.domains)}


def _inbound_scope() -> dict[str, str | tuple[str, ...]]:
    """To us, and not sent by one of us.

    Microsoft does not say whether FromScope NotInOrganization covers strangers who write in the name of an own domain
    (microsoft-365.md §3.4), and that is just the mail that must not be missed.
    """
    return {
        "SentToScope": "InOrganization",
        "ExceptIfHeaderMatchesMessageHeader": AUTHENTICATED_AS,
        "ExceptIfHeaderMatchesPatterns": ("Internal",),
    }


def _outbound_scope(*, preparing: bool) -> dict[str, str | tuple[str, ...]]:
    """From us to outside. The probe goes from a mailbox to itself, so a prepared rule does not ask for outside."""
    return {"FromScope": "InOrganization", "SentToScope": "" if preparing else "NotInOrganization"}


def _returned_mail(wanted: Wanted) -> WantedObject:
    return _rule(
        CLEAN,
        "Mail that comes back inspected is not filtered a second time.",
        HeaderContainsMessageHeader=RETURN[Direction.INBOUND],
        HeaderContainsWords=_sorted(wanted.secrets.returns[Direction.INBOUND]),
        ExceptIfHeaderContainsMessageHeader=JUNK,
        ExceptIfHeaderContainsWords=(wanted.secrets.junk,),
        SenderIpRanges=_sorted(wanted.source_addresses),
        SetSCL="-1",
    )


def _returned_junk(wanted: Wanted) -> WantedObject:
    return _rule(
        JUNKED,
        "Mail that the policy calls junk goes to the Junk Email folder.",
        HeaderContainsMessageHeader=JUNK,
        HeaderContainsWords=(wanted.secrets.junk,),
        SenderIpRanges=_sorted(wanted.source_addresses),
        SetSCL="6",
        RemoveHeader=JUNK,
    )


def _require_tls() -> WantedObject:
    """Exchange sends over TLS or not at all: encrypted, to whatever certificate the other host shows.

    An error defers the message: it must not leave because the rule failed.
    """
    return _rule(
        TLS_RULE,
        "What a policy says may leave over TLS only is sent over TLS or comes back to its sender.",
        HeaderContainsMessageHeader=REQUIRE_TLS,
        HeaderContainsWords=(REQUIRED,),
        RouteMessageOutboundRequireTls=True,
        RemoveHeader=REQUIRE_TLS,
        RuleErrorAction="Defer",
    )


def _strip(wanted: Wanted, direction: Direction) -> WantedObject:
    return _rule(
        strip_rule_name(direction),
        "Our header with its secret reaches neither a mailbox nor the Internet.",
        HeaderContainsMessageHeader=RETURN[direction],
        HeaderContainsWords=_sorted(wanted.secrets.returns[direction]),
        RemoveHeader=RETURN[direction],
    )


def _sorted(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(values))


def _found(item: Json, places: dict[str, int]) -> FoundObject:
    properties: Properties = {}
    for name in STORED:
        value = item.get(name)
        if name in FLAGS:
            properties[name] = bool(value)
        elif name in LISTS:
            properties[name] = tuple(sorted(str(one) for one in value or ()))
        else:
            properties[name] = text(item, name)
    rule = str(item["Name"])
    early = any(places.get(other, -1) > places[rule] for other in FOLLOWS.get(rule, ()))
    properties |= {
        "RuleErrorAction": properties["RuleErrorAction"] or "Ignore",
        "Mode": properties["Mode"] or "Enforce",
        "Enabled": text(item, "State") != "Disabled",
        PLACE: TOO_EARLY if early else IN_ORDER,
    }
    return FoundObject(rule, properties, text(item, "Comments"), places[rule])


TRANSPORT_RULES = TransportRules()
