"""What happened: calls, steps of messages, mail that left for the Internet, and mail in mailboxes."""

import base64
import email
import email.policy
from fnmatch import fnmatchcase

from fastapi import APIRouter

from m365_simulator.control.json_values import Properties
from m365_simulator.control.lookup import tenant_named, user_named
from m365_simulator.world import Call, InternetMessage, MessageHop, StoredMessage, World


def routes(world: World) -> APIRouter:
    """GET routes only."""
    router = APIRouter()

    @router.get("/history")
    def history(
        surface: str = "", method: str = "", target: str = "*", tenant: str = "", status: int = 0, last: int = 0
    ) -> list[Properties]:
        """Every request to a simulated API, oldest first. `target` is a glob, `last` keeps only that many."""
        found = [
            call
            for call in world.history
            if (not surface or call.surface == surface)
            and (not method or call.method == method.upper())
            and (not status or call.status == status)
            and (not tenant or call.tenant_id == tenant_named(world, tenant).id)
            and fnmatchcase(call.target, target)
        ]
        return [_call(call) for call in found[-last:]]

    router.include_router(_mail_routes(world))
    return router


def _mail_routes(world: World) -> APIRouter:
    router = APIRouter()

    @router.get("/hops")
    def hops(event: str = "", tenant: str = "") -> list[Properties]:
        """Every step of every message, oldest first."""
        wanted = tenant_named(world, tenant).id if tenant else ""
        return [
            _hop(hop)
            for hop in world.hops
            if (not event or hop.event == event) and (not wanted or hop.tenant_id == wanted)
        ]

    @router.get("/messages/{network_message_id}")
    def message(network_message_id: str) -> list[Properties]:
        """The steps of one message."""
        wanted = network_message_id.lower()
        return [_hop(hop) for hop in world.hops if hop.network_message_id.lower() == wanted]

    @router.get("/internet")
    def internet(recipient: str = "") -> list[Properties]:
        """Messages that were delivered to the outside world."""
        wanted = recipient.lower()
        return [_left(item) for item in world.internet if not wanted or item.recipient.lower() == wanted]

    @router.get("/mailboxes/{address}")
    def mailbox(address: str, folder: str = "") -> list[Properties]:
        """The messages of a mailbox, oldest first."""
        tenant, user = user_named(world, address)
        box = tenant.mailboxes.get(user.id)
        stored = box.messages if box is not None else []
        return [_stored(item) for item in stored if not folder or item.folder == folder]

    return router


def _call(call: Call) -> Properties:
    return {
        "time": call.time.isoformat(),
        "surface": call.surface,
        "method": call.method,
        "target": call.target,
        "status": call.status,
        "tenant_id": call.tenant_id,
        "detail": call.detail,
    }


def _hop(hop: MessageHop) -> Properties:
    return {
        "time": hop.time.isoformat(),
        "network_message_id": hop.network_message_id,
        "tenant_id": hop.tenant_id,
        "event": hop.event,
        "detail": hop.detail,
    }


def _left(item: InternetMessage) -> Properties:
    return {
        "received": item.received.isoformat(),
        "mail_from": item.mail_from,
        "recipient": item.recipient,
        **_content(item.content),
    }


def _stored(item: StoredMessage) -> Properties:
    return {
        "id": item.id,
        "folder": item.folder,
        "received": item.received.isoformat(),
        "network_message_id": item.network_message_id,
        "mail_from": item.mail_from,
        **_content(item.content),
    }


def _content(content: bytes) -> Properties:
    """A few header fields for people, and the whole as base64, because mail need not be text."""
    message = email.message_from_bytes(content.partition(b"\r\n\r\n")[0], policy=email.policy.compat32)
    return {
        "subject": str(message.get("Subject", "")),
        "message_id": str(message.get("Message-ID", "")).strip(),
        "size": len(content),
        "content_base64": base64.b64encode(content).decode(),
    }
