"""Everything that people read, in their language: one TOML file per language, all with the same keys (a test)."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from lockgate.model.end_user import LANGUAGES, Person

FOLDER = Path(__file__).parent / "languages"


@dataclass(frozen=True, slots=True)
class Texts:
    """One language."""

    language: str
    words: dict[str, str]

    def __getitem__(self, key: str) -> str:
        return self.words[key]

    def say(self, key: str, **values: object) -> str:
        """The sentence with its values."""
        return self.words[key].format(**values)

    def moment(self, at: datetime, zone: ZoneInfo) -> str:
        """A moment in the organisation's time, as the language writes it."""
        return at.astimezone(zone).strftime(self.words["moment"])


@cache
def texts(language: str) -> Texts:
    """The texts of one of LANGUAGES."""
    found = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return Texts(language, found)


def language_of(person: Person, chosen: str, otherwise: str) -> str:
    """What somebody has chosen, else what the directory says (`de-AT` is `de`), else the organisation's."""
    for wish in (chosen, person.language.partition("-")[0].lower()):
        if wish in LANGUAGES:
            return wish
    return otherwise
