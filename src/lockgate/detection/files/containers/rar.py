"""RAR 4 and 5: the list of files by rarfile, their content by libarchive.

What neither can read is named by its file names. Locked files are tried with the passwords at hand.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from lockgate.detection.files.containers import by_libarchive, rar_locked
from lockgate.detection.files.containers.reading import NEEDS_PASSWORD, Entry, Opening, Outcome, Refusal, Why

TRY_COST = {True: 60, False: 150}  # RAR 5 or not: how slowly a key is made of a password


def read_rar(opening: Opening) -> Iterator[Outcome]:
    """All files of the archive."""
    import rarfile

    try:
        with rarfile.RarFile(BytesIO(opening.content)) as archive:
            items = [item for item in archive.infolist() if not item.is_dir()]
            if archive.needs_password():
                yield from _locked(opening, items)
            else:
                yield from _open(opening, items)
    except rarfile.NeedFirstVolume:
        yield Refusal("", Why.UNSUPPORTED, "is one volume of an archive in several files")
    except rarfile.Error:
        yield from by_libarchive.entries(opening, opening.content, _format(opening.content))


def _format(content: bytes) -> str:
    return "rar5" if rar_locked.is_rar5(content) else "rar"


def _open(opening: Opening, items: list[Any]) -> Iterator[Outcome]:
    """Everything that libarchive reads; the names of the rest are told all the same."""
    left = {item.filename: item for item in items}
    refusal = Refusal("", Why.DAMAGED, "cannot be unpacked")
    for outcome in by_libarchive.entries(opening, opening.content, _format(opening.content)):
        if isinstance(outcome, Refusal):
            refusal = outcome
            continue
        item = left.get(outcome.name)
        if item is None or len(outcome.content) == item.file_size:
            left.pop(outcome.name, None)
            yield outcome
    for name in left:
        yield Refusal(name, refusal.why, refusal.detail)
    if not items and refusal.name:
        yield refusal


def _locked(opening: Opening, items: list[Any]) -> Iterator[Outcome]:
    found = items or _unlocked_list(opening)
    if not found:
        yield Refusal("", Why.ENCRYPTED, "needs a password even for its list of files")
    for item in found:
        opening.one_more_file()
        if item.needs_password():
            yield _unlocked(opening, item)
        else:
            yield Refusal(item.filename, Why.UNSUPPORTED, "lies between locked files and is not opened")


def _unlocked_list(opening: Opening) -> list[Any]:
    import rarfile

    found: list[Any] = []

    def opens(text: str) -> bool:
        with rarfile.RarFile(BytesIO(opening.content)) as archive:
            archive.setpassword(text)
            found[:] = [item for item in archive.infolist() if not item.is_dir()]
        return bool(found)

    opening.unlock(opens, TRY_COST[rar_locked.is_rar5(opening.content)])
    return found


def _unlocked(opening: Opening, item: Any) -> Outcome:
    found: list[Entry] = []

    def opens(text: str) -> bool:
        content = rar_locked.rebuilt(opening.content, item, text)
        outcomes = list(by_libarchive.entries(opening, content, _format(content)))
        found[:] = [outcome for outcome in outcomes if isinstance(outcome, Entry)]
        return len(outcomes) == len(found) == 1

    if opening.unlock(opens, TRY_COST[rar_locked.is_rar5(opening.content)]) is None:
        return Refusal(item.filename, Why.ENCRYPTED, NEEDS_PASSWORD)
    return Entry(item.filename, found[0].content)
