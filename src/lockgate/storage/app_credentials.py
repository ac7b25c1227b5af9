"""The key pairs that prove to Microsoft who we are: one in use, and one that waits to be accepted.

Rule: the private key is sealed at rest, and goes away with the row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from lockgate.storage.schema.app_credentials import app_credentials
from lockgate.storage.unit_of_work import Unit
from lockgate.storage.vault import Vault

WAITING, IN_USE = "waiting", "in-use"


@dataclass(frozen=True, slots=True)
class AppCredential:
    """A certificate and its key, both PEM. `refusals` say per application why it is not accepted yet."""

    thumbprint: str
    certificate: str
    key: str = field(repr=False)
    made_at: datetime
    checked_at: datetime | None = None
    refusals: Mapping[str, str] = field(default_factory=dict)


class AppCredentials:
    """The key pairs, in one unit of work."""

    def __init__(self, unit: Unit, vault: Vault) -> None:
        self._connection = unit.connection
        self._vault = vault

    def waiting(self) -> AppCredential | None:
        """The one that Microsoft does not accept everywhere yet."""
        return self._in_state(WAITING)

    def in_use(self) -> AppCredential | None:
        """The one that proves who we are; None while the files of the settings do."""
        return self._in_state(IN_USE)

    def add(self, new: AppCredential) -> None:
        """It waits from now on, in place of another that waited."""
        self.discard()
        sealed = self._vault.seal(new.key, _context(new.thumbprint))
        self._connection.execute(
            insert(app_credentials).values(
                thumbprint=new.thumbprint, state=WAITING, certificate=new.certificate, key=sealed, made_at=new.made_at,
                checked_at=None, refusals={},
            )
        )  # fmt: skip

    def checked(self, thumbprint: str, at: datetime, refusals: Mapping[str, str]) -> None:
        """Note what Microsoft said of it."""
        changed = update(app_credentials).where(app_credentials.c.thumbprint == thumbprint)
        self._connection.execute(changed.values(checked_at=at, refusals=dict(refusals)))

    def switch(self, thumbprint: str) -> bool:
        """Put the one that waits to use, and forget the one before; whether it still waited."""
        table = app_credentials.c
        mine = (table.thumbprint == thumbprint, table.state == WAITING)
        if self._connection.execute(select(table.thumbprint).where(*mine)).one_or_none() is None:
            return False
        self._connection.execute(delete(app_credentials).where(table.state == IN_USE))
        self._connection.execute(update(app_credentials).where(*mine).values(state=IN_USE, refusals={}))
        return True

    def discard(self) -> None:
        """Forget the one that waits."""
        self._connection.execute(delete(app_credentials).where(app_credentials.c.state == WAITING))

    def _in_state(self, state: str) -> AppCredential | None:
        row = self._connection.execute(select(app_credentials).where(app_credentials.c.state == state)).one_or_none()
        if row is None:
            return None
        key = self._vault.unseal(row.key, _context(row.thumbprint))
        return AppCredential(row.thumbprint, row.certificate, key, row.made_at, row.checked_at, row.refusals)


def _context(thumbprint: str) -> str:
    return f"app-credential/{thumbprint}"
