"""What a service account becomes at the turns of its life; pure."""

from dataclasses import replace

from lockgate.model.envelope import Direction
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tenant import Protection


def prepared(directions: dict[Direction, Protection]) -> dict[Direction, Protection]:
    """Directions that are wanted and not set up yet are prepared; the others stay as they are."""
    return {
        one: Protection.PREPARING if protection is Protection.OFF else protection
        for one, protection in directions.items()
    }


def forgotten(account: ServiceAccount) -> ServiceAccount:
    """The account of a tenant that we have left: who it was, and nothing that we did there."""
    return replace(
        account, consents={}, directions={}, allow_entries=(), deviations=(), trouble="", bypassed_by={},
        fixes=frozenset(), next_fixes=None, kept_settings=(),
    )  # fmt: skip
