"""The MIME tree of a message (RFC 2046 §5.1), found in one pass over the bytes with a stack of open boundaries.

Time is linear in the size; depth, parts and searches are bounded. Offsets stay those of the received bytes. Where
clients disagree about a boundary every reading that occurs in the bytes is open at once, so that a part which any
client would find is found.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from lockgate.mime import parameters
from lockgate.mime.headers import HeaderBlock, find_body, scan
from lockgate.mime.parameters import Parameterised
from lockgate.mime.transfer_encodings import IDENTITY, canonical_name, decode
from lockgate.model.message import Defect

MAX_DEPTH = 30
MAX_PARTS = 1_000
MAX_PART_HEADER = 128 * 1024
GUESS_WINDOW = 64 * 1024

_GUESS = re.compile(rb"\n--([^\r\n]{1,200}?)[ \t]*\r?\n(?:Content-|MIME-Version|X-|\r?\n(?=[^\n]*\n))", re.IGNORECASE)
_SURE_GUESS = re.compile(rb"\n--([^\r\n]{1,200}?)[ \t]*\r?\nContent-(?:Type|Transfer-Enc|Disp)", re.IGNORECASE)
_LATE_HEADER = re.compile(rb"\r?\n(?=Content-(?:Type|Transfer-Encoding|Disposition)[ \t]*:)", re.IGNORECASE)
_BARE_CR_FIELD = re.compile(rb"\r+(Content-[A-Za-z-]{1,40})[ \t]*:([^\r\n]*)", re.IGNORECASE)
_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news", "message/rfc2822"})
_MAJOR_TYPES = ("text/", "image/", "application/", "audio/", "video/", "message/", "font/", "model/", "multipart/")


@dataclass(slots=True)
class Entity:
    """One node. A leaf has no children; `content` is the buffer that the offsets refer to."""

    path: str
    block: HeaderBlock
    content_type: str
    type_field: Parameterised
    boundaries: tuple[bytes, ...]
    encodings: tuple[str, ...]
    start: int
    body_start: int
    end: int
    depth: int
    parent: "Entity | None" = None
    children: "list[Entity]" = field(default_factory=list)
    shadow: bool = False  # children were guessed inside what most clients show as one text

    @property
    def content(self) -> bytes:
        """The buffer that the offsets of this node refer to."""
        return self.block.content

    @property
    def encoding(self) -> str:
        """The transfer encoding that most clients take."""
        return self.encodings[0] if self.encodings else ""

    @property
    def is_multipart(self) -> bool:
        """Whether its declared type is a multipart."""
        return self.content_type.startswith("multipart/")

    @property
    def is_message(self) -> bool:
        """Whether it holds a message of its own (RFC 2046 §5.2.1, RFC 6532 §3.7)."""
        return self.content_type in _MESSAGE_TYPES

    def disposition(self) -> Parameterised:
        """The topmost Content-Disposition; empty when there is none."""
        return parameters.parse(self.block.value("content-disposition") or "")


@dataclass(slots=True)
class Walk:
    """One buffer being taken apart."""

    content: bytes
    defects: list[Defect]
    parts: int = 0
    budget: int = 0  # bytes that searches for boundaries may still look at
    open: dict[bytes, int] = field(default_factory=dict)
    stack: list[tuple[Entity, list[bytes]]] = field(default_factory=list)

    def run(self, start: int, path: str, depth: int) -> Entity:
        """The tree whose top-level header begins at `start`."""
        self.budget = 4 * len(self.content) + 1_000_000
        content = self.content
        root = current = self._enter(start, path, None, depth)
        position = current.body_start - 1
        find = content.find
        while self.open:
            mark = find(b"\n--", max(position, 0))
            if mark < 0:
                break
            line_end = find(b"\n", mark + 1)
            line_end = len(content) if line_end < 0 else line_end
            level = self._level(content[mark + 3 : min(line_end, mark + 300)].rstrip(b" \t\r"))
            if level is None:
                position = line_end
                continue
            self._close(level, mark)
            if self._is_close(content[mark + 3 : line_end].rstrip(b" \t\r"), level):
                # Stays open: clients go on when the same delimiter appears again behind the end.
                position = line_end
                continue
            if self.parts >= MAX_PARTS:
                self.defects.append(Defect("mime.too-many-parts", f"more than {MAX_PARTS}"))
                break
            owner = self.stack[level][0]
            current = self._enter(min(line_end + 1, len(content)), _child_path(owner), owner, owner.depth + 1)
            position = max(current.body_start - 1, line_end)
        return root

    def _level(self, text: bytes) -> int | None:
        """Which open multipart a delimiter line belongs to; a stray hyphen behind the boundary is forgiven."""
        level = self.open.get(text)
        if level is None and text.endswith(b"-"):
            level = self.open.get(text.rstrip(b"-"))
        return level

    def _is_close(self, text: bytes, level: int) -> bool:
        return (
            text.endswith(b"--")
            and text[:-2] in self.stack[level][0].boundaries
            and (text not in self.stack[level][0].boundaries)
        )

    def _close(self, level: int, mark: int) -> None:
        """The delimiter at `mark` belongs to `level`: everything open below it ends before its line break."""
        end = mark - 1 if mark > 0 and self.content[mark - 1] == 13 else mark
        self._pop(level + 1)
        node: Entity | None = self.stack[level][0]
        while node is not None and node.children:
            node = node.children[-1]
            if node.end > end:
                node.end = max(end, node.start)
                node.body_start = min(node.body_start, node.end)

    def _pop(self, level: int) -> None:
        while len(self.stack) > level:
            _, keys = self.stack.pop()
            for key in keys:
                self.open.pop(key, None)

    def _enter(self, start: int, path: str, parent: Entity | None, depth: int) -> Entity:
        """Read the header at `start`; a message inside is entered at once."""
        entity = self._read(start, path, parent, depth)
        if parent is not None:
            parent.children.append(entity)
        self.parts += 1
        if depth >= MAX_DEPTH:
            if entity.is_multipart or entity.is_message:
                self.defects.append(Defect("mime.too-deep", f"more than {MAX_DEPTH} levels"))
            return entity
        if entity.is_message and entity.encoding in IDENTITY and entity.body_start < entity.end:
            return self._enter(entity.body_start, f"{path}.1" if path else "1", entity, depth + 1)
        if entity.boundaries:  # clients ignore a transfer encoding here when delimiters are seen without decoding
            keys = [key for known in entity.boundaries for key in (known, known + b"--") if key not in self.open]
            self.open.update((key, len(self.stack)) for key in keys)
            self.stack.append((entity, keys))
        return entity

    def _read(self, start: int, path: str, parent: Entity | None, depth: int) -> Entity:
        limit = len(self.content)
        if parent is not None:
            if late := _LATE_HEADER.match(self.content, start):
                self.defects.append(Defect("mime.empty-line-before-header", path))
                start = late.end()
            limit = self._header_limit(start)
        block = scan(self.content, start, limit)
        body_start = block.body_start
        if parent is not None and block.junk and not self.content[body_start:limit].strip():
            body_start = block.junk[0]  # no empty line: the body begins where the fields end
            self.defects.append(Defect("mime.no-empty-line-before-body", path))
        fields = _bare_cr_fields(block)
        if fields:
            self.defects.append(Defect("mime.bare-cr-in-header", path or "top"))
        types = [parameters.parse(value) for value in (*block.values("content-type"), *fields.get("content-type", ()))]
        chosen = next((each for each in types if parameters.looks_like_type(each.value)), None)
        content_type = _effective_type(chosen, types, parent)
        declared = [*block.values("content-transfer-encoding"), *fields.get("content-transfer-encoding", ())]
        encodings = [name for value in declared for name in _encodings(value)]
        entity = Entity(
            path, block, content_type, chosen or (types[0] if types else parameters.EMPTY), (),
            tuple(dict.fromkeys(encodings)), start, body_start, len(self.content), depth, parent,
        )  # fmt: skip
        if len(types) > 1 or (types and chosen is None):
            self.defects.append(Defect("mime.ambiguous-content-type", f"{path or 'top'}: {content_type}"))
        if len(entity.encodings) > 1:
            self.defects.append(Defect("mime.ambiguous-transfer-encoding", path or "top"))
        entity.boundaries = self._boundaries(entity, types)
        return entity

    def _header_limit(self, start: int) -> int:
        """A part's header ends at an open delimiter at the latest."""
        limit = min(len(self.content), start + MAX_PART_HEADER)
        _, header_end = find_body(self.content, start, limit)
        position = max(start - 1, 0)
        while True:
            mark = self.content.find(b"\n--", position, header_end)
            if mark < 0:
                return len(self.content) if header_end < limit else limit
            line_end = self.content.find(b"\n", mark + 1)
            line_end = len(self.content) if line_end < 0 else line_end
            if self.content[mark + 3 : min(line_end, mark + 300)].rstrip(b" \t\r") in self.open:
                if mark >= start:
                    self.defects.append(Defect("mime.delimiter-in-header", "a delimiter before the header ends"))
                return max(mark + 1, start)
            position = line_end

    def _boundaries(self, entity: Entity, types: list[Parameterised]) -> tuple[bytes, ...]:
        declared = [value for each in types for value in each.values("boundary")]
        plausible = entity.is_multipart or bool(declared)
        known = not plausible and bool(types) and entity.content_type.startswith(_MAJOR_TYPES)
        if known and entity.type_field.value == entity.content_type:
            return ()
        readings = dict.fromkeys(
            key for value in declared if value.strip() for key in (_bytes(value).rstrip(), _bytes(value).strip()) if key
        )
        present = tuple(key for key in readings if self._occurs(key, entity.body_start))
        if len(present) > 1:
            self.defects.append(Defect("mime.ambiguous-boundary", entity.path or "top"))
        if present:
            entity.shadow = not entity.is_multipart
            return present
        guessed = self._guess(entity, plausible)
        if entity.is_multipart and not guessed:
            self.defects.append(Defect("mime.no-delimiter", entity.path or "top"))
        return guessed

    def _guess(self, entity: Entity, plausible: bool) -> tuple[bytes, ...]:
        """No declared boundary occurs. A delimiter line with a MIME header behind it is one for lenient clients."""
        if entity.depth > 4 or self.budget <= 0:
            return ()
        self.budget -= GUESS_WINDOW
        pattern = _GUESS if plausible else _SURE_GUESS
        window = entity.body_start + GUESS_WINDOW
        begin = self.content.find(b"\n--", max(entity.body_start - 1, 0), window)
        found = pattern.search(self.content, begin, window) if begin >= 0 else None
        if found is None or found.group(1) in self.open:
            return ()
        self.defects.append(Defect("mime.undeclared-boundary", entity.path or "top"))
        entity.shadow = not entity.is_multipart
        return (found.group(1),)

    def _occurs(self, key: bytes, start: int) -> bool:
        if self.budget <= 0:
            return True
        found = self.content.find(b"\n--" + key, max(start - 1, 0))
        self.budget -= (len(self.content) if found < 0 else found) - start
        return found >= 0


