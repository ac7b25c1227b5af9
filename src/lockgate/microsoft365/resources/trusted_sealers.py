"""Whose ARC seals the tenant believes (microsoft-365.md §3.4, §4.7): ours among others, while we seal what we return.

Set-ArcConfig replaces the whole list, so it is read, merged and written; the others' domains keep their order. An empty
list is written as one space.
"""

from lockgate.microsoft365.plan import Value
from lockgate.microsoft365.resources.adjustment import Adjustment
from lockgate.microsoft365.wanted import Wanted
from lockgate.model.envelope import Direction

EMPTY = " "


def sealers(value: object) -> tuple[str, ...]:
    """The list as it comes: one text with commas, or several."""
    texts = value if isinstance(value, list | tuple) else [value or ""]
    return tuple(name.strip().lower() for text in texts for name in str(text).split(",") if name.strip())


def _with_ours(wanted: Wanted, now: Value) -> Value:
    listed = now if isinstance(now, tuple) else ()
    return listed if wanted.sealer in listed else (*listed, wanted.sealer)


def _sent(value: Value) -> object:
    return list(value) if isinstance(value, tuple) and value else [EMPTY]


TRUSTED_SEALERS = Adjustment(
    kind="trusted ARC sealers",
    noun="ArcConfig",
    setting="ArcTrustedSealers",
    reason="Exchange keeps what it found on a message's first way in only if it trusts the seal that says so.",
    wanted_by=lambda wanted: bool(wanted.sealer) and Direction.INBOUND in wanted.active,
    asked=_with_ours,
    concerns=lambda item: item.get("Name", "Default") == "Default",
    read_value=sealers,
    sent_value=_sent,
)
