"""Persistent connections to next hops: few, warm, healthy.

The rule: a connection is given to one message at a time and comes back only in a known state.
"""

import ssl
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """Seconds unless said otherwise. Stage timeouts follow RFC 5321 §4.5.3.2 unless lowered."""

    connections_per_next_hop: int = 50
    messages_per_connection: int = 1000
    idle_seconds: float = 60.0
    health_check_after: float = 15.0
    wait_for_connection: float = 60.0
    connect: float = 30.0
    command: float = 300.0
    data: float = 120.0
    content_block: float = 180.0
    final_reply: float = 600.0


class Pool:
    """`async with Pool(...) as pool:`; leaving closes every connection."""

    def __init__(self, helo: str, tls: ssl.SSLContext | None, limits: PoolLimits = PoolLimits()) -> None:
        self._helo = helo
        self._tls = tls
        self._limits = limits
