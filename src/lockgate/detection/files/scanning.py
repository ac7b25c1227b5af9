"""Which files of a message outside scanners are given: what a reader would save, and what they could not open.

Scanners open archives by themselves, so the outermost file is enough; but they do not know the password that the mail
gives, so what was behind a lock is handed out as well.
"""

from lockgate.detection.files import kinds
from lockgate.detection.files.danger import dangerous_kind
from lockgate.detection.files.unpacking import File, Unpacked

MOST_FILES = 60
MOST_BYTES = 120_000_000


def for_scanners(unpacked: Unpacked) -> tuple[tuple[File, ...], bool]:
    """The files, and whether these are all that should be scanned."""
    locked = tuple(f"{item.where} > " for item in unpacked.unlocked)
    wanted = [file for file in unpacked.files if file.level == 0 or file.where.startswith(locked)]
    chosen: list[File] = []
    size = 0
    for file in wanted:
        if len(chosen) >= MOST_FILES or size + len(file.content) > MOST_BYTES:
            return tuple(chosen), False
        chosen.append(file)
        size += len(file.content)
    return tuple(chosen), True


def runs(file: File, unpacked: Unpacked) -> bool:
    """Whether the file, or anything inside it, runs something when it is opened; macros count."""
    inside = f"{file.where} > "
    return any(_runs(each) for each in unpacked.files if each is file or each.where.startswith(inside))


def _runs(file: File) -> bool:
    return file.kind is kinds.MACRO_OFFICE or dangerous_kind(file.kind, file.name)
