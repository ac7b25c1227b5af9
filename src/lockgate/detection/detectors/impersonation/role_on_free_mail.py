"""Somebody with the title of an executive, a department of a firm, a bank or an authority writes from an address that
anybody gets.

Why it matters: `ceo.office@gmail.com` and "Human Resources" at a free provider are made to be taken for somebody's
office; offices have domains.
Known false positives: small firms and clubs whose director or treasurer has no other address (weak when only the name
has the title, and alone it does not tip the scale).
References: FBI IC3, "Business Email Compromise: The $55 Billion Scam"; MITRE ATT&CK T1585.002, T1656.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers, listed
from lockgate.model.envelope import Direction
from lockgate.model.facts import SenderHistory
from lockgate.model.findings import Category, Evidence

_BETWEEN = re.compile(r"[\W\d_]+")
_AMBIGUOUS = frozenset({"md", "ad", "fd", "vd", "dg", "chair", "director", "directora", "directeur", "diretor"})
"""Physicians, initials and many small firms have these."""
_TITLES_OF_CHIEFS = (
    "ceo cfo coo cto cio chairman chairwoman chairperson vorstand vorstandsvorsitzender pdg daf drh jednatel prezes "
    "president-directeur directeur-general amministratore-delegato managing-director finance-director"
)
_CHIEFS = frozenset(_TITLES_OF_CHIEFS.split(" "))
_OF_THE_PROVIDER = frozenset({"postmaster", "security", "helpdesk", "hr"})
_COUNSEL = frozenset(
    {"cabinet", "notaire", "notary", "notar", "notario", "notaio", "avocat", "attorney", "barrister", "solicitor"}
    | {"escrow", "rechtsanwalt", "kanzlei", "abogado", "avvocato", "advogado", "adwokat", "advokat", "advocaat"}
)
"""Many of them have no other address; impostors say so, too."""
_OFFICES = ("office", "desk", "mailbox", "email", "mail", "box", "team", "support", "department", "dept")
_PRIVATE = frozenset({"private", "personal", "privat", "prive", "privato", "privado", "particular", "office", "exec"})
"""What somebody puts behind a name who has to explain why it is not the firm's address."""
_TITLES_BEYOND_LATIN = re.compile(
    r"董事长|总经理|总裁|财务总监|财务部|人事部|人力资源|行政部|银行|税务局|公安局|社長|取締役|会長|人事部|経理部|総務部|情報システム|銀行|税務署|警察|"
    r"генеральный директор|бухгалтерия|отдел кадров"
)


@detector("impersonation.role-on-free-mail", Category.FRAUD, weight=2.0, direction=Direction.INBOUND)
def role_on_free_mail(content: Content, history: SenderHistory | None) -> Iterator[Outcome]:
    author = content.header_from
    if not covers("free_mail", author.domain) or content.is_discussion or (history is not None and history.known):
        return
    local = author.address.rpartition("@")[0].partition("+")[0].lower()
    what, strength = _role(local, author.display_name)
    if strength:
        evidence = (Evidence("header From", f"{author.display_name} <{author.address}>"),)
        yield Found(
            f"'{what}' is said to write from {author.domain}, where anybody gets an address", evidence, strength
        )


@lru_cache(maxsize=4_096)
def _role(local: str, name: str) -> tuple[str, float]:
    """The title, and how much it says."""
    in_name, in_local = _titles(name), _titles(local)
    if found := _TITLES_BEYOND_LATIN.search(name):
        return found[0], 1.0
    sure = [title for title in (*in_local, *in_name) if title not in _AMBIGUOUS]
    if sure:
        strength = 1.4 if not _CHIEFS.isdisjoint(in_local) else 1.1 if in_local else 0.8
        return sure[0], strength if local not in _OF_THE_PROVIDER else 0.0
    if in_local:
        return in_local[0], 0.6
    words = [word for word in _BETWEEN.split(local) if word]
    if len(words) > 2 and words[-1] in _PRIVATE:  # behind a whole name
        return words[-1], 0.7
    counsel = next((word for word in words if word in _COUNSEL), "")
    if counsel:
        return counsel, 0.4
    return "", 0.0


def _titles(text: str) -> tuple[str, ...]:
    decomposed = text.lower() if text.isascii() else unicodedata.normalize("NFKD", text.lower())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    words = [word for word in _BETWEEN.split(bare.replace("ł", "l").replace("ø", "o")) if word]
    words = [part for word in words for part in _parts(word)]
    pairs = [f"{first}-{second}" for first, second in pairwise(words)]
    return tuple(word for word in (*pairs, *words) if word in listed("roles"))


def _parts(word: str) -> tuple[str, ...]:
    """A title and the office behind it, written together (`ceooffice`); otherwise the word itself."""
    for office in _OFFICES:
        title = word.removesuffix(office)
        if title != word and (title in listed("roles") or title == "it"):
            return title, office
    return (word,)
