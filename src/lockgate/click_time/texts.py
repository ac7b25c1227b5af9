"""What people read, in their language: one TOML file per language, all with the same keys (a test)."""

import tomllib
from functools import cache
from pathlib import Path

from lockgate.model.end_user import LANGUAGES

FOLDER = Path(__file__).parent / "languages"
OTHERWISE = "en"


@cache
def texts(language: str) -> dict[str, str]:
    """The texts of one of LANGUAGES."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def chosen_language(accepted: str) -> str:
    """The first of ours that the browser asks for (RFC 9110 §12.5.4), by its order; weights are in that order too."""
    for part in accepted[:500].split(","):
        language = part.partition(";")[0].strip().partition("-")[0].lower()
        if language in LANGUAGES:
            return language
    return OTHERWISE
