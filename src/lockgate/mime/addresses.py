"""Address lists as mail clients read them: RFC 5322 §3.4, the obsolete syntax of §4.4, and what spam makes of it."""

import re
from dataclasses import dataclass, field

from lockgate.mime.encoded_words import decode_words
from lockgate.model.message import Mailbox

MAX_MAILBOXES = 2_000
MAX_LENGTH = 200_000

_SIMPLE = re.compile(r'\s*(?:"([^"\\]*)"|([^"\\<>(),:;@]*?))\s*<([^\s<>"(),:;\\]+@[^\s<>"(),:;\\@]+)>\s*')
_BARE = re.compile(r"[^\s<>\"(),:;\\@]+@[^\s<>\"(),:;\\@]+")
_TOKEN = re.compile(
    r'"((?:[^"\\]|\\.)*)"|\\(.)|([<>,;:()])|'
    r'(=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=|(?:[^"\\<>,;:()=]|=(?!\?))+|=)|(.)',
    re.DOTALL,
)
_CUT = re.compile(r"[\x00\r\n]+")
_INNER = re.compile(r'"?[^\s<>"(),:;\\@]+@[^\s<>"(),:;\\@]+')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BLANKS = re.compile(r"\s+")


def parse_addresses(value: str) -> tuple[Mailbox, ...]:
    """Every mailbox that a client would show for an unfolded, still encoded header value. Never raises.

    At most MAX_MAILBOXES; groups are flattened; a name without an address gives a Mailbox with an empty address.
    """
    if not value:
        return ()
    simple = _SIMPLE.fullmatch(value)
    if simple is not None:  # nearly every From of real mail
        name = simple.group(1) if simple.group(1) is not None else simple.group(2)
        return (Mailbox(_display(name), simple.group(3)),)
    stripped = value.strip()
    if _BARE.fullmatch(stripped):
        return (Mailbox("", stripped),)
    reader = _Reader()
    for token in _TOKEN.finditer(value[:MAX_LENGTH]):
        reader.take(token)
        if len(reader.mailboxes) >= MAX_MAILBOXES:
            break
    reader.finish()
    return tuple(reader.mailboxes)


def other_readings(value: str, usual: tuple[Mailbox, ...]) -> tuple[Mailbox, ...]:
    """Authors that another client would take from the same value: addresses with encoded words decoded, cut at a NUL
    or a line break, or ended by the first of several `@` (Haddouche, "Mailsploit", 2017). Empty for ordinary values.
    """
    found: dict[Mailbox, None] = {}
    for mailbox in usual[:20]:
        address = decode_words(mailbox.address) if "=?" in mailbox.address else mailbox.address
        if mailbox.display_name.startswith("@"):  # a quoted local part that holds an address itself
            found.setdefault(Mailbox("", address + mailbox.display_name))
        candidates = [address, _CUT.split(address, maxsplit=1)[0]]
        candidates += [first.group() for text in candidates if text.count("@") > 1 and (first := _INNER.match(text))]
        for text in candidates:
            bare = _CUT.sub("", text)
            if bare != mailbox.address and "@" in bare:
                found.setdefault(Mailbox(mailbox.display_name, bare.strip('" ')))
    cut = _CUT.search(value)
    if cut is not None:
        found.update(dict.fromkeys(one for one in parse_addresses(value[: cut.start()]) if one.address))
    return tuple(one for one in found if one not in usual)


@dataclass(slots=True)
class _Reader:
    """One pass over the tokens. Outside angle brackets words gather; a bracket, comma or the end settles them."""

    mailboxes: list[Mailbox] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    angle: list[str] | None = None
    depth: int = 0
    carried: str = ""  # a name cut by an unquoted comma: `Doe, Jane <jane@example.com>`

    def take(self, token: re.Match[str]) -> None:
        quoted, escaped, special, text, odd = token.groups()
        if special is not None and not (self.depth and special not in "()"):
            self._special(special)
            return
        word = _unquoted(quoted) if quoted is not None else (escaped or special or text or odd or "")
        if self.depth:
            self.comment.append(word)
        elif self.angle is not None:
            self.angle.append(word)
        else:
            self.words.append(word)

    def _special(self, special: str) -> None:
        if special == "(":
            self.depth += 1
        elif special == ")":
            self.depth = max(0, self.depth - 1)
        elif special == "<":
            self.angle = []
        elif special == ">":
            self._close()
        elif special == ":" and self.angle is None and "@" not in "".join(self.words):
            self.words.clear()  # a group's name
        elif special == ":" and self.angle is not None:
            self.angle.clear()  # a source route, obsolete
        elif special in ",;" and self.angle is None:
            self._settle()

    def _close(self) -> None:
        if self.angle is None:
            return
        address = _BLANKS.sub("", "".join(self.angle))
        name = " ".join(part for part in (self.carried, _joined(self.words)) if part)
        self.carried = ""
        self._add(name or _joined(self.comment), address)
        self.words.clear()
        self.comment.clear()
        self.angle = None

    def _settle(self) -> None:
        words = _joined(self.words)
        self.words.clear()
        found = _BARE.search(words) if "@" in words else None
        if found is not None:
            name = (words[: found.start()] + words[found.end() :]).strip() or _joined(self.comment)
            self._add(name, found.group())
            self.carried = ""
        elif "@" in words:
            self._add(_joined(self.comment), _BLANKS.sub("", words))
            self.carried = ""
        elif words:
            self.carried = f"{self.carried} {words},".strip()
        self.comment.clear()

    def finish(self) -> None:
        """The end of the value closes whatever is open."""
        if self.angle is not None:
            self._close()
        self._settle()
        if self.carried:
            self._add(self.carried.rstrip(","), "")

    def _add(self, name: str, address: str) -> None:
        if name or address:
            self.mailboxes.append(Mailbox(_display(name), address))


def _unquoted(quoted: str) -> str:
    return _ESCAPE.sub(r"\1", quoted) if "\\" in quoted else quoted


def _joined(words: list[str]) -> str:
    return " ".join("".join(words).split())


def _display(name: str) -> str:
    decoded = decode_words(name) if "=?" in name else name
    return " ".join(decoded.split()).strip("'\"").strip()
