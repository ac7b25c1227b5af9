"""7z by py7zr, whose declared sizes are checked against the budget before anything is unpacked."""

from collections.abc import Iterator
from io import BytesIO

from lockgate.detection.files.containers import by_libarchive
from lockgate.detection.files.containers.reading import (
    NEEDS_PASSWORD,
    Entry,
    Opening,
    Outcome,
    OutOfBudget,
    Refusal,
    Why,
)

COST = 5
TRY_COST = 400  # the key takes half a million rounds of SHA-256


def read_7z(opening: Opening) -> Iterator[Outcome]:
    """All files; a locked archive is tried with the passwords at hand. What py7zr cannot do, libarchive may."""
    from py7zr.exceptions import PasswordRequired, UnsupportedCompressionMethodError

    try:
        found = list(_with_py7zr(opening, None))
    except PasswordRequired:
        found = _unlocked(opening, [Refusal("", Why.ENCRYPTED, "needs a password even for its list of files")])
    except UnsupportedCompressionMethodError:
        found = list(by_libarchive.entries(opening, opening.content, "7zip"))
    else:
        if any(isinstance(outcome, Refusal) and outcome.why is Why.ENCRYPTED for outcome in found):
            found = _unlocked(opening, found)
    yield from found


def _unlocked(opening: Opening, otherwise: list[Outcome]) -> list[Outcome]:
    found: list[Outcome] = []

    def opens(text: str) -> bool:
        found[:] = _with_py7zr(opening, text)
        return bool(found)

    return found if opening.unlock(opens, TRY_COST) is not None else otherwise


def _with_py7zr(opening: Opening, password: str | None) -> Iterator[Outcome]:
    import py7zr
    from py7zr.io import BytesIOFactory

    with py7zr.SevenZipFile(BytesIO(opening.content), password=password) as archive:
        items = [item for item in archive.list() if not item.is_directory]
        if archive.needs_password() and password is None:
            for item in items:
                opening.one_more_file()
                yield Refusal(item.filename, Why.ENCRYPTED, NEEDS_PASSWORD)
            return
        size = sum(item.uncompressed or 0 for item in items)
        if password is not None and size > opening.budget.limits.total_bytes:
            raise OutOfBudget("more is in it than may be unpacked")
        if password is None:
            opening.spend(size, COST)
        factory = BytesIOFactory(opening.budget.limits.total_bytes)
        archive.extractall(factory=factory)
        for name, product in factory.products.items():
            opening.one_more_file()
            product.seek(0)
            content = product.read()
            if password is not None:
                opening.spend(len(content), COST)
            yield Entry(name, content)
