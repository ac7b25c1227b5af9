"""A parsed message. Parsing never fails: what is odd about the bytes is listed in `defects`.

Offsets are positions in the received bytes, so that a change can touch exactly the bytes it names.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from lockgate.model.envelope import domain_of


class HeaderField(NamedTuple):  # made for every field of every message: three times as quick as a frozen dataclass
    """One header field. `value` is unfolded and decoded (RFC 2047); bytes [start, end) hold it with its line ends."""

    name: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Mailbox:
    """One address of a header, as a mail client shows it: display name (decoded) and addr-spec."""

    display_name: str
    address: str

    @cached_property
    def domain(self) -> str:
        """Lower-case domain of the address; empty when it has none."""
        return domain_of(self.address)


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of the MIME tree (RFC 2046), flattened. `path` is its place, such as `1.2`."""

    path: str
    content_type: str  # declared, lower-case, without parameters
    charset: str
    disposition: str  # inline, attachment or empty
    filename: str  # decoded (RFC 2231, RFC 2047); empty when none is declared
    content_id: str
    transfer_encoding: str
    content: bytes  # transfer encoding removed
    start: int  # of the part's own header in the received bytes
    body_start: int
    end: int

    @property
    def is_attachment(self) -> bool:
        """Whether a mail client would offer it as a file rather than show it as the body."""
        return bool(self.filename) or self.disposition == "attachment" or not self.content_type.startswith("text/")


class LinkSource(StrEnum):
    """Where a link was found."""

    HTML = "html"
    FORM = "form"  # where a form of the HTML sends what is typed in
    IMAGE = "image"  # what the HTML loads to show; nobody clicks it
    TEXT = "text"
    ATTACHMENT = "attachment"
    QR_CODE = "qr-code"
    CALENDAR = "calendar"
    HEADER = "header"


class Link(NamedTuple):
    """One link. `text` is what the reader sees; `unwrapped` is the target behind known rewriters, else `url`."""

    url: str
    text: str
    source: LinkSource
    part_path: str
    unwrapped: str

    @property
    def is_rewritten(self) -> bool:
        """Whether a link rewriter (Safe Links and the like) stood in front of the target."""
        return self.url != self.unwrapped


@dataclass(frozen=True, slots=True)
class Defect:
    """Something about the bytes that the standards do not allow or that mail clients read differently."""

    id: str  # stable, such as `mime.duplicate-header`
    detail: str


@dataclass(frozen=True, slots=True)
class Message:
    """Everything that detection may look at. Header order is that of the bytes; index 0 is the topmost."""

    size: int
    headers: tuple[HeaderField, ...]
    header_from: tuple[Mailbox, ...]
    sender: Mailbox | None
    reply_to: tuple[Mailbox, ...]
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    subject: str
    internet_message_id: str
    parts: tuple[Part, ...]
    text: str  # what a reader of the text/plain alternative sees
    html: str  # the HTML alternative, decoded, unsanitised; empty when there is none
    visible_text: str  # what a reader sees: the HTML's visible text, else `text`
    hidden_text: str  # text in the HTML that a reader does not see
    links: tuple[Link, ...]
    body_start: int
    defects: tuple[Defect, ...] = ()
    attachments: tuple[Part, ...] = field(default=())
    other_authors: tuple[Mailbox, ...] = ()  # whom else some mail client would show as the author
    _by_name: dict[str, list[str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Header values are asked for by name again and again."""
        for header in self.headers:
            self._by_name.setdefault(header.name.lower(), []).append(header.value)

    def header_values(self, name: str) -> Iterator[str]:
        """All values of the header `name`, topmost first; case does not matter (RFC 5322 §1.2.2)."""
        return iter(self._by_name.get(name.lower(), ()))

    def header(self, name: str) -> str | None:
        """The topmost value of the header `name`."""
        values = self._by_name.get(name.lower())
        return values[0] if values else None

    def has_any(self, names: frozenset[str]) -> bool:
        """Whether it has a header of one of these names, which are lower-case."""
        return not names.isdisjoint(self._by_name)

    @property
    def is_mailing_list(self) -> bool:
        """Whether it carries a List-Id (RFC 2919) or List-Post (RFC 2369)."""
        return self.header("List-Id") is not None or self.header("List-Post") is not None

    @property
    def is_signed_or_encrypted(self) -> bool:
        """S/MIME (RFC 8551), PGP/MIME (RFC 3156) or rights-protected: its bytes must never be changed."""
        content_type = (self.header("Content-Type") or "").lower()
        if content_type.startswith(("multipart/signed", "multipart/encrypted", "application/pkcs7-mime")):
            return True
        protected = ("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted")
        return (
            any(
                part.content_type in protected
                or part.content_type.endswith("pkcs7-signature")
                or part.content_type == "application/pgp-signature"
                or part.filename.lower() == "message.rpmsg"
                for part in self.parts
            )
            or "-----BEGIN PGP " in self.text
        )
