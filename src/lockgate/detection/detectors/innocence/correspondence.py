"""Somebody here wrote to this address before, or has had its mail for a while.

Why it matters: strangers are dangerous, acquaintances seldom; the exception is an account that was broken into, and
links and files are judged all the same.
Known false positives: hijacked conversations.
References: Ho et al., "Detecting Credential Spearphishing in Enterprise Settings", 2017.
"""

from collections.abc import Iterator

from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.facts import SenderAuthentication, SenderHistory
from lockgate.model.findings import Category, Evidence


@detector("innocence.correspondence", Category.INNOCENCE, weight=-2.0, direction=Direction.INBOUND, about=SenderHistory)
def correspondence(history: SenderHistory, authentication: SenderAuthentication | None) -> Iterator[Outcome]:
    if not history.known:
        return
    if authentication is not None and authentication.dmarc == "fail" and authentication.compauth != "pass":
        return  # whoever this is, it is not shown to be the one we know
    shown = f"{history.messages} messages from there, {history.wrote_to} to there"
    strength = 1.0 if history.wrote_to else 0.6 if history.messages >= 3 else 0.3
    yield Found("the sender is known here", (Evidence("history", shown),), strength)
