"""When a rule matches. Conditions are ANDed, the values of one are ORed; exceptions are ORed.

A condition about recipients is asked once for each recipient (the message is split where answers differ),
the others once for the message. A condition that the simulation cannot judge never matches and is recorded.
"""

import re
from collections.abc import Callable

from m365_simulator.exchange_admin.organisation import TransportRuleView, texts
from m365_simulator.mail_flow import identities
from m365_simulator.mail_flow.addresses import domain_or_below, ip_listed
from m365_simulator.mail_flow.message import Recipient, domain_of
from m365_simulator.mail_flow.rules import message_types
from m365_simulator.mail_flow.rules.facts import Facts
from m365_simulator.world import Properties

MessageTest = Callable[[Facts, list[str]], bool]
RecipientTest = Callable[[Facts, list[str], str], bool]


def _words(values: list[str], text: str) -> bool:
    """Exchange's Contains: the words or phrases as whole words, case ignored."""
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) for word in values)


def _patterns(values: list[str], text: str) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in values)


def _any_address(test: Callable[[list[str], str], bool], facts: Facts, values: list[str]) -> bool:
    return any(test(values, address) for address in facts.message.addresses)


def _header_recipients(*fields: str) -> MessageTest:
    def test(facts: Facts, values: list[str]) -> bool:
        found = identities.addresses(facts.block, *fields)
        return any(facts.same_recipient(address, value) for address in found for value in values)

    return test


def _header_members(*fields: str) -> MessageTest:
    def test(facts: Facts, values: list[str]) -> bool:
        found = identities.addresses(facts.block, *fields)
        return any(address in facts.members(group) for address in found for group in values)

    return test


def _size_over(size: int, values: list[str]) -> bool:
    return any(size > byte_count(value) for value in values)


def byte_count(text: str) -> int:
    """`10 MB`, `10MB`, `512KB`, `10485760` or `10 MB (10,485,760 bytes)` in octets."""
    exact = re.search(r"\(([\d,]+) bytes\)", text)
    if exact:
        return int(exact[1].replace(",", ""))
    match = re.match(r"\s*([\d.]+)\s*([KMGT]?)B?", text, re.IGNORECASE)
    if match is None:
        return 0
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " "))


MESSAGE_TESTS: dict[str, MessageTest] = {
    "FromScope": lambda facts, values: ("InOrganization" if facts.from_inside else "NotInOrganization") in values,
    "From": lambda facts, values: any(facts.same_recipient(s, v) for s in facts.senders() for v in values),
    "FromMemberOf": lambda facts, values: any(s in facts.members(v) for s in facts.senders() for v in values),
    "SenderDomainIs": lambda facts, values: any(
        domain_or_below(domain_of(sender), value) for sender in facts.senders() for value in values
    ),
    "FromAddressContainsWords": lambda facts, values: any(_words(values, sender) for sender in facts.senders()),
    "FromAddressMatchesPatterns": lambda facts, values: any(_patterns(values, s) for s in facts.senders()),
    "SenderIpRanges": lambda facts, values: ip_listed(facts.message.origin.client_ip, values),
    "SubjectContainsWords": lambda facts, values: _words(values, identities.subject(facts.block)),
    "SubjectMatchesPatterns": lambda facts, values: _patterns(values, identities.subject(facts.block)),
    "SubjectOrBodyContainsWords": lambda facts, values: _words(
        values, identities.subject(facts.block) + "\n" + facts.body_text
    ),
    "SubjectOrBodyMatchesPatterns": lambda facts, values: _patterns(
        values, identities.subject(facts.block) + "\n" + facts.body_text
    ),
    "AnyOfToHeader": _header_recipients("To"),
    "AnyOfCcHeader": _header_recipients("Cc"),
    "AnyOfToCcHeader": _header_recipients("To", "Cc"),
    "AnyOfToHeaderMemberOf": _header_members("To"),
    "AnyOfCcHeaderMemberOf": _header_members("Cc"),
    "AnyOfToCcHeaderMemberOf": _header_members("To", "Cc"),
    "AnyOfRecipientAddressContainsWords": lambda facts, values: _any_address(_words, facts, values),
    "AnyOfRecipientAddressMatchesPatterns": lambda facts, values: _any_address(_patterns, facts, values),
    "SCLOver": lambda facts, values: any(facts.message.verdict.scl >= int(value) for value in values),
    "MessageTypeMatches": lambda facts, values: any(message_types.matches(facts, value) for value in values),
    "MessageSizeOver": lambda facts, values: _size_over(len(facts.message.content), values),
    "AttachmentSizeOver": lambda facts, values: any(
        _size_over(len(part.get_payload(decode=True) or b""), values)
        for part in facts.parsed.walk()
        if part.get_filename()
    ),
    "AttachmentExtensionMatchesWords": lambda facts, values: any(
        name.endswith("." + value.lower().lstrip(".")) for name in facts.attachment_names for value in values
    ),
    "AttachmentNameMatchesPatterns": lambda facts, values: any(_patterns(values, n) for n in facts.attachment_names),
    "WithImportance": lambda facts, values: (facts.block.first("Importance") or "normal").capitalize() in values,
}

