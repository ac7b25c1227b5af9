"""A message in the making, between what it says and the bytes that it becomes."""

import random
from dataclasses import dataclass, field

from lockgate.learning.enclosures import Enclosure
from lockgate.learning.filling import Scene
from lockgate.learning.layouts import Body
from lockgate.learning.senders import Sender
from lockgate.learning.templates import Template


@dataclass(slots=True)
class Draft:
    """`look` names the layout; `answers` is the Message-ID of what it answers, if anything."""

    template: Template
    one: Scene
    sender: Sender
    chance: random.Random
    look: str
    subject: str = ""
    body: Body = field(default_factory=lambda: Body("", [], [], [], [], [], []))
    files: list[Enclosure] = field(default_factory=list)
    answers: str = ""
