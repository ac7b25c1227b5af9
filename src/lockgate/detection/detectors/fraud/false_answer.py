"""The subject claims to be an answer, and nothing shows a conversation: no reference and no quoted words.

Why it matters: `Re:` opens more letters than any other word; programs that answer say what they answer.
Known false positives: people who type `Re:` as in old letters; programs of telephones that leave references out.
References: RFC 5322 §3.6.4, §3.6.5.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_ANSWER = re.compile(r"^\s*(?:re|aw|sv|antw|rif|返信|回复)\s*[:：]\s*\S", re.IGNORECASE)
_QUOTED = re.compile(
    r"^\s{0,9}>|\bwrote:|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|^(?:from|von|de|da|van): ",
    re.IGNORECASE | re.MULTILINE,
)


@detector("fraud.false-answer", Category.FRAUD, weight=0.6, direction=Direction.INBOUND)
def false_answer(
    message: Message, content: Content, origin: Origin, history: SenderHistory | None
) -> Iterator[Outcome]:
    author = content.header_from
    if _ANSWER.match(message.subject) is None or content.is_discussion or origin.is_internal(author.domain):
        return
    if any(message.header(name) for name in ("In-Reply-To", "References", "Thread-Index", "List-Id")):
        return
    if (history is not None and history.known) or _QUOTED.search(message.visible_text[:30_000]):
        return
    strength = 0.8 if covers("free_mail", author.domain) else 0.3
    yield Found("the subject claims to be an answer, and nothing is answered",
                (Evidence("header Subject", message.subject),), strength)  # fmt: skip
