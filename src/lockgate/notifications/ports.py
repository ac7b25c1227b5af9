"""What sending mail of our own needs from others, in its own words."""

from collections.abc import Sequence
from typing import Protocol


class Transport(Protocol):
    """Hands one finished message to a server that delivers it."""

    async def send(self, sender: str, recipients: Sequence[str], content: bytes) -> str:
        """Return once a server has taken it for at least one recipient; a remark names the others, empty for none.

        Raises LockgateError with a sentence when it was taken for nobody.
        """
        ...
