"""FAT12, FAT16 and FAT32 volumes with long names (Microsoft FAT specification 1.03), read-only and bounded.

A chain of clusters that runs in circles, or a folder that contains itself, ends at the bounds.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from lockgate.detection.files.containers.reading import Entry, Opening, Outcome

FOLDER, LABEL, LONG_NAME = 0x10, 0x08, 0x0F
DELETED, END = 0xE5, 0x00
ENTRY = 32
MOST_FOLDERS = 2_000
FAT12_CLUSTERS, FAT16_CLUSTERS = 4_085, 65_525


@dataclass(frozen=True, slots=True)
class _Volume:
    data: memoryview
    cluster: int  # bytes
    width: int  # bits of one entry of the table
    table: memoryview
    root: memoryview | int  # the fixed area of FAT12/16, or the first cluster
    first_data: int

    def following(self, cluster: int) -> int:
        """The next cluster of a chain; anything from `last` on ends it."""
        if self.width == 12:
            pair = int.from_bytes(self.table[cluster * 3 // 2 : cluster * 3 // 2 + 2], "little")
            return pair >> 4 if cluster & 1 else pair & 0xFFF
        size = self.width // 8
        return int.from_bytes(self.table[cluster * size : (cluster + 1) * size], "little") & 0x0FFFFFFF

    def chain(self, cluster: int) -> Iterator[memoryview]:
        """The clusters' bytes, at most as many as there are."""
        last = (1 << min(self.width, 28)) - 8
        for _ in range(len(self.data) // self.cluster + 1):
            if not 2 <= cluster < last:
                return
            start = self.first_data + (cluster - 2) * self.cluster
            yield self.data[start : start + self.cluster]
            cluster = self.following(cluster)


def is_fat(volume: memoryview) -> bool:
    """Whether the boot sector describes a FAT volume (BPB; FAT specification, "Boot sector and BPB")."""
    head = bytes(volume[:90])
    if len(head) < 90 or head[0] not in (0xEB, 0xE9):
        return False
    sector, per_cluster = struct.unpack_from("<HB", head, 11)
    named = head[54:57] == b"FAT" or head[82:85] == b"FAT"
    return named and sector in (512, 1024, 2048, 4096) and per_cluster.bit_count() == 1 and 1 <= head[16] <= 4


def read(opening: Opening, data: memoryview) -> Iterator[Outcome]:
    """All files of all folders."""
    volume = _volume(data)
    folders: list[tuple[str, bytes]] = [("", _folder(volume, volume.root))]
    seen: set[int] = set()
    while folders:
        path, entries = folders.pop(0)
        for name, attributes, cluster, size in _entries(entries):
            if attributes & FOLDER:
                if cluster not in seen and len(seen) < MOST_FOLDERS:
                    seen.add(cluster)
                    folders.append((f"{path}{name}/", _folder(volume, cluster)))
                continue
            opening.one_more_file()
            opening.spend(min(size, len(data)))
            yield Entry(path + name, b"".join(volume.chain(cluster))[:size])


def _volume(data: memoryview) -> _Volume:
    sector, per_cluster, reserved, tables, root_entries, small_total, _, small_table = struct.unpack_from(
        "<HBHBHHBH", data, 11
    )
    (total,) = struct.unpack_from("<I", data, 32)
    (large_table,) = struct.unpack_from("<I", data, 36)
    table_sectors = small_table or large_table
    root_start = (reserved + tables * table_sectors) * sector
    first_data = root_start + -(-root_entries * ENTRY // sector) * sector
    clusters = ((small_total or total) * sector - first_data) // (per_cluster * sector)
    width = 12 if clusters < FAT12_CLUSTERS else 16 if clusters < FAT16_CLUSTERS else 32
    table = data[reserved * sector : reserved * sector + table_sectors * sector]
    root: memoryview | int = data[root_start:first_data]
    if width == 32 or not root_entries:
        width = 32
        (root,) = struct.unpack_from("<I", data, 44)
    return _Volume(data, per_cluster * sector, width, table, root, first_data)


def _folder(volume: _Volume, place: memoryview | int) -> bytes:
    return bytes(place) if isinstance(place, memoryview) else b"".join(volume.chain(place))


def _entries(folder: bytes) -> Iterator[tuple[str, int, int, int]]:
    """Name, attributes, first cluster and size of each entry but `.` and `..`."""
    long_name = ""
    for place in range(0, len(folder) - ENTRY + 1, ENTRY):
        entry = folder[place : place + ENTRY]
        if entry[0] == END:
            return
        attributes = entry[11]
        if entry[0] == DELETED or entry[0:1] == b".":
            long_name = ""
        elif attributes == LONG_NAME:
            letters = entry[1:11] + entry[14:26] + entry[28:32]
            long_name = letters.decode("utf-16-le", "replace").partition("\0")[0].rstrip("\uffff") + long_name
        elif not attributes & LABEL:
            high, low, size = struct.unpack_from("<H", entry, 20)[0], *struct.unpack_from("<HI", entry, 26)
            yield long_name or _short_name(entry), attributes, high << 16 | low, size
            long_name = ""
        else:
            long_name = ""


def _short_name(entry: bytes) -> str:
    stem, extension = (piece.decode("cp437").rstrip() for piece in (entry[:8], entry[8:11]))
    return f"{stem}.{extension}" if extension else stem