RECIPIENT_TESTS: dict[str, RecipientTest] = {
    "SentToScope": lambda facts, values, address: (
        ("InOrganization" if facts.inside(address) else "NotInOrganization") in values
    ),
    "SentTo": lambda facts, values, address: any(facts.same_recipient(address, value) for value in values),
    "SentToMemberOf": lambda facts, values, address: any(address.lower() in facts.members(v) for v in values),
    "RecipientDomainIs": lambda _facts, values, address: any(
        domain_or_below(domain_of(address), value) for value in values
    ),
    "RecipientAddressContainsWords": lambda _facts, values, address: _words(values, address),
    "RecipientAddressMatchesPatterns": lambda _facts, values, address: _patterns(values, address),
}

# Judged as pairs below, or a half of another condition.
_PAIRED = {
    "HeaderContainsMessageHeader",
    "HeaderContainsWords",
    "HeaderMatchesMessageHeader",
    "HeaderMatchesPatterns",
    "BetweenMemberOf1",
    "BetweenMemberOf2",
}


def unjudged(rule: TransportRuleView) -> list[str]:
    """The conditions and exceptions of a rule that the simulation does not understand."""
    known = MESSAGE_TESTS.keys() | RECIPIENT_TESTS.keys() | _PAIRED
    return sorted((rule.conditions.keys() | rule.exceptions.keys()) - known)


def matching(rule: TransportRuleView, facts: Facts) -> tuple[Recipient, ...]:
    """The recipients for whom the rule applies; all, some or none."""
    if unjudged_conditions(rule) or not _message_level(rule.conditions, facts, all):
        return ()
    if _message_level(rule.exceptions, facts, any):
        return ()
    return tuple(
        recipient
        for recipient in facts.message.envelope.recipients
        if _recipient_level(rule.conditions, facts, recipient, all)
        and not _recipient_level(rule.exceptions, facts, recipient, any)
    )


def unjudged_conditions(rule: TransportRuleView) -> bool:
    """Whether a condition (not an exception) is beyond the simulation."""
    return bool(set(unjudged(rule)) & rule.conditions.keys())


def _message_level(tests: Properties, facts: Facts, combine: Callable[[list[bool]], bool]) -> bool:
    results = [test(facts, texts(tests, name)) for name, test in MESSAGE_TESTS.items() if name in tests]
    results += _pairs(tests, facts)
    return combine(results)


def _recipient_level(
    tests: Properties, facts: Facts, recipient: Recipient, combine: Callable[[list[bool]], bool]
) -> bool:
    original = facts.recipient_type == "Original"
    address = (recipient.original or recipient.address) if original else recipient.address
    results = [test(facts, texts(tests, name), address) for name, test in RECIPIENT_TESTS.items() if name in tests]
    if "BetweenMemberOf1" in tests:
        results.append(_between(facts, tests, address))
    return combine(results)


def _pairs(tests: Properties, facts: Facts) -> list[bool]:
    results: list[bool] = []
    for field, values, test in (
        ("HeaderContainsMessageHeader", "HeaderContainsWords", _words),
        ("HeaderMatchesMessageHeader", "HeaderMatchesPatterns", _patterns),
    ):
        if field in tests:
            found = facts.block.decoded(str(tests[field]))
            results.append(any(test(texts(tests, values), value) for value in found))
    return results


def _between(facts: Facts, tests: Properties, address: str) -> bool:
    one = [member for group in texts(tests, "BetweenMemberOf1") for member in facts.members(group)]
    other = [member for group in texts(tests, "BetweenMemberOf2") for member in facts.members(group)]
    recipient = address.lower()
    return any((s in one and recipient in other) or (s in other and recipient in one) for s in facts.senders())
