"""What a letter demands of a firm, told by wishes near one another, and how surely.

How much each says began as the natural logarithm of how many times oftener it stands in invented fraud than in the
invented business mail that comes nearest to it (third edition), and was lowered by hand where everyday mail that is
rare there has such words, too: bookkeepers write of accounts and payments all day.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lockgate.detection.wishes import ACCOUNT, NEAR, Wishes

_ELSEWHERE = "a payment to another account"
_WAGES = "wages on another account"
_CARDS = "cards and the codes on them"
_DEAL = "silence about a deal"
_DEBTORS = "lists of who owes money"
_PEOPLE = "records of people"
_AT_ONCE = "a payment at once"
_WHO_PAYS = "to know who pays"
_FAVOUR = "a favour, by mail only"
_NUMBER = "a telephone number"

BESIDE_ANOTHER_ACCOUNT = (
    ("by mail only", 2.2),
    ("can you", 2.0),
    ("send me", 2.0),
    ("obstacle", 1.7),
    ("favour", 1.7),
    ("from now on", 1.6),
    ("contacts", 1.5),
    ("transaction", 1.5),
)
"""What another account for a payment comes with, and how much both say; an account alone may be one of any website."""

DEMANDS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    *((_ELSEWHERE, ("another account", "payment", beside), says) for beside, says in BESIDE_ANOTHER_ACCOUNT),
    *((_ELSEWHERE, ("another account", "bank account", beside), says) for beside, says in BESIDE_ANOTHER_ACCOUNT),
    (_ELSEWHERE, (ACCOUNT, "another account"), 3.0),
    (_ELSEWHERE, (ACCOUNT, "bank account", "has changed"), 2.6),
    (_ELSEWHERE, (ACCOUNT, "bank account", "from now on"), 2.6),
    (_ELSEWHERE, (ACCOUNT, "payment", "from now on"), 2.5),
    (_ELSEWHERE, (ACCOUNT, "payment", "obstacle"), 2.5),
    (_ELSEWHERE, (ACCOUNT, "payment", "has changed"), 2.2),
    (_ELSEWHERE, (ACCOUNT, "payment", "by mail only"), 1.9),
    (_ELSEWHERE, (ACCOUNT, "means", "today"), 1.0),
    (_ELSEWHERE, (ACCOUNT, "payment", "excuse"), 1.6),
    (_ELSEWHERE, (ACCOUNT, "payment", "approved"), 1.6),
    (_ELSEWHERE, ("another account", "means"), 1.4),
    (_ELSEWHERE, ("another account", "payment"), 1.3),
    (_ELSEWHERE, ("bank account", "obstacle", "by mail only"), 1.5),
    (_ELSEWHERE, ("bank account", "obstacle", "can you"), 1.2),
    (_ELSEWHERE, ("bank account", "obstacle", "payment"), 1.4),
    (_ELSEWHERE, ("bank account", "change", "can you"), 1.2),
    (_ELSEWHERE, ("bank account", "today", "can you"), 1.4),
    (_ELSEWHERE, ("bank account", "change", "from now on"), 1.3),
    (_ELSEWHERE, ("bank account", "from now on", "can you"), 1.3),
    (_ELSEWHERE, ("bank account", "from now on", "payment"), 1.1),
    (_ELSEWHERE, ("bank account", "by mail only", "payment"), 1.1),
    (_ELSEWHERE, ("bank account", "change", "payment"), 1.0),
    (_WHO_PAYS, ("bank account", "who pays"), 1.6),
    (_WHO_PAYS, ("another account", "who pays"), 1.6),
    (_WHO_PAYS, ("means", "who pays"), 1.3),
    (_WHO_PAYS, ("payment", "who pays"), 1.0),
    (_WAGES, ("wages", ACCOUNT), 2.2),
    (_WAGES, ("wages", "another account"), 2.0),
    (_WAGES, ("wages", "bank account", "send me"), 1.4),
    (_WAGES, ("wages", "bank account", "from now on"), 1.9),
    (_WAGES, ("wages", "change", "can you"), 1.9),
    (_WAGES, ("wages", "bank account", "change"), 1.6),
    (_WAGES, ("wages", "bank account", "obstacle"), 1.3),
    (_CARDS, ("prepaid cards", "cards", "codes"), 3.2),
    (_CARDS, ("buy", "cards", "codes", "send me"), 2.6),
    (_CARDS, ("gift cards", "codes"), 2.6),
    (_CARDS, ("gift cards", "prepaid cards"), 2.4),
    (_CARDS, ("buy", "cards", "codes"), 1.2),
    (_CARDS, ("cards", "codes", "send me"), 2.2),
    (_CARDS, ("prepaid cards", "cards"), 2.2),
    (_CARDS, ("gift cards", "can you"), 1.8),
    (_CARDS, ("gift cards", "send me"), 1.6),
    (_CARDS, ("gift cards", "today"), 1.6),
    (_DEAL, ("transaction", "confidence", "chosen"), 2.6),
    (_DEAL, ("transaction", "confidence", "today"), 2.2),
    (_DEAL, ("deal", "confidence"), 2.2),
    (_DEAL, ("transaction", "confidence", "means"), 2.0),
    (_DEAL, ("transaction", "confidence", "can you"), 1.9),
    (_DEAL, ("transaction", "payment", "by mail only"), 1.9),
    (_DEAL, ("transaction", "payment", "today"), 1.1),
    (_DEAL, ("confidence", "means"), 1.2),
    (_DEAL, ("transaction", "confidence"), 1.2),
    (_DEBTORS, ("debtors", "send me", "today"), 2.2),
    (_DEBTORS, ("debtors", "contacts", "send me"), 2.2),
    (_DEBTORS, ("debtors", "send me", "by mail only"), 2.0),
    (_DEBTORS, ("debtors", "send me"), 1.4),
    (_DEBTORS, ("records", "send me"), 1.3),
    (_DEBTORS, ("debtors", "contacts"), 1.1),
    (_PEOPLE, ("personal records", "staff", "send me"), 2.4),
    (_PEOPLE, ("personal records", "staff"), 1.8),
    (_PEOPLE, ("staff", "send me", "today"), 1.6),
    (_PEOPLE, ("personal records", "send me"), 1.3),
    (_PEOPLE, ("wages", "staff", "send me"), 1.5),
    (_PEOPLE, ("personal records", "by mail only"), 0.8),
    (_AT_ONCE, ("means", "excuse", "today"), 2.4),
    (_AT_ONCE, ("approved", "payment", "by mail only"), 1.9),
    (_AT_ONCE, ("approved", "payment", "today"), 1.6),
    (_AT_ONCE, ("payment", "excuse", "send me"), 1.3),
    (_AT_ONCE, ("payment", "today", "by mail only"), 1.3),
    (_AT_ONCE, ("payment", "today", "excuse"), 1.3),
    (_AT_ONCE, ("payment", "hurry", "excuse"), 1.3),
    (_AT_ONCE, ("payment", "today", "send me"), 1.0),
    (_AT_ONCE, ("means", "today", "can you"), 1.2),
    (_AT_ONCE, ("payment", "excuse", "can you"), 1.2),
    (_AT_ONCE, ("payment", "today", "can you"), 0.8),
    (_FAVOUR, ("there", "favour", "confidence"), 2.2),
    (_FAVOUR, ("favour", "excuse", "today"), 2.2),
    (_FAVOUR, ("there", "favour", "excuse"), 2.0),
    (_FAVOUR, ("there", "by mail only"), 1.3),
    (_FAVOUR, ("there", "favour", "today"), 1.2),
    (_FAVOUR, ("there", "excuse"), 1.2),
    (_FAVOUR, ("there", "favour"), 1.3),
    (_FAVOUR, ("favour", "excuse", "hurry"), 1.3),
    (_FAVOUR, ("favour", "by mail only"), 1.1),
    (_FAVOUR, ("favour", "today", "can you"), 1.1),
    (_FAVOUR, ("there", "means"), 1.1),
    (_FAVOUR, ("favour", "excuse"), 1.0),
    (_FAVOUR, ("excuse", "by mail only"), 0.8),
    (_NUMBER, ("your number", "favour"), 2.0),
    (_NUMBER, ("your number", "hurry"), 2.0),
    (_NUMBER, ("your number", "send me"), 1.2),
    (_NUMBER, ("your number", "excuse"), 1.0),
    (_NUMBER, ("your number", "can you"), 1.2),
    (_NUMBER, ("telephone number", "favour", "send me"), 1.2),
)
"""What is wanted, the words that tell it, and how much it says, as log-odds."""

CLOSELY = frozenset({ACCOUNT, "bank account", "payment", "has changed", "from now on"})
CLOSE = 12
"""Words between those that stand in every invoice and what has changed there; opening hours change, too."""

_DEMANDS = tuple(
    (frozenset(needs), what, needs, CLOSE if CLOSELY.issuperset(needs) else NEAR, strength)
    for what, needs, strength in DEMANDS
)
"""The same with all words that are needed as a set, and how near one another they have to stand."""

AGAIN = 0.25
"""How much more each further thing that is wanted says."""

WARNED, CALLED, ASKED_IN, BOTH, SAME, UNCHANGED = 2.0, 1.2, 0.9, 1.5, 0.6, 1.5
"""How much it says against a writer's being an impostor, as log-odds: a frauds' warning; a call to the number that is
known; a letter, a form handed in or a portal; both of these; something that is the same; an account that stays."""
_ELSEWISE = {_FAVOUR: 0.0, _AT_ONCE: 0.0, _WHO_PAYS: 0.0, _DEAL: 0.6, _DEBTORS: 0.6, _PEOPLE: 0.6}
"""How much of what calls and letters say is left for these demands; impostors name such ways, too."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What is wanted, the words that told it, and how much it says, as log-odds."""

    what: str
    words: tuple[str, ...]
    strength: float

    @property
    def is_of_accounts(self) -> bool:
        """Whether money is to go to another account than ever before."""
        return self.what in (_ELSEWHERE, _WAGES)

    @property
    def is_of_cards(self) -> bool:
        """Whether it is cards that are as good as money."""
        return self.what == _CARDS