def build(content: bytes, defects: list[Defect], start: int = 0, path: str = "", depth: int = 0) -> Entity:
    """The tree of a message. Containers that are transfer-encoded themselves are opened too. Never raises."""
    root = Walk(content, defects).run(start, path, depth)
    _open_encoded(root, defects, [MAX_PARTS])
    return root


def leaves(entity: Entity) -> list[Entity]:
    """All leaves and all nodes that hold a message, in the order of the bytes."""
    found: list[Entity] = []
    pending = [entity]
    while pending:
        node = pending.pop()
        if not node.children or node.is_message or node.shadow:
            found.append(node)
        pending.extend(reversed(node.children))
    return found


def _open_encoded(root: Entity, defects: list[Defect], left: list[int]) -> None:
    for node in leaves(root):
        encoded = node.encoding not in IDENTITY
        if node.children or not encoded or not (node.is_message or node.is_multipart) or node.depth >= MAX_DEPTH:
            continue
        if left[0] <= 0:
            return
        left[0] -= 1
        plain, _ = decode(node.content[node.body_start : node.end], node.encoding)
        defects.append(Defect("mime.encoded-container", node.path or "top"))
        if node.is_multipart:
            header = b"Content-Type: " + _bytes(node.block.value("content-type") or "") + b"\n\n"
            inner = Walk(header + plain, defects).run(0, node.path, node.depth + 1)
            node.children.extend(inner.children)
        else:
            inner = Walk(plain, defects).run(0, f"{node.path}.1" if node.path else "1", node.depth + 1)
            node.children.append(inner)
        _open_encoded(inner, defects, left)


