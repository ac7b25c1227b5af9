"""What scanners outside of this program say of the files of a message: facts for detection.

Each scanner has a fact type of its own, so that one which could not be asked is missing by its own name.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """One file and what was found in it; `threat` is the scanner's name for it, empty when nothing was found."""

    where: str
    threat: str


@dataclass(frozen=True, slots=True)
class ClamavScan:
    """The answer of clamd, for the whole message and every file."""

    files: tuple[ScannedFile, ...]
    scanner: Literal["clamav"] = "clamav"


@dataclass(frozen=True, slots=True)
class IcapScan:
    """The answer of an ICAP server (RFC 3507) for every file."""

    files: tuple[ScannedFile, ...]
    scanner: Literal["icap"] = "icap"


class SandboxState(StrEnum):
    """How far the sandbox is with a file."""

    MALICIOUS = "malicious"
    SUSPICIOUS = "suspicious"
    CLEAN = "clean"
    PENDING = "pending"
    FAILED = "failed"  # it gave up on this file, or never answered in time


@dataclass(frozen=True, slots=True)
class SandboxedFile:
    """One file that a sandbox ran; `detail` is its own word: a family, a score."""

    where: str
    sha256: str
    state: SandboxState
    detail: str


@dataclass(frozen=True, slots=True)
class SandboxScan:
    """What the sandbox says of the files that were worth running."""

    files: tuple[SandboxedFile, ...]
    scanner: Literal["sandbox"] = "sandbox"


@dataclass(frozen=True, slots=True)
class CarriedFile:
    """A file of a message as it is handed to scanners. Equal content has equal `sha256` (hexadecimal).

    `runs`: it is of a kind that runs something when it is opened, or holds such a file.
    """

    where: str
    name: str
    kind: str
    runs: bool
    sha256: str
    content: bytes = field(repr=False)
