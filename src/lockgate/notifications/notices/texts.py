"""The words that ship: one TOML file per language, all with the same keys (a test)."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lockgate.model.notice import Audience
from lockgate.notifications.notices.settings import NoticeSettings, NoticeText

FOLDER = Path(__file__).parent / "languages"


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    language: str
    known: dict[str, Any]

    def of(self, table: str, key: str) -> str:
        """A word of a table, such as the verdict `spam`."""
        return str(self.known[table][key])

    def say(self, key: str, **values: object) -> str:
        """A sentence with its values."""
        return str(self.known[key]).format(**values)

    def moment(self, at: datetime, zone: ZoneInfo) -> str:
        """A moment as the language writes it, with the zone's name."""
        local = at.astimezone(zone)
        return f"{local.strftime(self.known['moment'])} {local.tzname()}"

    def text(self, audience: Audience) -> NoticeText:
        """What we ship for these people."""
        shipped = self.known[audience.value]
        return NoticeText(**shipped | {"text": shipped["text"].strip()})


@cache
def words(language: str) -> Words:
    """The words of one of LANGUAGES."""
    return Words(language, tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8")))


def text_for(settings: NoticeSettings, template_id: str, audience: Audience, language: str) -> NoticeText:
    """The organisation's own text in this language, else in the one it has; ours where it has no such template."""
    own = settings.template(template_id)
    if own is None:
        return words(language).text(Audience(template_id) if template_id in set(Audience) else audience)
    return own.texts.get(language) or own.texts.get("en") or next(iter(own.texts.values()))
