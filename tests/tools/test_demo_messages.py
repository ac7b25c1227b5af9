"""The messages of the demo, judged and decided offline: each one meets the fate that the demo expects."""

import os
from collections import Counter
from pathlib import Path

import pytest

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.engine import inspect
from lockgate.mime.changes import NotChanged, add_disclaimer, tag_subject
from lockgate.mime.parser import parse
from lockgate.model.decision import Changes, Decision, Fate
from lockgate.model.envelope import Direction
from lockgate.model.facts import (
    ExchangeVerdict,
    Fact,
    Facts,
    Origin,
    ProtectedIdentities,
    ProtectedPerson,
    SenderAuthentication,
    SenderHistory,
)
from lockgate.model.lifecycle import State
from lockgate.model.policy import RecipientProfile
from lockgate.policy import validation
from lockgate.policy.engine import decide
from tools.demo.messages import DemoMessage, demo_messages, lures
from tools.demo.messages.expectation import Expected
from tools.demo.messages.people import MARGARET, ROBERT
from tools.demo.policies import demo_policies, demo_policy_set

CORPUS = os.environ.get("LOCKGATE_CORPUS")
MESSAGES = demo_messages()
BY_NAME = {message.name: message for message in MESSAGES}
OWN = frozenset({"contoso.example", "gw.mail.contoso.example", "contoso.onmicrosoft.com"})
PROTECTED = ProtectedIdentities(
    (
        ProtectedPerson("Margaret Holloway", frozenset({MARGARET, "ceo@contoso.example"})),
        ProtectedPerson("Robert Fenwick", frozenset({ROBERT, "cfo@contoso.example"})),
    ),
    OWN,
)
STATES = {
    Fate.RELAY: State.RELAYED,
    Fate.JUNK: State.JUNKED,
    Fate.QUARANTINE: State.QUARANTINED,
    Fate.DELETE: State.DELETED,
    Fate.TRY_LATER: State.DEFERRED,
}


def known(message: DemoMessage, history: SenderHistory) -> Facts:
    """What the mail path knows: every sender is authenticated, an attacker for a domain of his own."""
    forged = b"\r\nFrom: IT Support <it.support@contoso.example>" in message.content
    facts: list[Fact] = [Origin(message.direction, message.mail_from, message.rcpt_tos, OWN), PROTECTED, history]
    if message.direction is Direction.INBOUND:
        dmarc = "fail" if forged else "pass"
        sent_by = message.mail_from.rpartition("@")[2]
        facts.append(SenderAuthentication("pass", "none", dmarc, "exchange", spf_domain=sent_by, compauth=dmarc))
        facts.append(ExchangeVerdict(1, 0, "NONE", "NSPM"))
    return Facts(tuple(facts))


def fates(message: DemoMessage, history: SenderHistory) -> list[tuple[Expected, Decision]]:
    report = inspect(parse(message.content), known(message, history), default_catalogue())
    policies = demo_policy_set("contoso", message.direction)

    def fate(one: Expected) -> Decision:
        protected = one.recipient if message.direction is Direction.INBOUND else message.mail_from
        return decide(report, one.recipient, RecipientProfile(protected, frozenset({protected})), policies)

    return [(one, fate(one)) for one in message.expected]


def after(content: bytes, changes: Changes) -> bytes:
    """The copy that is relayed."""
    for text, change in ((changes.disclaimer, add_disclaimer), (changes.subject_prefix, tag_subject)):
        result = change(content, text) if text else content
        content = content if isinstance(result, NotChanged) else result
    return content


@pytest.mark.parametrize("name", list(BY_NAME))
def test_every_recipient_meets_the_expected_fate(name: str) -> None:
    check(BY_NAME[name], SenderHistory(0))


@pytest.mark.parametrize("name", [name for name in BY_NAME if name not in {one.name for one in lures.messages()}])
def test_what_is_no_lure_meets_the_same_fate_when_the_sender_is_known(name: str) -> None:
    check(BY_NAME[name], SenderHistory(2, None, 1))


def check(message: DemoMessage, history: SenderHistory) -> None:
    for expected, decision in fates(message, history):
        assert STATES[decision.fate] is expected.outcome, decision.explanation
        assert expected.reason in decision.explanation
        if expected.unchanged is not None:
            copy = after(message.content, decision.changes)
            assert (copy == message.content) is expected.unchanged
            assert all(shown in copy for shown in expected.shows)
            assert message.is_copy(b"Received: from here\r\n" + copy)


def test_the_list_covers_what_the_demo_promises() -> None:
    recipients = [(message, one) for message in MESSAGES for one in message.expected]
    assert len(MESSAGES) >= 50
    assert len(BY_NAME) == len(MESSAGES)
    assert {message.direction for message in MESSAGES} == set(Direction)
    outcomes = Counter(one.outcome for _, one in recipients)
    assert set(outcomes) == {State.RELAYED, State.JUNKED, State.QUARANTINED, State.DELETED}
    assert sum(len(message.content) > 25 * 1024 * 1024 for message in MESSAGES) == 1
    assert len({one.outcome for one in BY_NAME["three-fates"].expected}) == 3
    identities = [message.internet_message_id for message in MESSAGES]
    assert all(identities)
    assert len(set(identities)) == len(identities)


def test_messages_are_clean_on_the_wire() -> None:
    for message in MESSAGES:
        rest = message.content.replace(b"\r\n", b"")
        assert b"\r" not in rest
        assert b"\n" not in rest
        assert max(map(len, message.content.split(b"\r\n"))) <= 998
        assert message.smtputf8 or message.content.partition(b"\r\n\r\n")[0].isascii()


@pytest.mark.parametrize("direction", list(Direction))
def test_the_policies_are_valid(direction: Direction) -> None:
    policies = demo_policies(direction)
    assert [problem for policy in policies for problem in validation.problems(policy)] == []
    assert [policy.priority for policy in policies] == list(range(1, len(policies) + 1))
    assert len({policy.id for policy in policies}) == len(policies)


@pytest.mark.skipif(not CORPUS, reason="LOCKGATE_CORPUS names no folder of real samples")
def test_real_samples_are_stopped() -> None:
    real = demo_messages(Path(CORPUS or ""))[len(MESSAGES) :]
    assert len(real) >= 3
    for message in real:
        for expected, decision in fates(message, SenderHistory(0)):
            assert STATES[decision.fate] is expected.outcome, decision.explanation
