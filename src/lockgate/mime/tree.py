"""The MIME tree, flattened to its leaves, each with its place in the bytes (RFC 2046 §5.1).

Bounds keep hostile nesting linear: depth 40, 3,000 parts; what is beyond them is one opaque leaf and a defect.
"""

from dataclasses import dataclass, field

from lockgate.mime.headers import HeaderBlock, scan
from lockgate.mime.parameters import ParameterValue, read_parameters
from lockgate.mime.transfer_encoding import decode
from lockgate.model.message import Defect, Part

DEPTH = 40
PARTS = 3000
NO_PARAMETERS = ParameterValue("", {}, repeated=False)


@dataclass(slots=True)
class Leaves:
    """What the walk collects."""

    content: bytes
    parts: list[Part] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)

    def defect(self, identity: str, detail: str) -> None:
        """Note a defect, each id at most ten times."""
        if sum(known.id == identity for known in self.defects) < 10:
            self.defects.append(Defect(identity, detail))


def walk(
    leaves: Leaves, start: int, end: int, path: str = "", depth: int = 0, default: str = "text/plain"
) -> HeaderBlock:
    """Collect the leaves of the entity in bytes [start, end); returns its header."""
    header = scan(leaves.content, start, end)
    kind = _content_type(leaves, header, default, path)
    if header.count("Content-Transfer-Encoding") > 1:
        leaves.defect("mime.duplicate-header", f"part {path or '0'} has several Content-Transfer-Encoding fields")
    body_start = min(header.body_start, end)
    nested = depth < DEPTH and len(leaves.parts) < PARTS
    if kind.kind.startswith("multipart/") and nested:
        boundary = kind.parameters.get("boundary", "").rstrip()
        spans = boundaries(leaves.content, boundary, body_start, end) if boundary else []
        if spans:
            inner = "message/rfc822" if kind.kind == "multipart/digest" else "text/plain"
            for number, (part_start, part_end) in enumerate(spans[: PARTS - len(leaves.parts)], 1):
                walk(leaves, part_start, part_end, f"{path}.{number}" if path else str(number), depth + 1, inner)
            return header
        leaves.defect("mime.no-boundary", f"{kind.kind} without its boundary in part {path or '0'}")
        kind = ParameterValue("text/plain", kind.parameters, kind.repeated)
    if not nested:
        leaves.defect("mime.too-deep", "nesting or number of parts beyond the limits")
    _leaf(leaves, header, kind, path or "1", start, body_start, end)
    if kind.kind in ("message/rfc822", "message/global") and nested:
        _embedded(leaves, path or "1", depth, body_start, end)
    return header


def _embedded(leaves: Leaves, path: str, depth: int, body_start: int, end: int) -> None:
    """A message inside the message; encoded ones (forbidden by RFC 2046 §5.2.1, but seen) are decoded first."""
    leaf = leaves.parts[-1]
    if leaf.transfer_encoding in ("", "7bit", "8bit", "binary"):
        walk(leaves, body_start, end, f"{path}.0", depth + 1)
        return
    leaves.defect("mime.encoded-message", f"part {path} is a message in {leaf.transfer_encoding}")
    inside = Leaves(leaf.content)
    walk(inside, 0, len(leaf.content), f"{path}.0", depth + 1)
    leaves.parts += inside.parts
    leaves.defects += inside.defects


def _content_type(leaves: Leaves, header: HeaderBlock, default: str, path: str) -> ParameterValue:
    values = list(header.values("Content-Type"))
    if len(values) > 1:
        leaves.defect("mime.duplicate-header", f"part {path or '0'} has {len(values)} Content-Type fields")
    kind = read_parameters(values[0]) if values else NO_PARAMETERS
    if kind.repeated:
        leaves.defect("mime.repeated-parameter", f"part {path or '0'} repeats a parameter of Content-Type")
    if "/" not in kind.kind:
        if values:
            leaves.defect("mime.bad-content-type", values[0][:100])
        return ParameterValue(default, kind.parameters, kind.repeated)
    return kind


def _leaf(
    leaves: Leaves, header: HeaderBlock, kind: ParameterValue, path: str, start: int, body_start: int, end: int
) -> None:
    disposition = read_parameters(next(header.values("Content-Disposition"), ""))
    encoding = next(header.values("Content-Transfer-Encoding"), "").partition(";")[0].strip().lower()
    decoded = decode(leaves.content[body_start:end], encoding)
    if decoded.defect:
        leaves.defect("mime.transfer-encoding", f"part {path}: {decoded.defect}")
    leaves.parts.append(
        Part(
            path=path,
            content_type=kind.kind,
            charset=kind.parameters.get("charset", "").lower(),
            disposition=disposition.kind,
            filename=disposition.parameters.get("filename") or kind.parameters.get("name", ""),
            content_id=next(header.values("Content-ID"), "").strip("<> "),
            transfer_encoding=encoding,
            content=decoded.content,
            start=start,
            body_start=body_start,
            end=end,
        )
    )


def boundaries(content: bytes, boundary: str, start: int, end: int) -> list[tuple[int, int]]:
    """The spans between delimiter lines (RFC 2046 §5.1.1); without a closing delimiter the last one ends at `end`.

    The line end before a delimiter belongs to the delimiter.
    """
    mark = b"--" + boundary.encode("utf-8", "surrogateescape")
    spans: list[tuple[int, int]] = []
    opened: int | None = None
    position = start
    while (found := content.find(mark, position, end)) >= 0:
        position = found + len(mark)
        if found > start and content[found - 1] not in b"\r\n":
            continue
        newline = content.find(b"\n", position, end)
        line_end = end if newline < 0 else newline + 1
        rest = content[position:line_end].strip(b" \t\r\n")
        if rest not in (b"", b"--"):
            continue
        if opened is not None:
            spans.append((opened, max(_before_line_end(content, found), opened)))
        opened = None if rest == b"--" else line_end
        if rest == b"--":
            break
        position = line_end
    if opened is not None and opened < end:
        spans.append((opened, end))
    return spans


def _before_line_end(content: bytes, position: int) -> int:
    if content[position - 2 : position] == b"\r\n":
        return position - 2
    return position - 1 if content[position - 1 : position] in (b"\n", b"\r") else position
