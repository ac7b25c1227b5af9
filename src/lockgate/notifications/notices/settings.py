"""What an organisation wants to be told of, whom, how often and in which words: one settings document.

Rule: every version is kept and audited by the settings store; a document that was never saved tells nobody anything.
A text that names a token that does not exist is refused when it is saved, not when a letter is due.
"""

import re
from collections.abc import Iterator
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lockgate.model.end_user import LANGUAGES
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Verdict
from lockgate.model.notice import Audience, Outcome
from lockgate.notifications.notices.tokens import OF_MANY, TOKENS, problems, problems_in_tags
from lockgate.policy.filters import BY_ID
from lockgate.storage.audit import Author
from lockgate.storage.settings_store import SettingsStore, SettingsVersion
from lockgate.storage.unit_of_work import Database, Unit

MOST_MEMBERS = 20
MOST_MINUTES = 24 * 60  # an automatic sender is remembered for longer (`gathering.REMEMBERED`), so every circle ends
ADDRESS = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,255}")
Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
Name = Annotated[str, Field(min_length=1, max_length=100)]
GROUP = r"^[^@\s,;:<>\"]+( [^@\s,;:<>\"]+)*$"  # a name that is no address
GroupName = Annotated[str, Field(min_length=1, max_length=64, pattern=GROUP)]
Language = Annotated[str, Field(pattern=f"^({'|'.join(LANGUAGES)})$")]


class Shape(BaseModel):
    """Frozen, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


ShapeT = TypeVar("ShapeT", bound=Shape)


class NoticeText(Shape):
    """The words for one language. `subject_many` is of a letter about several messages; no `html`: made of the text."""

    subject: Annotated[str, Field(min_length=1, max_length=300)]
    subject_many: Annotated[str, Field(min_length=1, max_length=300)]
    text: Annotated[str, Field(min_length=1, max_length=10_000)]
    html: Annotated[str, Field(max_length=50_000)] = ""

    @model_validator(mode="after")
    def _known_tokens(self) -> "NoticeText":
        found = [
            *problems(self.subject, TOKENS), *problems(self.subject_many, OF_MANY), *problems(self.text, TOKENS),
            *problems(self.html, TOKENS), *problems_in_tags(self.html),
        ]  # fmt: skip
        if found:
            raise ValueError(" ".join(dict.fromkeys(found)))
        return self


class NoticeTemplate(Shape):
    """Words of an organisation's own, by language; one with the id of an audience takes the place of ours."""

    id: Id
    name: Name
    texts: Annotated[dict[Language, NoticeText], Field(min_length=1)]