def _child_path(owner: Entity) -> str:
    number = len(owner.children) + 1
    return f"{owner.path}.{number}" if owner.path else str(number)


def _effective_type(chosen: Parameterised | None, types: list[Parameterised], parent: Entity | None) -> str:
    if chosen is not None:
        return chosen.value
    if types and types[0].value:
        odd = types[0].value
        for guess in ("multipart", "text/html", "message/rfc822"):
            if odd.startswith(guess):
                return "multipart/mixed" if guess == "multipart" else guess
        return "text/plain" if odd == "text" else "application/octet-stream" if "/" not in odd else odd
    if parent is not None and parent.content_type == "multipart/digest":
        return "message/rfc822"
    return "text/plain"


@lru_cache(maxsize=512)
def _encodings(value: str) -> tuple[str, ...]:
    """What clients may take a Content-Transfer-Encoding for."""
    lowered = value.lower()
    named = (name for name in ("base64", "quoted-printable") if name in lowered)
    return canonical_name(parameters.parse(value).value), *named


def _bare_cr_fields(block: HeaderBlock) -> dict[str, list[str]]:
    """Fields that begin after a carriage return alone, which some clients take for a line end."""
    found: dict[str, list[str]] = {}
    header_start = block.fields[0].start if block.fields else block.body_start
    if block.content.find(b"\r", header_start, block.body_start) < 0:
        return found
    header = block.content[header_start : min(block.body_start, header_start + MAX_PART_HEADER)]
    if header.count(b"\r") == header.count(b"\r\n"):
        return found
    for each in _BARE_CR_FIELD.finditer(header):
        found.setdefault(each.group(1).decode("ascii").lower(), []).append(each.group(2).decode("latin-1").strip())
    return found


def _bytes(value: str) -> bytes:
    try:
        return value.encode("ascii")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")
