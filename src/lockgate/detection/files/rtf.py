"""Objects in RTF (RTF 1.9.1, "Objects"), read by oletools, which knows the tricks that hide them from searches."""

from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

SIZE_LIMIT = 20_000_000
MOST = 100
EQUATION = b"\x02\xce\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
"""Class id {0002CE02-0000-0000-C000-000000000046} of Equation Editor 3.0."""


@dataclass(frozen=True, slots=True)
class RtfObject:
    """One object: the class that opens it, and its bytes."""

    class_name: str
    content: bytes = field(repr=False)

    @property
    def is_package(self) -> bool:
        """Whether it is a file in a package (MS-OLEDS §2.3.6, without the size in front)."""
        return self.class_name.lower() == "package"

    @property
    def is_equation(self) -> bool:
        """Whether Equation Editor opens it, by name or by class id."""
        return "equation" in self.class_name.lower() or EQUATION in self.content[:20_000]


@lru_cache(maxsize=4)
def objects(content: bytes) -> tuple[RtfObject, ...]:
    """All objects, at most `MOST`. Never raises."""
    if b"objdata" not in content and b"\\object" not in content and b"\\bin" not in content:
        return ()
    from oletools.rtfobj import RtfObjParser

    parser = RtfObjParser(content[:SIZE_LIMIT])
    with suppress(Exception):  # hostile bytes; the objects before the damage count
        parser.parse()
    return tuple(_object(item) for item in parser.objects[:MOST])


def _object(item: object) -> RtfObject:
    class_name = getattr(item, "class_name", None) or b""
    name = class_name.decode("latin-1").rstrip("\0") if isinstance(class_name, bytes) else str(class_name)
    content = getattr(item, "oledata", None) or getattr(item, "rawdata", None) or b""
    return RtfObject(name, bytes(content))
