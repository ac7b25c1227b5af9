"""A charge or an alarm that nobody knows of, and a telephone number to call against it.

Why it matters: there is no link to judge; the victim calls, and is talked into remote access or a "refund". The letter
may be a PDF file whose text is all there is, or a note inside a genuine invoice or invitation of a well-known service.
It is told by words that stand near the number, in many languages, and by phrases.
Known false positives: real order confirmations with a service number (from the shop's own domain, with links to it).
References: MITRE ATT&CK T1566.004; Trellix, "BazarCall"; Microsoft, "Guest invitation abuse" (2025).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lockgate.detection.brands import named_in, owned_domains
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.lure_words import lure_words
from lockgate.detection.lures import NOT_CLICKED, SUM_OF_MONEY
from lockgate.detection.organisations import registered_domain, same_organisation
from lockgate.detection.telephone import has_digits, number_in, numbers_in
from lockgate.detection.text import plain
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

READ = 20_000
SHORT = 5_000  # characters in which numbers are looked for; such letters are short
NUMBERS = 6
_AGAINST = ("undo", "alarm")
LEAST = 0.6  # strength below which nothing is said
BEFORE, AFTER = 260, 120  # characters around a number in which what it is for is said


@dataclass(frozen=True, slots=True)
class _Call:
    """A number to call, the words around it, and whether a charge and an amount stand there too."""

    number: str
    words: tuple[str, ...]
    charge: bool
    alarm: bool
    remote: bool
    disowned: bool  # whether it is for those who did not order, allow or do what is told
    debited: bool  # whether something was drawn from a card, or the reader may know nothing of it
    visit: bool  # hotels and doctors ask to be called, too


@detector("fraud.callback", Category.FRAUD, weight=2.5, direction=Direction.INBOUND)
def callback(message: Message, content: Content, origin: Origin, history: SenderHistory | None) -> Iterator[Outcome]:
    author = content.header_from
    if content.is_discussion or origin.is_internal(author.domain):
        return
    strength, call = _by_words(message, content, history)
    phrased, evidence = _by_phrases(message, content)
    if call is not None and strength >= phrased:
        near = ", ".join(call.words)
        pieces = (Evidence("text", call.number), Evidence("words near it", near))
        yield Found(f"the text asks to call {call.number} against a charge or an alarm", pieces, strength)
    elif phrased:
        explanation = f"the text says '{evidence[1].excerpt}' and asks to call {evidence[0].excerpt}"
        yield Found(explanation, evidence, phrased)


def _by_words(message: Message, content: Content, history: SenderHistory | None) -> tuple[float, _Call | None]:
    text = f"{message.subject}\n{message.visible_text[:SHORT]}\n{content.page_text[:SHORT]}"
    if not has_digits(text) or (history is not None and history.known):
        return 0.0, None
    told = lure_words(content.fresh).names | lure_words(content.page_text).names
    call = _call(text) if "call" in told and not told.isdisjoint(_AGAINST) else None
    if call is None:
        return 0.0, None
    author = content.header_from
    free = covers("free_mail", author.domain)
    charged = SUM_OF_MONEY.search(text) is not None
    if registered_domain(author.domain) in owned_domains() and not free:
        note = charged and call.charge
        return (1.6, call) if note else (0.0, None)
    if not free and _leads_home(content):
        return 0.0, None
    if not (charged or call.alarm or call.remote) or told.isdisjoint({"charge", "alarm"}):
        return 0.0, None
    strength = 0.7 + (0.4 if charged else 0.0) + (0.2 if call.charge else 0.0) + (0.2 if call.alarm else 0.0)
    strength += (0.4 if call.remote else 0.0) + (0.4 if free else 0.0)
    strength += (0.2 if not _clicked(content) else 0.0) - (0.0 if call.disowned else 0.4) - (0.6 if call.visit else 0.0)
    if not (free or call.alarm or call.remote or call.debited):
        strength -= 0.5  # firms call one another about orders, too
    if strength < LEAST:
        return 0.0, None
    return round(strength, 2), call


def _call(text: str) -> _Call | None:
    """The first number that the text asks to call in order to undo something."""
    for count, (number, start, end) in enumerate(numbers_in(text)):
        if count == NUMBERS:
            break
        told = lure_words(plain(text[max(0, start - BEFORE) : end + AFTER]))
        pair = told.together("call", "undo") or (told.together("call", "alarm") and told.together("call", "remote"))
        if pair:
            words = tuple(dict.fromkeys(one.word for one in pair))
            names = told.names
            return _Call(
                number,
                words,
                charge="charge" in names,
                alarm="alarm" in names,
                remote="remote" in names,
                disowned=not names.isdisjoint({"not", "alarm"}),
                debited=not names.isdisjoint({"drawn from card", "not mine"}),
                visit="visit" in names,
            )
    return None


def _clicked(content: Content) -> list[str]:
    return [target.host for target in content.web_targets if target.link.source not in NOT_CLICKED]


def _leads_home(content: Content) -> bool:
    return any(same_organisation(host, content.header_from.domain) for host in _clicked(content))


def _by_phrases(message: Message, content: Content) -> tuple[float, tuple[Evidence, ...]]:
    """How much known phrases say, and a number with them; the number is the first of the evidence."""
    on_pages = content.page_mentions.get("callback", ())
    said = content.said("callback") or on_pages
    text = f"{message.visible_text[:READ]}\n{content.page_text[:READ]}"
    telephone = number_in(text) if said else ""
    free = covers("free_mail", content.header_from.domain)
    charged = SUM_OF_MONEY.search(text) if telephone else None
    if not telephone or _leads_home(content) or not (free or (charged and len(said) >= 2)):
        return 0.0, ()
    brand = named_in(content.words[:3_000]) or named_in(content.page_text[:3_000])
    strength = 0.5 + (0.5 if free else 0.0) + (0.3 if charged else 0.0) + (0.3 if brand else 0.0)
    strength += 0.3 if free and on_pages else 0.0
    return round(strength, 2), (Evidence("text", telephone), *(Evidence("text", one.phrase) for one in said[:3]))
