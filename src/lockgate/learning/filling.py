"""Templates to words: alternatives chosen, names filled in; the same chance gives the same words."""

import random
import re
import unicodedata
from dataclasses import dataclass

from lockgate.learning.templates import cast

_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_NAME = re.compile(r"\{([a-z]+)\}")
_ORGANISATIONS = ("Contoso", "Fabrikam", "Northwind", "Adatum", "Litware", "Tailspin", "Wingtip", "Proseware")
_WOMEN = ("Anna", "Jessica", "Olga", "Nadia", "Mia", "Svetlana")
_SOUNDS = ("ba", "ko", "ri", "ma", "te", "lu", "sen", "va", "dor", "mi", "ne", "ta", "go", "fel", "ra", "ju")


@dataclass(frozen=True, slots=True)
class Scene:
    """Who writes to whom, and what is named in the text."""

    language: str
    first: str
    last: str
    boss: str
    company: str
    domain: str
    us: str
    our_domain: str
    recipient: str
    values: dict[str, str]


def slug(text: str) -> str:
    """Letters of a name as they stand in a domain or an address; a number when none are left."""
    bare = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-") or f"d{sum(map(ord, text)) % 9973}"


def scene(language: str, chance: random.Random) -> Scene:
    """People and firms that were not there before."""
    own = cast(language)
    first, last = chance.choice(own["first"]), chance.choice(own["last"])
    space = "" if language in ("ja", "zh") else " "
    names = (chance.choice(own["last"]), chance.choice(own["first"]))
    boss = space.join(names if not space else names[::-1])
    bare = chance.choice(own["company"]) if chance.random() < 0.6 else invented_name(chance)
    company = f"{bare}{space}{chance.choice(own['legal'])}" if chance.random() < 0.4 else bare
    us = chance.choice(_ORGANISATIONS)
    ours = f"{us.lower()}.{'com' if us in ('Contoso', 'Fabrikam') else 'example'}"
    local = (
        f"{slug(first)}.{slug(last)}"
        if chance.random() < 0.7
        else chance.choice(("info", "office", "sales", "kontakt"))
    )
    domain = f"{slug(bare)}{chance.choice(('', '', '-group', '-online', 'hq'))}.example"
    made = Scene(language, first, last, boss, company, domain, us, ours, f"{local}@{ours}", {})
    made.values.update(_values(made, chance))
    return made


def invented_name(chance: random.Random) -> str:
    """A name that no firm has."""
    return "".join(chance.choice(_SOUNDS) for _ in range(chance.randint(2, 4))).capitalize()


def _values(one: Scene, chance: random.Random) -> dict[str, str]:
    own = cast(one.language)
    when = {
        "day": str(chance.randint(1, 28)),
        "mm": f"{chance.randint(1, 12):02}",
        "year": str(chance.randint(2022, 2027)),
    }
    whole = chance.choice((chance.randint(5, 99), chance.randint(100, 999), chance.randint(1_000, 48_000)))
    values = {
        "first": one.first, "last": one.last, "boss": one.boss, "name": one.boss, "company": one.company,
        "us": one.us,
        "domain": one.domain, "email": one.recipient, "code": _code(chance),
        "time": f"{chance.randint(7, 19)}:{chance.choice(('00', '15', '30', '45'))}",
        "phone": f"+{chance.randint(1, 49)} "
        f"{chance.randint(100, 999)} {chance.randint(100, 999)} {chance.randint(1000, 9999)}",
        "small": f"{chance.randint(1, 4)}.{chance.randint(10, 99)} EUR",
        "millions": f"{chance.randint(2, 28)}.{chance.randint(1, 9)}",
        "btc": f"{chance.random():.4f}", "woman": chance.choice(_WOMEN), "year": when["year"],
    }  # fmt: skip
    values.update({name: chance.choice(own[name]) for name in ("city", "weekday", "month", "product", "carrier")})
    values["amount"] = chance.choice(own["money"]).replace("{sum}", _sum(whole, chance))
    shape = chance.choice(own["date"])
    values["date"] = _NAME.sub(lambda found: {**when, "month": values["month"]}[found[1]], shape)
    return values


def _sum(whole: int, chance: random.Random) -> str:
    cents = chance.randint(0, 99)
    return chance.choice((f"{whole:,}.{cents:02}", f"{whole},{cents:02}", f"{whole}.{cents:02}", str(whole)))


def _code(chance: random.Random) -> str:
    number = chance.randint(10_000, 9_999_999)
    letters = "".join(chance.choice("ABCDEFGHKLMNPRSTUVWXYZ") for _ in range(chance.randint(0, 3)))
    return f"{letters}-{number}" if letters and chance.random() < 0.5 else f"{letters}{number}"


def choose(text: str, chance: random.Random) -> str:
    """The text with one of each alternatives; names still stand in it, so that equal words can be seen as equal."""
    while _CHOICE.search(text):
        text = _CHOICE.sub(lambda found: chance.choice(found[1].split("|")), text)
    return " ".join(text.split())


def fill(text: str, one: Scene, chance: random.Random) -> str:
    """The text with its names."""

    def value(found: re.Match[str]) -> str:
        return str(chance.randint(2, 9)) if found[1] == "n" else one.values.get(found[1], found[0])

    return _NAME.sub(value, _NAME.sub(value, text))
