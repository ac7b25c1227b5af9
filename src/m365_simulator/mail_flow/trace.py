"""Writes what happens to messages into `World.hops`; the one place that knows the shape of an entry."""

from m365_simulator.mail_flow.message import Message
from m365_simulator.world import JsonValue, MessageHop, Properties, World

MAX_HOPS = 200_000  # the oldest half is forgotten beyond this


def note(world: World, message: Message, event: str, **detail: JsonValue) -> None:
    """Record one step of one message, with its present envelope."""
    known: Properties = {
        "mail_from": message.envelope.mail_from,
        "recipients": list[JsonValue](message.addresses),
    }
    entry = MessageHop(world.clock.now(), message.network_message_id, message.tenant_id, event, {**known, **detail})
    world.hops.append(entry)
    if len(world.hops) > MAX_HOPS:
        del world.hops[: MAX_HOPS // 2]


def refused(world: World, client_ip: str, mail_from: str, recipient: str, reply: str, tenant_id: str = "") -> None:
    """Record a refusal at the door; there is no message yet."""
    detail: Properties = {
        "client_ip": client_ip,
        "mail_from": mail_from,
        "recipients": [recipient] if recipient else [],
        "reply": reply,
    }
    world.hops.append(MessageHop(world.clock.now(), "", tenant_id, "REFUSE", detail))
