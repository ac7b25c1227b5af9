"""Sends a demo message as its real sender would, and says what differs between what was expected and what happened."""

import base64
import smtplib
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from tools.demo.messages.expectation import NOWHERE, DemoMessage, Expected

PASSWORD = "Contoso-demo-1"  # everybody's in the simulated tenant  # noqa: S105
Control = Callable[[str, dict[str, object]], object]
"""A POST to the simulation's control API: path below `/_control`, body; the decoded answer."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A message as it lies in a mailbox folder, or on the Internet."""

    recipient: str
    folder: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Observed:
    """What became of a message for one recipient; `unchanged` is None when no copy arrived."""

    outcome: State | None
    folder: str
    reason: str
    unchanged: bool | None
    copies: int


def send(message: DemoMessage, control: Control, submission: str, authority: Path) -> None:
    """Hand the message over: from outside to the tenant's mail exchanger, or signed in at `submission` (`host:port`).

    Raises RuntimeError with the reply when the tenant does not take it.
    """
    if message.direction is Direction.OUTBOUND:
        _submit(message, submission, authority)
        return
    body = {
        "mail_from": message.mail_from,
        "recipients": list(message.rcpt_tos),
        "content_base64": base64.b64encode(message.content).decode(),
        "smtputf8": message.smtputf8,
    }
    answers = control("/internet", body)
    if not isinstance(answers, list) or any(answer["code"] != 250 for answer in answers):
        raise RuntimeError(f"{message.name} was not taken: {answers}")


def _submit(message: DemoMessage, submission: str, authority: Path) -> None:
    host, _, port = submission.rpartition(":")
    context = ssl.create_default_context(cafile=str(authority))
    context.check_hostname = False  # the simulation is reached by address; the chain is verified
    with smtplib.SMTP(host, int(port), timeout=60) as connection:
        connection.starttls(context=context)
        connection.login(message.mail_from, PASSWORD)
        refused = connection.sendmail(message.mail_from, message.rcpt_tos, message.content, ["BODY=8BITMIME"])
    if refused:
        raise RuntimeError(f"{message.name} was not taken for {refused}")


def observe(
    message: DemoMessage, expected: Expected, copies: Iterable[Copy], outcome: State | None, reason: str
) -> Observed:
    """What happened, from all copies in mailboxes and outside, and from the message trace."""
    mine = [
        copy
        for copy in copies
        if copy.recipient.lower() == expected.recipient.lower() and message.is_copy(copy.content)
    ]
    arrived = [copy for copy in mine if copy.folder != "sentitems"]
    folder = arrived[0].folder if arrived else NOWHERE
    unchanged = all(message.is_unchanged(copy.content) for copy in arrived) if arrived else None
    return Observed(outcome, folder, reason, unchanged, len(arrived))


def mistakes(expected: Expected, observed: Observed, copies: Iterable[Copy] = ()) -> list[str]:
    """Everything that is not as expected, as short sentences; empty when all is well."""
    found = []
    if observed.outcome is not expected.outcome:
        found.append(f"is {observed.outcome or 'unknown'}, not {expected.outcome}")
    if observed.folder != expected.folder:
        found.append(f"lies in {observed.folder or 'no folder'}, not in {expected.folder or 'none'}")
    if observed.unchanged is not expected.unchanged:
        found.append(f"bytes unchanged: {observed.unchanged}, not {expected.unchanged}")
    if expected.reason not in observed.reason:
        found.append(f"reason lacks '{expected.reason}': {observed.reason}")
    if observed.copies > 1:
        found.append(f"arrived {observed.copies} times")
    contents = [copy.content for copy in copies]
    found += [f"no copy shows {shown!r}" for shown in expected.shows if not any(shown in text for text in contents)]
    return found
