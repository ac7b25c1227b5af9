"""What a message carries, for policies that stop files by kind, extension or name: every file, however deep."""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.files.identify import extension
from lockgate.detection.files.unpacking import Why
from lockgate.model.findings import SeenFile

LONGEST = 255  # characters of a name or a place


def seen_files(content: Content) -> tuple[SeenFile, ...]:
    """Files in the order met, then those that are only named in a container which cannot be opened."""
    return (*_opened(content), *_named(content))


def _opened(content: Content) -> Iterator[SeenFile]:
    for file in content.files:
        kind = file.kind
        yield SeenFile(
            file.where[:LONGEST], file.name[:LONGEST], extension(file.name), kind.id, kind.family.value, file.is_nested
        )


def _named(content: Content) -> Iterator[SeenFile]:
    for item in content.unpacked.unopened:
        if item.why in (Why.ENCRYPTED, Why.UNSUPPORTED) and item.name and item.where != item.container:
            yield SeenFile(item.where[:LONGEST], item.name[:LONGEST], extension(item.name), "", "", nested=True)
