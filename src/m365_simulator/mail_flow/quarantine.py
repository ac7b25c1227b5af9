"""The tenant's own quarantine: records under the Exchange noun `QuarantineMessage`, content as base64."""

import base64
from datetime import datetime

from m365_simulator.exchange_admin.organisation import text
from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.mail_flow.identities import subject
from m365_simulator.mail_flow.message import Message
from m365_simulator.world import JsonValue, Properties, StoredMessage, Tenant, new_guid


def hold(tenant: Tenant, message: Message, kind: str, policy_name: str) -> str:
    """Keep a message for its recipients; returns the identity. `kind` is TransportRule, Spam, Phish, ..."""
    identity = f"{message.network_message_id}\\{new_guid()}"
    block = HeaderBlock(message.content)
    record: Properties = {
        "Identity": identity,
        "ReceivedTime": message.arrived.isoformat(),
        "SenderAddress": message.envelope.mail_from,
        "RecipientAddress": list[JsonValue](message.addresses),
        "Subject": subject(block),
        "MessageId": block.first("Message-ID"),
        "Type": kind,
        "PolicyName": policy_name,
        "Size": len(message.content),
        "ReleaseStatus": "NOTRELEASED",
        "Content": base64.b64encode(message.content).decode(),
    }
    tenant.exchange.objects.setdefault("QuarantineMessage", {})[identity] = record
    return identity


def release(tenant: Tenant, identity: str, now: datetime) -> list[str]:
    """Put a held message into its recipients' inboxes, without rules or filter; returns who got it."""
    record = tenant.exchange.objects.get("QuarantineMessage", {}).get(identity)
    if record is None or record.get("ReleaseStatus") == "RELEASED":
        return []
    content = base64.b64decode(text(record, "Content"))
    recipients = record.get("RecipientAddress")
    reached: list[str] = []
    for address in recipients if isinstance(recipients, list) else []:
        user = tenant.user_by_address(str(address))
        if user is not None and user.id in tenant.mailboxes:
            stored = StoredMessage("inbox", content, now, mail_from=text(record, "SenderAddress"))
            tenant.mailboxes[user.id].messages.append(stored)
            reached.append(str(address))
    record["ReleaseStatus"] = "RELEASED"
    return reached