class NoticeRule(Shape):
    """A notification. Inside one field any value is enough, fields that are set must all hold, as in a policy's rule.

    `minutes` 0: a letter for each message; else one after so many minutes or `events` messages, whichever comes first
    (`events` 0: the minutes alone). `administrators` are addresses or names of the organisation's groups of addresses;
    `language` is theirs, others have one.
    """

    id: Id
    name: Name
    enabled: bool = True
    direction: Direction | None = None  # None: both
    filters: tuple[str, ...] = ()
    verdicts: frozenset[Verdict] = frozenset()
    outcomes: frozenset[Outcome] = frozenset()
    policies: tuple[Id, ...] = ()
    rules: tuple[Annotated[str, Field(max_length=200)], ...] = ()  # names of rules of policies
    administrators: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    recipient: bool = False
    sender: bool = False
    minutes: Annotated[int, Field(ge=0, le=MOST_MINUTES)] = 0
    events: Annotated[int, Field(ge=0, le=10_000)] = 0
    language: Language = "en"
    templates: dict[Audience, Id] = Field(default_factory=dict)  # what is missing: the audience's own

    @field_validator("administrators")
    @classmethod
    def _addresses(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for one in given:
            if not ADDRESS.fullmatch(one) and not re.fullmatch(GROUP, one):
                raise ValueError(f"'{one}' is no address")
        return tuple(dict.fromkeys(one.lower() if "@" in one else one for one in given))

    @model_validator(mode="after")
    def _possible(self) -> "NoticeRule":
        found = list(self._problems())
        if found:
            raise ValueError("; ".join(found))
        return self

    def _problems(self) -> Iterator[str]:
        if not (self.administrators or self.recipient or self.sender):
            yield "choose who is told"
        if not (self.filters or self.verdicts or self.outcomes or self.policies or self.rules):
            yield "choose a filter, a verdict, an action or a policy: nobody wants a letter for every message"
        if self.events and not self.minutes:
            yield "letters after a number of messages need minutes too, or the last messages would wait for ever"
        if unknown := [one for one in self.filters if one not in BY_ID]:
            yield f"there is no filter '{unknown[0]}'"

    def template_of(self, audience: Audience) -> str:
        """The id of the template for these people."""
        return self.templates.get(audience, audience.value)


class NoticeSettings(Shape):
    """One organisation's. `per_hour` is the most letters that one address gets in an hour; `groups` have addresses."""

    rules: Annotated[tuple[NoticeRule, ...], Field(max_length=100)] = ()
    templates: Annotated[tuple[NoticeTemplate, ...], Field(max_length=50)] = ()
    per_hour: Annotated[int, Field(ge=1, le=500)] = 20
    groups: Annotated[dict[GroupName, tuple[str, ...]], Field(max_length=50)] = Field(default_factory=dict)

    @field_validator("groups")
    @classmethod
    def _members(cls, given: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for name, addresses in given.items():
            if not addresses or len(addresses) > MOST_MEMBERS:
                raise ValueError(f"the group '{name}' needs 1 to {MOST_MEMBERS} addresses")
            if wrong := [one for one in addresses if not ADDRESS.fullmatch(one)]:
                raise ValueError(f"'{wrong[0]}' in the group '{name}' is no address")
        return {name: tuple(dict.fromkeys(one.lower() for one in some)) for name, some in given.items()}

    @model_validator(mode="after")
    def _fitting(self) -> "NoticeSettings":
        for kind, ids in (("rule", [one.id for one in self.rules]), ("template", [one.id for one in self.templates])):
            if len(set(ids)) < len(ids):
                raise ValueError(f"two {kind}s have the same id")
        known = {one.id for one in self.templates} | set(Audience)
        for rule in self.rules:
            if missing := [one for one in rule.templates.values() if one not in known]:
                raise ValueError(f"there is no template '{missing[0]}', which '{rule.name}' names")
            if lost := [one for one in rule.administrators if "@" not in one and one not in self.groups]:
                raise ValueError(f"there is no group '{lost[0]}', which '{rule.name}' names")
        return self

    @property
    def active(self) -> tuple[NoticeRule, ...]:
        """The rules that are switched on."""
        return tuple(one for one in self.rules if one.enabled)

    def administrators_of(self, rule: NoticeRule) -> tuple[str, ...]:
        """The addresses, each once; those of groups as they are now."""
        every = (self.groups.get(one, (one,)) for one in rule.administrators)
        return tuple(dict.fromkeys(address for some in every for address in some))

    def rule(self, rule_id: str) -> NoticeRule | None:
        """The rule with this id."""
        return next((one for one in self.rules if one.id == rule_id), None)

    def template(self, template_id: str) -> NoticeTemplate | None:
        """The organisation's own template with this id."""
        return next((one for one in self.templates if one.id == template_id), None)


def document_name(tenant_id: str) -> str:
    """The settings document of an organisation."""
    return f"notices:{tenant_id}"


def read(saved: SettingsVersion | None) -> NoticeSettings:
    """What was saved; the defaults when nothing was."""
    return NoticeSettings.model_validate(saved.document) if saved else NoticeSettings()


def settings_of(unit: Unit, tenant_id: str) -> tuple[NoticeSettings, int]:
    """The settings and their version; the defaults and 0 when nobody has saved any."""
    saved = SettingsStore(unit).get(document_name(tenant_id))
    return read(saved), saved.version if saved else 0


def save_settings(
    database: Database, tenant_id: str, wanted: object, author: Author, *, seen: int
) -> tuple[NoticeSettings, int]:
    """Keep a new version. Raises InvalidInput for what cannot be, or when somebody else has saved since `seen`."""
    settings = judged(NoticeSettings, wanted)
    with database.write() as unit:
        saved = SettingsStore(unit).save(document_name(tenant_id), settings.model_dump(mode="json"), author, seen=seen)
    return settings, saved.version


def judged(shape: type[ShapeT], wanted: object) -> ShapeT:
    """The shape; raises InvalidInput with a sentence for each thing that is wrong."""
    try:
        return shape.model_validate(wanted)
    except ValidationError as error:
        told = [f"{_place(one['loc'])}{one['msg'].removeprefix('Value error, ')}" for one in error.errors()]
        raise InvalidInput(" ".join(one if one.endswith(".") else f"{one}." for one in told)) from error


def _place(path: tuple[int | str, ...]) -> str:
    return f"{'.'.join(map(str, path))}: " if path else ""
