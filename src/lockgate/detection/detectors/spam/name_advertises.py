"""A genuine form or forum greets somebody whose name is an advertisement: an address, a sum, a wallet.

Why it matters: whoever signs up with the reader's address and such a name lets an honest site send the spam, from a
domain that has never done any harm.
Known false positives: people who call themselves like their web site, without a sum (weak).
References: Kaspersky, "Spammers abuse feedback forms" (2021).
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.text import has_any
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

READ = 2_000
_SIGNS = ("www.", "://", "blogspot", "telegra", "t.me/", "bit.ly", ".page", ".link")
_SENTENCE = re.compile(r"[.,;!?]\s")
_NAME = re.compile(
    r"(?:\buser ?name|\buser|\blog-?in|\bname|\bbenutzer(?:name)?|\bnom d.utilisateur|\bidentifiant|\bpseudo|"
    r"\busuario|\butente|"
    r"\bnome utente|\busuário|\butilizador|\bgebruikersnaam|\bużytkownik\w*|\buživatel\w*|\banvändarnamn|ユーザー名|"
    r"お名前|用户名)"
    r"\s?[:：=]\s?([^\n]{6,160})",
    re.IGNORECASE,
)
_GREETED = re.compile(
    r"(?:\b(?:dear|hi|hello|hey|welcome|hallo|liebe[r]?|guten tag|bonjour|bienvenue|salut|hola|bienvenid[oa]|"
    r"ciao|gentile|"
    r"benvenut[oa]|ol[áa]|bem-vind[oa]|beste|dag|welkom|witaj|cześć|dobrý den|ahoj|vítejte|hej|välkommen|"
    r"thank you|thanks|"
    r"danke|merci|gracias|grazie|obrigad[oa]|bedankt)\b|您好|你好|ようこそ)[ ,]{1,3}([^\n]{6,160})",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"https?://|www\.|\b[a-z0-9-]{3,}\.(?:blogspot|page|link|telegra|bit)\.\w{2,3}\b|telegra\.ph|\bt\.me/|bit\.ly",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"[$€£]\s?\d[\d.,]{2,}|\d[\d.,]{2,}\s?(?:[$€£]|usd|eur|euro|usdt)\b|\d[\d.,]*\s?(?:btc|bitcoin|eth|usdt)\b|"
    r"\b(?:btc|binance|coinbase|bitcoin)\b|[✅➡🎁💰💵💸🔥❤🍓💋]",
    re.IGNORECASE,
)


@detector("spam.name-advertises", Category.SPAM, weight=3.4, direction=Direction.INBOUND)
def name_advertises(message: Message, content: Content) -> Iterator[Outcome]:
    text = f"{message.subject}\n{message.visible_text[:READ]}"
    if content.is_discussion or not has_any(text, _SIGNS):
        return
    named = (_named(line) for line in text.splitlines() if has_any(line, _SIGNS))
    name = next(filter(None, named), "")
    if name:
        yield Found("a name in the text is an advertisement", (Evidence("text", name),))


def _named(line: str) -> str:
    """What is said to be a name, or is greeted, when it holds an address and a sum."""
    for expression in (_NAME, _GREETED):
        for found in expression.finditer(line):
            name = _SENTENCE.split(found.group(1), maxsplit=1)[0]
            if _ADDRESS.search(name) and _SUM.search(name):
                return name
    return ""
