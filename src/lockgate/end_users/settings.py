"""What an administrator has decided for the people of an organisation: rights, digests, language, their own page.

Rule: a settings document that was never saved means: nobody gets a digest and nobody can sign in. Every version is
kept and audited by the settings store.
"""

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lockgate.model.end_user import DEFAULTS, LANGUAGES, Frequency, Reason, Right, permitted
from lockgate.model.errors import InvalidInput
from lockgate.storage.audit import Author
from lockgate.storage.settings_store import SettingsStore
from lockgate.storage.unit_of_work import Database, Unit

Hour = Annotated[int, Field(ge=0, le=23)]


class EndUserSettings(BaseModel):
    """One organisation's. Hours are local ones of `time_zone`; `weekday` 0 is Monday."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frequency: Frequency = Frequency.OFF  # of whoever has chosen nothing
    choices: frozenset[Frequency] = frozenset(Frequency)  # what people may choose for themselves
    hour: Hour = 7
    working_hours: tuple[Hour, ...] = Field(default=(9, 13, 17), min_length=1, max_length=12)
    weekday: int = Field(default=0, ge=0, le=6)
    time_zone: str = "UTC"
    language: str = Field(default="en", pattern=f"^({'|'.join(LANGUAGES)})$")
    link_days: int = Field(default=7, ge=1, le=30)
    own_page: bool = False  # people may sign in with Microsoft to see what is held for them
    reports_per_day: int = Field(default=25, ge=1, le=1000)  # suspicious mail that one person may report
    tell_rejected: bool = True  # who sent from inside what a reviewer has rejected
    rights: dict[Reason, Right] = Field(default_factory=lambda: dict(DEFAULTS))

    @model_validator(mode="after")
    def _possible(self) -> "EndUserSettings":
        if self.time_zone not in available_timezones():
            raise ValueError(f"there is no time zone '{self.time_zone}'")
        for reason, right in self.rights.items():
            if permitted(reason, right) is not right:
                raise ValueError(f"for {reason} at most '{permitted(reason, Right.RELEASE)}' can be given")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)

    def frequency_of(self, chosen: Frequency | None) -> Frequency:
        """How often somebody is told: as chosen where that is still allowed, else as for everybody."""
        return chosen if chosen is not None and chosen in self.choices else self.frequency

    @property
    def in_use(self) -> frozenset[Frequency]:
        """The frequencies that somebody may be told at."""
        return (self.choices | {self.frequency}) - {Frequency.OFF}


def document_name(tenant_id: str) -> str:
    """The settings document of an organisation."""
    return f"end-users:{tenant_id}"


def settings_of(unit: Unit, tenant_id: str) -> tuple[EndUserSettings, int]:
    """The settings and their version; the defaults and 0 when nobody has saved any."""
    saved = SettingsStore(unit).get(document_name(tenant_id))
    if saved is None:
        return EndUserSettings(), 0
    return EndUserSettings.model_validate(saved.document), saved.version


def save_settings(
    database: Database, tenant_id: str, wanted: dict[str, object], author: Author, *, seen: int
) -> EndUserSettings:
    """Keep a new version. Raises InvalidInput for what cannot be, or when somebody else has saved since `seen`."""
    try:
        settings = EndUserSettings.model_validate(wanted)
    except ValidationError as error:
        raise InvalidInput(_sentence(error)) from error
    with database.write() as unit:
        SettingsStore(unit).save(document_name(tenant_id), settings.model_dump(mode="json"), author, seen=seen)
    return settings


def _sentence(error: ValidationError) -> str:
    told = [f"{'.'.join(map(str, one['loc'])) or 'settings'}: {one['msg']}" for one in error.errors()]
    return "; ".join(told) + "."


def expires(settings: EndUserSettings, now: datetime) -> datetime:
    """Until when a link that is made now can be used, to the second."""
    return (now + timedelta(days=settings.link_days)).replace(microsecond=0)
