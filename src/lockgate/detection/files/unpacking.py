"""Every file a message carries, containers opened within limits. What is not opened is named, never skipped.

The limits bound time and memory for one message; reaching one is an answer, not an error. Only archives and disk images
count as layers; documents and messages in each other are bounded by `LEVELS` alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lockgate.detection.files import kinds
from lockgate.detection.files.appended import appended_archive
from lockgate.detection.files.containers import registry
from lockgate.detection.files.containers.reading import (
    Budget,
    Limits,
    Opening,
    Outcome,
    OutOfBudget,
    Reader,
    Refusal,
    Why,
)
from lockgate.detection.files.identify import identify
from lockgate.detection.files.kinds import Family, Kind
from lockgate.detection.files.passwords import Password
from lockgate.detection.files.plain_text import as_read
from lockgate.model.message import Part

__all__ = ["File", "Limits", "Unlocked", "Unopened", "Unpacked", "Why", "unpack"]

LEVELS = 14
LAYERS = frozenset({Family.ARCHIVE, Family.DISK_IMAGE})


@dataclass(frozen=True, slots=True)
class File:
    """One file. `where` is like `part 1.2 > a.zip > b.exe`; `container` is the kind it was unpacked from, or None."""

    where: str
    name: str
    declared: str
    content: bytes = field(repr=False)
    kind: Kind
    depth: int  # archives and disk images around it
    container: Kind | None = None
    level: int = 0  # containers of every kind around it
    is_appended: bool = False  # an archive that hides behind a file of another kind

    @property
    def text(self) -> bytes:
        """The content as what opens it reads it, when it is a text; else the content."""
        return as_read(self.content) if self.kind in kinds.TEXTUAL else self.content

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
    container: str  # where the container itself is


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A container that a password opened."""

    where: str
    name: str
    kind: Kind
    password: Password


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Files in the order met, a container before what is in it."""

    files: tuple[File, ...]
    unopened: tuple[Unopened, ...]
    unlocked: tuple[Unlocked, ...] = ()


@dataclass(slots=True)
class _Walk:
    budget: Budget
    passwords: Callable[[], Sequence[Password]]
    files: list[File] = field(default_factory=list)
    unopened: list[Unopened] = field(default_factory=list)
    unlocked: list[Unlocked] = field(default_factory=list)


def unpack(
    parts: Iterable[Part], limits: Limits | None = None, passwords: Callable[[], Sequence[Password]] = tuple
) -> Unpacked:
    """All files of these parts, recursively. Never raises for anything that the bytes contain.

    `passwords` is asked only when something is locked.
    """
    walk = _Walk(Budget(limits or Limits()), passwords)
    for part in parts:
        kind = identify(part.content, part.filename)
        where = f"part {part.path}" + (f" {part.filename}" if part.filename else "")
        _visit(File(where, part.filename, part.content_type, part.content, kind, 0), walk)
    return Unpacked(tuple(walk.files), tuple(walk.unopened), tuple(walk.unlocked))


def _visit(file: File, walk: _Walk) -> None:
    walk.files.append(file)
    reader = registry.READERS.get(file.kind)
    limits = walk.budget.limits
    if reader is None:
        if file.kind in registry.RECOGNISED_ONLY:
            _skip(file, walk, Refusal("", Why.UNSUPPORTED, f"{file.kind.id} files are recognised, not opened"))
    elif file.depth >= limits.depth and file.kind.family in LAYERS:
        _skip(file, walk, Refusal("", Why.LIMIT, f"more than {limits.depth} containers in each other"))
    elif file.level >= LEVELS:
        _skip(file, walk, Refusal("", Why.LIMIT, f"more than {LEVELS} files in each other"))
    else:
        _open(file, reader, walk)
    hidden = appended_archive(file.content, file.kind) if file.level < LEVELS and not file.is_appended else None
    if hidden is not None:
        kind, content = hidden
        where = f"{file.where} (appended {kind.id})"
        _visit(File(where, file.name, "", content, kind, file.depth, file.kind, file.level + 1, True), walk)


def _open(file: File, reader: Reader, walk: _Walk) -> None:
    opened = len(walk.files) + len(walk.unopened)
    opening = Opening(file.text, file.name, walk.budget, walk.passwords)
    depth = file.depth + (file.kind.family in LAYERS)
    for outcome in _outcomes(opening, reader):
        if isinstance(outcome, Refusal):
            _skip(file, walk, outcome)
            continue
        kind = identify(outcome.content, outcome.name)
        where = f"{file.where} > {outcome.name}"
        _visit(
            File(where, outcome.name, outcome.declared, outcome.content, kind, depth, file.kind, file.level + 1), walk
        )
    if opening.opened_with is not None:
        walk.unlocked.append(Unlocked(file.where, file.name, file.kind, opening.opened_with))
    if opened == len(walk.files) + len(walk.unopened) and file.kind.family is Family.ARCHIVE:
        _skip(file, walk, Refusal("", Why.DAMAGED, "no file was found in it"))


def _outcomes(opening: Opening, reader: Reader) -> Iterator[Outcome]:
    try:
        yield from reader(opening)
    except OutOfBudget as limit:
        yield Refusal("", Why.LIMIT, str(limit))
    except Exception as error:  # noqa: BLE001 - archive libraries raise anything on hostile bytes; all of it means damaged
        yield Refusal("", Why.DAMAGED, f"{type(error).__name__}: {error}"[:150])


def _skip(file: File, walk: _Walk, refusal: Refusal) -> None:
    if file.is_appended and refusal.why is Why.DAMAGED:
        return  # programs hold the magic numbers of the archives that they read
    where = f"{file.where} > {refusal.name}" if refusal.name else file.where
    walk.unopened.append(Unopened(where, refusal.name or file.name, refusal.why, refusal.detail, file.kind, file.where))
