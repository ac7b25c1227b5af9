"""Every file a message carries, containers opened within limits. What is not opened is named, never skipped.

The limits are those of the product: five containers deep, 9,999 files, 150 MB unpacked, and a ratio that only a bomb
has. They bound time and memory for one message; reaching one is an answer, not an error.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lockgate.detection.files import readers
from lockgate.detection.files.identify import identify
from lockgate.detection.files.kinds import Family, Kind
from lockgate.detection.files.readers import Budget, Entry, Refusal, Why
from lockgate.model.message import Part

__all__ = ["File", "Limits", "Unopened", "Unpacked", "Why", "unpack"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for one message."""

    depth: int = 5
    files: int = 9_999
    total_bytes: int = 150_000_000
    ratio: int = 250  # counted above `ratio_from` bytes: plain text may pack 1:1000 in small pieces
    ratio_from: int = 20_000_000


@dataclass(frozen=True, slots=True)
class File:
    """One file. `where` is like `part 1.2 > a.zip > b.exe`; `container` is the kind it was unpacked from, or None."""

    where: str
    name: str
    declared: str
    content: bytes = field(repr=False)
    kind: Kind
    depth: int
    container: Kind | None = None

    @property
    def is_nested(self) -> bool:
        """Whether it came out of a container."""
        return self.container is not None


@dataclass(frozen=True, slots=True)
class Unopened:
    """A container, or one entry of it, that was not looked into."""

    where: str
    name: str
    why: Why
    detail: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Files in the order met, a container before what is in it."""

    files: tuple[File, ...]
    unopened: tuple[Unopened, ...]


@dataclass(slots=True)
class _Walk:
    limits: Limits
    budget: Budget
    files: list[File] = field(default_factory=list)
    unopened: list[Unopened] = field(default_factory=list)


def unpack(parts: Iterable[Part], limits: Limits | None = None) -> Unpacked:
    """All files of these parts, recursively. Never raises for anything that the bytes contain."""
    bounds = limits or Limits()
    walk = _Walk(bounds, Budget(bounds.total_bytes, bounds.files))
    for part in parts:
        kind = identify(part.content, part.filename)
        where = f"part {part.path}" + (f" {part.filename}" if part.filename else "")
        _visit(File(where, part.filename, part.content_type, part.content, kind, 0), walk)
    return Unpacked(tuple(walk.files), tuple(walk.unopened))


def _visit(file: File, walk: _Walk) -> None:
    walk.files.append(file)
    reader = readers.READERS.get(file.kind)
    if reader is None:
        if file.kind in readers.RECOGNISED_ONLY:
            _skip(file, walk, Refusal("", Why.UNSUPPORTED, f"{file.kind.id} archives are recognised, not opened"))
        return
    if file.depth >= walk.limits.depth:
        _skip(file, walk, Refusal("", Why.LIMIT, f"more than {walk.limits.depth} containers in each other"))
        return
    before, opened = walk.budget.used, len(walk.files) + len(walk.unopened)
    for outcome in _entries(file, reader, walk.budget):
        if isinstance(outcome, Refusal):
            _skip(file, walk, outcome)
            continue
        if _is_bomb(walk.budget.used - before, len(file.content), walk.limits):
            _skip(file, walk, Refusal("", Why.LIMIT, f"unpacks to more than {walk.limits.ratio} times its size"))
            return
        where = f"{file.where} > {outcome.name}"
        kind = identify(outcome.content, outcome.name)
        _visit(File(where, outcome.name, "", outcome.content, kind, file.depth + 1, file.kind), walk)
    if opened == len(walk.files) + len(walk.unopened) and file.kind.family is Family.ARCHIVE:
        _skip(file, walk, Refusal("", Why.DAMAGED, "no file was found in it"))


def _entries(file: File, reader: readers.Reader, budget: Budget) -> Iterator[Entry | Refusal]:
    try:
        yield from reader(file.content, file.name, budget)
    except readers.OutOfBudget as limit:
        yield Refusal("", Why.LIMIT, str(limit))
    except Exception as error:  # noqa: BLE001 - archive libraries raise anything on hostile bytes; all of it means damaged
        yield Refusal("", Why.DAMAGED, f"{type(error).__name__}: {error}"[:150])


def _is_bomb(unpacked: int, packed: int, limits: Limits) -> bool:
    return unpacked > limits.ratio_from and unpacked > packed * limits.ratio


def _skip(file: File, walk: _Walk, refusal: Refusal) -> None:
    where = f"{file.where} > {refusal.name}" if refusal.name else file.where
    walk.unopened.append(Unopened(where, refusal.name or file.name, refusal.why, refusal.detail, file.kind))
