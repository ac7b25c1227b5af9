"""What a rule does to a message and where it sends it."""

import re
from dataclasses import dataclass, field, replace
from email.header import Header

from m365_simulator.exchange_admin.organisation import TransportRuleView, text, texts
from m365_simulator.mail_flow import filtering, identities
from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.mail_flow.message import Message, Recipient
from m365_simulator.mail_flow.rules.facts import Facts, find_user


@dataclass(frozen=True, slots=True)
class Fate:
    """What the rules have decided for one branch of a message; the defaults mean: go on as usual."""

    connector: str = ""
    require_tls: bool = False
    quarantined_by: str = ""
    deleted_by: str = ""
    rejection: str = ""  # a full SMTP-style reply for the non-delivery report
    stopped: bool = False

    @property
    def final(self) -> bool:
        """Whether no later rule may look at this branch."""
        return bool(self.stopped or self.quarantined_by or self.deleted_by or self.rejection)


@dataclass(frozen=True, slots=True)
class Branch:
    """A message with those recipients that have shared every rule so far."""

    message: Message
    fate: Fate = field(default_factory=Fate)
    applied: tuple[str, ...] = ()


def apply(rule: TransportRuleView, branch: Branch, facts: Facts, *, first_route: bool = False) -> Branch:
    """The branch after one matching rule; of several that route, the last one counts, or the `first_route`."""
    message = _content(rule, branch.message)
    message = _recipients(rule, message, facts)
    if rule.set_scl is not None:
        message = replace(message, verdict=filtering.by_rule(message.verdict, rule.set_scl))
    return Branch(message, _fate(rule, branch.fate, first_route), (*branch.applied, rule.name))


def _fate(rule: TransportRuleView, fate: Fate, first_route: bool) -> Fate:
    actions = rule.actions
    if rule.route_connector and not (first_route and fate.connector):
        fate = replace(fate, connector=rule.route_connector)
    if rule.route_requires_tls:
        fate = replace(fate, require_tls=True)
    if actions.get("Quarantine"):
        fate = replace(fate, quarantined_by=rule.name)
    if actions.get("DeleteMessage"):
        fate = replace(fate, deleted_by=rule.name)
    code, reason = text(actions, "RejectMessageEnhancedStatusCode"), text(actions, "RejectMessageReasonText")
    if code or reason:
        fate = replace(fate, rejection=f"550 {code or '5.7.1'} TRANSPORT.RULES.RejectMessage; {reason}")
    return replace(fate, stopped=fate.stopped or rule.stop_processing)


def _content(rule: TransportRuleView, message: Message) -> Message:
    block = HeaderBlock(message.content)
    removed = text(rule.actions, "RemoveHeader").lower()
    if removed:
        block.remove(lambda name: name == removed)
    if rule.set_header is not None:
        block.replace(*rule.set_header)
    prefix = text(rule.actions, "PrependSubject")
    if prefix:
        subject = prefix + identities.subject(block)
        block.replace("Subject", subject if subject.isascii() else Header(subject, "utf-8").encode(linesep="\r\n"))
    content = block.content()
    disclaimer = text(rule.actions, "ApplyHtmlDisclaimerText")
    if disclaimer:
        content = with_disclaimer(content, disclaimer, text(rule.actions, "ApplyHtmlDisclaimerLocation"))
    return message.with_content(content)


def with_disclaimer(content: bytes, html: str, location: str) -> bytes:
    """Exchange's disclaimer, simply: only in messages whose whole body is one unencoded text part."""
    block = HeaderBlock(content)
    if block.first("Content-Transfer-Encoding").lower() not in {"", "7bit", "8bit"}:
        return content
    kind = block.first("Content-Type").lower()
    addition = html if kind.startswith("text/html") else re.sub(r"<[^>]+>", "", html)
    if kind and not kind.startswith(("text/html", "text/plain")):
        return content
    body = block.rest[2:]
    added = addition.encode() + b"\r\n"
    if location == "Prepend":
        block.rest = b"\r\n" + added + body
    elif b"</body>" in body:
        block.rest = b"\r\n" + body.replace(b"</body>", added + b"</body>", 1)
    else:
        block.rest = b"\r\n" + body + added
    return block.content()


def _recipients(rule: TransportRuleView, message: Message, facts: Facts) -> Message:
    redirected = texts(rule.actions, "RedirectMessageTo")
    recipients = message.envelope.recipients
    if redirected:
        recipients = tuple(_resolve(name, facts) for name in redirected)
    known = {recipient.address.lower() for recipient in recipients}
    for action in ("BlindCopyTo", "CopyTo", "AddToRecipients"):
        added = [_resolve(name, facts) for name in texts(rule.actions, action)]
        recipients += tuple(one for one in added if one.address.lower() not in known)
    return message.with_recipients(recipients)


def _resolve(name: str, facts: Facts) -> Recipient:
    user = find_user(facts.tenant, name)
    return Recipient(user.mail if user else name, original=name)
