"""Invented mail: every template as some messages, no two with the same words; the same seed, the same bytes."""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lockgate.learning.filling import scene
from lockgate.learning.letters import compose, settle
from lockgate.learning.templates import Template, templates

COPIES = 3
"""Messages that one template becomes as it is."""
DRESSED, OF_LATER_EDITIONS = 1, 3
"""Messages that it becomes besides in other dress (see `dressing`); of later editions all are dressed."""
TRIES = 20
SHORT = 60
"""Letters of sentences that may come more often than `COPIES` times."""

_SENTENCE_ENDS = re.compile(r"(?<=[.!?。])\s")


@dataclass(frozen=True, slots=True)
class Invented:
    """One message. `wording` is its text before names were filled in."""

    template: Template
    wording: str
    content: bytes
    dressed: bool

    @property
    def label(self) -> str:
        """ham, phish, scam or spam."""
        return "ham" if self.template.wanted else self.template.kind.partition(".")[0]


def invented(seed: int = 1, of: Sequence[Template] | None = None) -> Iterator[Invented]:
    """All of it, or what becomes of some templates, in a fixed order: first what is as it is, then what is dressed."""
    chosen = templates() if of is None else of
    seen: dict[str, Counter[str]] = {}
    for template in chosen:
        seen[template.key] = Counter()
        if template.edition == 1:
            yield from _copies(template, COPIES, seen[template.key], random.Random(f"{seed} {template.key}"))
    for template in chosen:
        count = DRESSED if template.edition == 1 else OF_LATER_EDITIONS
        chance = random.Random(f"{seed} {template.key} dressed")
        yield from _copies(template, count, seen[template.key], chance, dressed=True)


def _copies(
    template: Template, count: int, seen: Counter[str], chance: random.Random, *, dressed: bool = False
) -> Iterator[Invented]:
    """A template changes no other's messages: each has chances of its own."""
    for _ in range(TRIES):
        if not count:
            break
        chosen = settle(template, chance)
        wording = "\n".join((chosen[0], *(line.text for line in chosen[1])))
        sentences = {wording, *_SENTENCE_ENDS.split(wording)}
        if wording not in seen and all(seen[one] < COPIES for one in sentences if len(one) > SHORT):
            seen.update(sentences)
            count -= 1
            content = compose(template, scene(template.language, chance), chosen, chance, dressed=dressed)
            yield Invented(template, wording, content, dressed)
