"""The secrets that a tenant's rules and our gateway share. They never appear in a `repr`, a log or a plan's text."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from lockgate.model.envelope import Direction

SECRET_BYTES = 24  # 192 random bits as 32 characters: fits a rule's word and cannot be guessed


@dataclass(frozen=True, slots=True)
class TenantSecrets:
    """Newest first where there are several: while one is rotated both are accepted."""

    route: dict[Direction, tuple[str, ...]] = field(default_factory=dict, repr=False)
    returns: dict[Direction, tuple[str, ...]] = field(default_factory=dict, repr=False)
    junk: str = field(default="", repr=False)
    probe: str = field(default="", repr=False)

    def with_directions(self, directions: Iterable[Direction]) -> "TenantSecrets":
        """The same, with fresh secrets for directions that have none."""
        missing = [direction for direction in directions if direction not in self.route]
        return replace(
            self,
            route={**self.route, **{direction: (new_secret(),) for direction in missing}},
            returns={**self.returns, **{direction: (new_secret(),) for direction in missing}},
            junk=self.junk or new_secret(),
            probe=self.probe or new_secret(),
        )

    def without(self, direction: Direction) -> "TenantSecrets":
        """The same, without those of one direction."""
        route = {one: known for one, known in self.route.items() if one is not direction}
        returns = {one: known for one, known in self.returns.items() if one is not direction}
        return replace(self, route=route, returns=returns)

    def introducing(self) -> "TenantSecrets":
        """A new secret behind the present one of each direction; the same again when there is one already."""
        return self._each(lambda known: known if len(known) > 1 else (*known, new_secret()))

    def promoting(self) -> "TenantSecrets":
        """The introduced secrets first: from now on they are written, and the old ones still taken."""
        return self._each(lambda known: known[::-1])

    def retiring(self) -> "TenantSecrets":
        """Only the secrets that are written."""
        return self._each(lambda known: known[:1])

    def _each(self, how: Callable[[tuple[str, ...]], tuple[str, ...]]) -> "TenantSecrets":
        return replace(
            self,
            route={direction: how(known) for direction, known in self.route.items()},
            returns={direction: how(known) for direction, known in self.returns.items()},
        )


def new_secret() -> str:
    """A fresh secret, fit for a header value."""
    return secrets.token_urlsafe(SECRET_BYTES)
