"""What expressions see of a message: plain maps and lists, bounded, in names that docs/correlation.md explains."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from lockgate.detection.content import Content
from lockgate.detection.correlation.expressions import Lazily, Value
from lockgate.model.facts import ExchangeVerdict, Facts, Origin, SenderAuthentication, SenderHistory
from lockgate.model.findings import Finding
from lockgate.model.message import Mailbox, Message

TEXT = 100_000  # characters of the text
LISTED = 100  # links and attachments
HEADER = 1_000  # characters of one field


def of_message(message: Message, content: Content, facts: Facts) -> dict[str, Callable[[], Value]]:
    """Everything but what the detectors said."""
    return {
        "message": lambda: _message(message, content),
        "links": lambda: _links(content),
        "attachments": lambda: _attachments(content),
        "origin": lambda: _origin(facts),
        "authentication": lambda: _authentication(facts),
        "exchange": lambda: _exchange(facts),
        "sender": lambda: _sender(facts, content.header_from),
    }


def of_findings(findings: Sequence[Finding], score: float, verdict: str) -> dict[str, Callable[[], Value]]:
    """What the detectors said; these can be had of past mail, too."""
    return {
        "findings": lambda: {finding.detector: finding.weight for finding in findings},
        "labels": lambda: sorted({label for finding in findings for label in finding.labels}),
        "families": lambda: _families(findings),
        "score": lambda: score,
        "verdict": lambda: verdict,
    }


def together(*makers: Mapping[str, Callable[[], Value]]) -> Lazily:
    """One set of variables."""
    return Lazily({name: make for group in makers for name, make in group.items()})


def _families(findings: Sequence[Finding]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for finding in findings:
        sums[finding.category.value] = sums.get(finding.category.value, 0.0) + finding.weight
    return sums


def _message(message: Message, content: Content) -> dict[str, Value]:
    author = content.header_from
    headers: dict[str, list[str]] = {}
    for field in message.headers[:200]:
        headers.setdefault(field.name.lower(), []).append(field.value[:HEADER])
    return {
        "subject": message.subject,
        "text": message.visible_text[:TEXT],
        "hidden_text": message.hidden_text[:TEXT],
        "size": message.size,
        "from_name": author.display_name,
        "from_address": author.address.lower(),
        "from_domain": author.domain,
        "reply_to": [mailbox.address.lower() for mailbox in message.reply_to[:LISTED]],
        "to": _addresses(message.to),
        "cc": _addresses(message.cc),
        "headers": headers,
        "defects": [defect.id for defect in message.defects],
        "is_list": message.is_mailing_list,
        "is_answer": message.header("In-Reply-To") is not None or message.header("References") is not None,
    }


def _addresses(mailboxes: Sequence[Mailbox]) -> list[str]:
    return [mailbox.address.lower() for mailbox in mailboxes[:LISTED]]


def _links(content: Content) -> list[Value]:
    return [
        {"url": target.url, "written": target.link.url, "host": target.host, "domain": target.domain,
         "text": target.link.text[:HEADER], "source": target.link.source.value, "via": target.via}
        for target in content.targets[:LISTED]
    ]  # fmt: skip


def _attachments(content: Content) -> list[Value]:
    return [
        {"name": file.name, "kind": file.kind.id, "family": file.kind.family.value, "size": len(file.content),
         "sha256": hashlib.sha256(file.content).hexdigest(), "nested": file.is_nested}
        for file in content.files[:LISTED]
    ]  # fmt: skip


def _origin(facts: Facts) -> dict[str, Value]:
    origin = facts.get(Origin)
    if origin is None:
        return {}
    return {
        "direction": origin.direction.value,
        "mail_from": origin.mail_from.lower(),
        "recipients": [address.lower() for address in origin.rcpt_tos],
        "internal_domains": sorted(origin.internal_domains),
        "client_ip": origin.client_ip,
        "helo": origin.helo,
    }


def _authentication(facts: Facts) -> dict[str, Value]:
    found = facts.get(SenderAuthentication)
    if found is None:
        return {"spf": "", "dkim": "", "dmarc": "", "arc": "", "compauth": ""}
    return {"spf": found.spf, "dkim": found.dkim, "dmarc": found.dmarc, "arc": found.arc, "compauth": found.compauth}


def _exchange(facts: Facts) -> dict[str, Value]:
    found = facts.get(ExchangeVerdict)
    scl = found.spam_confidence if found else None
    bcl = found.bulk_complaint if found else None
    return {
        "scl": -9 if scl is None else scl,
        "bcl": -9 if bcl is None else bcl,
        "category": found.category if found else "",
        "country": found.country if found else "",
    }


def _sender(facts: Facts, author: Mailbox) -> dict[str, Value]:
    history = facts.get(SenderHistory)
    origin = facts.get(Origin)
    days = -1
    if history is not None and history.first_seen is not None and origin is not None and origin.received_at is not None:
        days = (origin.received_at - history.first_seen).days
    return {
        "known": history is not None and history.known,
        "messages": history.messages if history else 0,
        "wrote_to": history.wrote_to if history else 0,
        "days_known": days,
        "is_internal": origin is not None and bool(author.domain) and origin.is_internal(author.domain),
    }
