"""What is fuzzed: each target takes bytes and raises only when the product broke a promise of its own.

Limits are smaller than in production, so that many inputs a second go through; what they bound is the same code.
"""

import dataclasses
from collections.abc import Callable

from lockgate.detection.catalogue import Catalogue, default_catalogue
from lockgate.detection.content import Content
from lockgate.detection.engine import inspect
from lockgate.detection.files.containers.reading import Limits
from lockgate.detection.files.identify import identify
from lockgate.detection.files.passwords import candidates
from lockgate.detection.files.unpacking import unpack
from lockgate.mime.parser import parse
from lockgate.mime.stamping import without_headers
from lockgate.model.facts import Facts
from lockgate.model.findings import Failure
from lockgate.model.message import Message, Part

SMALL = Limits(files=300, total_bytes=4_000_000, ratio_from=1_000_000, effort=20_000_000, password_effort=60)
NAMES = ("", "a.doc", "a.csv", "a.js", "a.lnk", "a.svg", "a.hta")


def parser(data: bytes) -> None:
    """Bytes to a message: never raises, and every part lies inside."""
    message = parse(data)
    if not all(0 <= part.start <= part.body_start <= part.end <= len(data) for part in message.parts):
        raise AssertionError("a part lies outside the message")
    without_headers(data, frozenset({"subject"}))


def containers(data: bytes) -> None:
    """Every reader of containers, by magic number: never raises, stays in its budget."""
    found = unpack([_part(data, "a")], SMALL, lambda: candidates(["password: Winter-77"]))
    if sum(len(file.content) for file in found.files[1:]) > SMALL.total_bytes * 3:
        raise AssertionError("more was kept than the budget allows")


def documents(data: bytes) -> None:
    """Every detector of files on one attachment: none crashes."""
    message = dataclasses.replace(_EMPTY, parts=(_part(data[1:], NAMES[data[0] % len(NAMES)] if data else ""),))
    _no_crash(message, _FILE_DETECTORS)


def inspection(data: bytes) -> None:
    """The whole way: parse and judge with every detector."""
    message = parse(data)
    _no_crash(message, default_catalogue())


def kinds(data: bytes) -> None:
    """Telling what a file is: never raises."""
    identify(data, "a")
    candidates([data.decode("utf-8", "replace")])


def _part(content: bytes, name: str) -> Part:
    return Part("2", "application/octet-stream", "", "attachment", name, "", "base64", content, 0, 0, len(content))


def _no_crash(message: Message, catalogue: Catalogue) -> None:
    for gap in inspect(message, Facts(()), catalogue).incomplete:
        if gap.failure is Failure.CRASHED:
            raise AssertionError(f"{gap.detector}: {gap.why}")
    Content(message)


_EMPTY = parse(b"From: a@b.example\r\n\r\nx\r\n")
_FILE_DETECTORS = Catalogue(
    tuple(
        one for one in default_catalogue().detectors if one.id.partition(".")[0] in ("file", "malware", "link", "dlp")
    ),
    "fuzz",
)
TARGETS: dict[str, Callable[[bytes], None]] = {
    "parser": parser,
    "containers": containers,
    "documents": documents,
    "inspection": inspection,
    "kinds": kinds,
}
