"""Templates of invented mail, read from the files beside this one; their language is told in invented/README.md."""

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

HELD_OUT = 4
"""One in that many templates is never trained on."""

FIRMS = (
    "scam.payroll", "scam.invoice", "scam.gift-card", "scam.vague", "scam.vendor-change", "scam.lawyer", "scam.thread",
    "scam.tax-forms", "scam.aging", "scam.mobile", "scam.merger", "scam.approval",
)  # fmt: skip
"""Kinds of business e-mail compromise."""

_MARKS = {"> ": "button", "| ": "row", "Q ": "quote"}
_SPECIAL = {"QR": "qr", "HTML": "web page"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a template: `what` is paragraph, button, row, quote, qr or web page."""

    what: str
    text: str


@dataclass(slots=True)
class Template:
    """One text with alternatives. `kind` is like `parcel.today`; unwanted kinds begin with phish, scam or spam.

    `edition` is the number in the name of its file, for later additions; such templates are always dressed.
    """

    wanted: bool
    language: str
    kind: str
    number: int
    subject: str
    edition: int
    lines: list[Line] = field(default_factory=list)

    @property
    def key(self) -> str:
        """A stable name."""
        side, place = "wanted" if self.wanted else "unwanted", f"{self.edition}." if self.edition > 1 else ""
        return f"{side}/{self.language}/{self.kind}/{place}{self.number}"

    @property
    def firms(self) -> bool:
        """Whether it is fraud that is aimed at a firm (business e-mail compromise)."""
        return self.kind.startswith(FIRMS)

    @property
    def held_out(self) -> bool:
        """Whether it is kept for measurement."""
        return zlib.crc32(self.key.encode()) % HELD_OUT == 0


@cache
def templates() -> tuple[Template, ...]:
    """All of them, in a fixed order."""
    return tuple(
        template
        for side in ("wanted", "unwanted")
        for path in sorted(files(__package__).joinpath("invented", side).iterdir(), key=lambda path: path.name)
        for template in _read(path, side == "wanted")
    )


@cache
def cast(language: str) -> dict[str, tuple[str, ...]]:
    """Names, greetings and phrases of a language."""
    text = files(__package__).joinpath("invented", "cast", f"{language}.txt").read_text(encoding="utf-8")
    pairs = (line.partition(":") for line in text.splitlines() if line)
    return {name: tuple(piece.strip() for piece in values.split(" | ")) for name, _, values in pairs}


def _read(path: Traversable, wanted: bool) -> Iterator[Template]:
    language, edition, *_ = (*path.name.removesuffix(".mail").split("."), "1")
    kind, current, numbers = "", None, Counter[str]()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            if re.fullmatch(r"# [a-z0-9.-]+", line):
                kind = line[2:]
        elif line.startswith("S "):
            if current is not None:
                yield current
            current = Template(wanted, language, kind, numbers[kind], line[2:], int(edition))
            numbers[kind] += 1
        elif line and current is not None:
            current.lines.append(_line(line))
    if current is not None:
        yield current


def _line(text: str) -> Line:
    if text in _SPECIAL:
        return Line(_SPECIAL[text], "")
    what = _MARKS.get(text[:2])
    return Line(what, text[2:]) if what else Line("paragraph", text)
