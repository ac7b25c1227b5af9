"""Settings that belong to the tenant's administrator: what we may change in them when asked, and what was there before.

Rule: we change such a setting only when its administrator has chosen it, and give it back as it was. What somebody else
has changed since then is his decision and stays.
"""

from dataclasses import dataclass
from enum import StrEnum

SettingValue = str | bool | int | None | tuple[str, ...]


class Fix(StrEnum):
    """What Lockgate offers to put right. The value is the id of the verification's question that finds it wrong."""

    SPF_HARD_FAIL = "spf-hard-fail"
    RICH_TEXT = "rich-text-format"
    AUDIT_LOG = "audit-log"


@dataclass(frozen=True, slots=True)
class KeptSetting:
    """One property of an object of theirs, before our change and after it."""

    kind: str
    name: str
    setting: str  # the name of the property
    before: SettingValue
    after: SettingValue

    @property
    def added(self) -> frozenset[str]:
        """Entries of a list that are there because of us; nothing for a single value."""
        if isinstance(self.before, tuple) and isinstance(self.after, tuple):
            return frozenset(self.after) - frozenset(self.before)
        return frozenset()

    def given_back(self, now: SettingValue) -> SettingValue:
        """What the property has to become so that nothing of ours is left: a list loses only our entries."""
        if isinstance(now, tuple):
            return tuple(one for one in now if one not in self.added)
        return self.before if now == self.after else now
