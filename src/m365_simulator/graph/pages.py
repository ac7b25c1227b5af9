"""What Graph remembers between the pages of one collection: the ids in order, fixed when the first page is asked for.

A page costs what is on it, whatever the size of the directory. Links are opaque, may be asked for twice, and
die with a reset or when too many newer collections have been started.
"""

import base64
import json
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from m365_simulator.graph.errors import GraphError

KEPT_COLLECTIONS = 128
KEPT_SNAPSHOTS = 64
Entry = str | tuple[str, int]  # an id, or an id with the place of a slice of its members


@dataclass(frozen=True, slots=True)
class Listing:
    """One started collection. `frozen` holds whatever the endpoint wants to find again on the next page."""

    entries: Sequence[Entry]
    frozen: dict[str, str] = field(default_factory=dict)


@dataclass
class Pages:
    """All started collections, and the snapshots of group members that delta tokens refer to."""

    epoch: str = field(default_factory=lambda: secrets.token_hex(6))
    listings: OrderedDict[str, Listing] = field(default_factory=OrderedDict)
    snapshots: OrderedDict[str, dict[str, tuple[str, ...]]] = field(default_factory=OrderedDict)

    def forget(self) -> None:
        """After a reset no link and no token is valid."""
        self.epoch = secrets.token_hex(6)
        self.listings.clear()
        self.snapshots.clear()

    def start(self, listing: Listing) -> str:
        """Remembers a collection; returns its word."""
        word = secrets.token_urlsafe(9)
        self.listings[word] = listing
        while len(self.listings) > KEPT_COLLECTIONS:
            self.listings.popitem(last=False)
        return word

    def resume(self, token: str) -> tuple[str, Listing, int]:
        """The collection that a `$skiptoken` continues, and the offset. Raises GraphError 400 when it is gone."""
        parsed = decode(token)
        word, offset = parsed.get("w"), parsed.get("o")
        listing = self.listings.get(word) if isinstance(word, str) else None
        if listing is None or not isinstance(word, str) or not isinstance(offset, int):
            raise GraphError(400, "Directory_ExpiredPageToken", "The specified page token value has expired.")
        self.listings.move_to_end(word)
        return word, listing, offset

    def remember_members(self, members: dict[str, tuple[str, ...]]) -> str:
        """Keeps who was in which group; returns the snapshot's word."""
        word = secrets.token_urlsafe(9)
        self.snapshots[word] = members
        while len(self.snapshots) > KEPT_SNAPSHOTS:
            self.snapshots.popitem(last=False)
        return word


def encode(**values: str | int | float) -> str:
    """An opaque token."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def decode(token: str) -> dict[str, str | int | float]:
    """The contents of a token; empty when it is none of ours."""
    try:
        found = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
