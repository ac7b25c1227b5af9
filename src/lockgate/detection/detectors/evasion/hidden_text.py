"""The HTML holds much text that a reader does not see.

Why it matters: hidden words of novels or news teach a word-counting filter that the message is harmless.
Known false positives: preview texts and alternative layouts for telephones (short, or the same words as shown).
References: Graham-Cumming, "The Spammers' Compendium"; Cisco Talos, "Hidden text salting".
"""

from collections.abc import Iterator
from itertools import filterfalse

from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

LEAST = 400


@detector("evasion.hidden-text", Category.EVASION, weight=1.2)
def hidden_text(message: Message) -> Iterator[Outcome]:
    if len(message.hidden_text) < LEAST:
        return
    hidden, shown = message.hidden_text[:60_000].split(), set(message.visible_text[:60_000].split())
    unseen = filterfalse(shown.__contains__, hidden)
    own = [word for word in unseen if word.isalnum() or any(map(str.isalnum, word))]
    length = sum(len(word) for word in own)
    if length < LEAST:
        return
    share = length / (length + len(message.visible_text[:60_000]) + 1)
    if share > 0.4:
        explanation = f"{share:.0%} of the text is hidden from the reader"
        yield Found(explanation, (Evidence("html", " ".join(own[:20])),), 1.5 if share > 0.75 else 1.0)