def comfort(wishes: Wishes, what: str = _ELSEWHERE) -> float:
    """How much what impostors seldom write of says against their being one, as log-odds.

    A call to a number that the letter itself gives is none.
    """
    names = wishes.names
    ways = (CALLED if "a call" in names else 0.0) + (ASKED_IN if "honest ways" in names else 0.0)
    ways = 0.0 if "a number of their own" in names else min(ways, BOTH) * _ELSEWISE.get(what, 1.0)
    stays = UNCHANGED if "unchanged" in names else SAME if "the same" in names else 0.0
    return ways + stays + (WARNED if "warning" in names else 0.0)


def demand(wishes: Wishes) -> Demand | None:
    """What the writer wants most clearly; None when it is nothing, or when what comforts says more."""
    best: dict[str, Demand] = {}
    for one in _told(wishes):
        if one.what not in best or one.strength > best[one.what].strength:
            best[one.what] = one
    if not best:
        return None
    clearest = max(best.values(), key=lambda one: one.strength)
    strength = clearest.strength + AGAIN * min(len(best) - 1, 2)
    strength -= comfort(wishes, clearest.what)
    return Demand(clearest.what, clearest.words, round(strength, 2)) if strength > 0 else None


def _told(wishes: Wishes) -> Iterator[Demand]:
    for all_of, what, needs, within, strength in _DEMANDS:
        told = wishes.together(*needs, within=within) if all_of <= wishes.names else ()
        if told:
            yield Demand(what, tuple(dict.fromkeys(one.word for one in told)), strength)
