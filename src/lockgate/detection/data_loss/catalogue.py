"""The identifiers and templates that ship, read once from the TOML files beside this one."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from lockgate.detection.data_loss.rules_text import identifiers_in, templates_in
from lockgate.model.data_loss import Identifier, Template

IDENTIFIER_FILES = ("personal_numbers.toml", "finance_and_contact.toml", "secrets.toml", "keywords.toml")


@dataclass(frozen=True, slots=True)
class Shipped:
    """Both by id, in the order of the files."""

    identifiers: Mapping[str, Identifier]
    templates: Mapping[str, Template]


@cache
def shipped_catalogue() -> Shipped:
    """What every installation has."""
    identifiers = {one.id: one for name in IDENTIFIER_FILES for one in identifiers_in(_read(name))}
    return Shipped(identifiers, {one.id: one for one in templates_in(_read("templates.toml"))})


def _read(name: str) -> Mapping[str, object]:
    return tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))
