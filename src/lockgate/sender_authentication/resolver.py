"""What sender authentication asks of the DNS. It looks nothing up itself; bootstrap hands over a real resolver."""

from collections.abc import Sequence
from typing import Protocol


class Resolver(Protocol):
    """Answers in text form. An empty answer means that the name or the type does not exist.

    Every method raises TemporaryError when it cannot be told (timeout, server failure).
    """

    async def txt(self, name: str) -> Sequence[bytes]:
        """TXT records, the strings of each joined (RFC 7208 §3.3)."""
        ...

    async def addresses(self, name: str, *, ipv6: bool = False) -> Sequence[str]:
        """A or AAAA records."""
        ...

    async def mail_exchangers(self, name: str) -> Sequence[tuple[int, str]]:
        """MX records as (preference, host)."""
        ...

    async def names(self, reverse_name: str) -> Sequence[str]:
        """PTR records of a name below in-addr.arpa or ip6.arpa."""
        ...
