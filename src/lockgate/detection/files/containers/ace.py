"""ACE 1 and 2 by acefile, in pure Python and so slowly that only small ones are unpacked."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from lockgate.detection.files.containers.reading import NEEDS_PASSWORD, Entry, Opening, Outcome, Refusal, Why

COST = 150
TRY_COST = 20


def read_ace(opening: Opening) -> Iterator[Outcome]:
    """All files."""
    import acefile

    with acefile.open(BytesIO(opening.content)) as archive:
        for item in archive:
            if item.is_dir():
                continue
            opening.one_more_file()
            if item.is_enc():
                yield _locked(opening, archive, item)
                continue
            opening.spend(item.size, COST)
            yield Entry(item.filename, archive.read(item))


def _locked(opening: Opening, archive: Any, item: Any) -> Outcome:
    found: list[bytes] = []

    def opens(text: str) -> bool:
        opening.spend(item.size, COST)
        found[:] = [archive.read(item, pwd=text)]
        return True

    if opening.unlock(opens, TRY_COST) is None:
        return Refusal(item.filename, Why.ENCRYPTED, NEEDS_PASSWORD)
    return Entry(item.filename, found[0])
