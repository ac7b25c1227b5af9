"""Optical disc images: ISO 9660 with Joliet and Rock Ridge by libarchive, UDF (ECMA-167) by pycdlib.

A bridge disc has both, and they need not show the same files: Windows shows the UDF side, others the ISO side. Both are
read, and a file that both have counts once.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from lockgate.detection.files.containers import by_libarchive, disk_images
from lockgate.detection.files.containers.reading import Entry, Opening, Outcome, OutOfBudget

UDF_MARKS = (b"NSR02", b"NSR03")
DESCRIPTORS = slice(0x8000, 0x18000)


def read_optical(opening: Opening) -> Iterator[Outcome]:
    """All files of both sides; when neither gives any, whatever looks like a file."""
    seen: set[bytes] = set()
    for outcome in by_libarchive.entries(opening, opening.content, "iso9660"):
        if isinstance(outcome, Entry):
            seen.add(outcome.content)
            yield outcome
    if any(mark in opening.content[DESCRIPTORS] for mark in UDF_MARKS):
        for entry in _udf(opening):
            if entry.content not in seen:
                seen.add(entry.content)
                yield entry
    if not seen:
        yield from disk_images.carved(opening, opening.content)


def _udf(opening: Opening) -> Iterator[Entry]:
    import pycdlib

    disc = pycdlib.PyCdlib()
    try:
        disc.open_fp(BytesIO(opening.content))
        for folder, _, files in disc.walk(udf_path="/"):
            for name in files:
                yield _udf_file(opening, disc, f"{folder.rstrip('/')}/{name}")
    except OutOfBudget:
        raise
    except Exception:  # noqa: BLE001 - a library for well-formed discs; what it read before the damage counts
        return


def _udf_file(opening: Opening, disc: Any, path: str) -> Entry:
    opening.one_more_file()
    opening.spend(disc.get_record(udf_path=path).get_data_length())
    target = BytesIO()
    disc.get_file_from_iso_fp(target, udf_path=path)
    return Entry(path.lstrip("/"), target.getvalue())
