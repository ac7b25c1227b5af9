"""Invented mail: every template as up to three messages, no two with the same words; the same seed, the same bytes."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from lockgate.learning.filling import scene
from lockgate.learning.letters import compose, settle
from lockgate.learning.templates import Template, templates

COPIES = 3
"""Messages that one template becomes."""
TRIES = 20


@dataclass(frozen=True, slots=True)
class Invented:
    """One message. `wording` is its text before names were filled in."""

    template: Template
    wording: str
    content: bytes

    @property
    def label(self) -> str:
        """ham, phish, scam or spam."""
        return "ham" if self.template.wanted else self.template.kind.partition(".")[0]


def invented(seed: int = 1) -> Iterator[Invented]:
    """All of it, in a fixed order."""
    for template in templates():
        chance = random.Random(f"{seed} {template.key}")  # a new template changes no other's messages
        seen: set[str] = set()
        for _ in range(TRIES):
            chosen = settle(template, chance)
            wording = "\n".join((chosen[0], *(line.text for line in chosen[1])))
            if wording not in seen:
                seen.add(wording)
                yield Invented(template, wording, compose(template, scene(template.language, chance), chosen, chance))
            if len(seen) == COPIES:
                break
