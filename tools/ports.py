"""Ports for programs that are told theirs before they listen there.

Rule: never from the range that the system gives to outgoing connections (ip(7), `ip_local_port_range`: 32768 and up on
Linux): one of those can take a port between our look at it and the program's own.
"""

import secrets
import socket

ASIDE = range(20_000, 32_000)


def free_port() -> int:
    """A TCP port of this machine's own address that nobody listens on."""
    while True:
        port = secrets.choice(ASIDE)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
