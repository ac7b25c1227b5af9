"""Sends one message to one next hop over a pooled connection and tells each recipient's outcome.

The rule: `send` returns a `Delivery` for whatever the network does; it raises only when it is cancelled.
"""

from collections.abc import Sequence

from .delivery import Delivery, NextHop
from .pool import Pool
from .protocol.envelope import Envelope


class Sender:
    """Front door for outgoing mail. `pool` keeps the connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def send(self, next_hop: NextHop, envelope: Envelope, content: Sequence[bytes]) -> Delivery:
        """Relay `content` (chunks that together are the message, CRLF line ends) to every recipient."""
        raise NotImplementedError
