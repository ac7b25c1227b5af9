"""DNS answers from a table, and where the public conformance suites are."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from lockgate.model.errors import TemporaryError

CORPUS = Path(os.environ.get("LOCKGATE_CORPUS", Path(__file__).parents[4] / "shared" / "corpus"))
SUITES = CORPUS / "auth"


class Zone:
    """A resolver over records given as (name, type, value). The value None stands for a DNS failure."""

    def __init__(self, records: Iterable[tuple[str, str, object]] = ()) -> None:
        self._records: dict[tuple[str, str], list[object]] = {}
        for name, kind, value in records:
            self._records.setdefault((name.lower().rstrip("."), kind), []).append(value)

    def _find(self, name: str, kind: str) -> list[object]:
        wanted = name.lower().rstrip(".")
        for _ in range(10):
            found = self._records.get((wanted, kind), [])
            if found or (wanted, "CNAME") not in self._records:
                break
            wanted = str(self._records[wanted, "CNAME"][0]).lower().rstrip(".")
        if None in found or (None in self._records.get((wanted, "ANY"), []) and not found):
            raise TemporaryError("no answer")
        return found

    async def txt(self, name: str) -> Sequence[bytes]:
        return [each for each in self._find(name, "TXT") if isinstance(each, bytes)]

    async def addresses(self, name: str, *, ipv6: bool = False) -> Sequence[str]:
        return [str(each) for each in self._find(name, "AAAA" if ipv6 else "A")]

    async def mail_exchangers(self, name: str) -> Sequence[tuple[int, str]]:
        return [each for each in self._find(name, "MX") if isinstance(each, tuple)]

    async def names(self, reverse_name: str) -> Sequence[str]:
        return [str(each) for each in self._find(reverse_name, "PTR")]
