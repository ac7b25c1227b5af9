"""What detectors derive from a message and share, each computed at most once per message and only when asked for."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from lockgate.detection import byte_rules, quoting, topics
from lockgate.detection.byte_rules import RuleHit, ScanFailed
from lockgate.detection.demands import Demand, demand
from lockgate.detection.files import embedded_links, passwords
from lockgate.detection.files.kinds import Family
from lockgate.detection.files.passwords import Password
from lockgate.detection.files.unpacking import File, Unpacked, unpack
from lockgate.detection.organisations import registered_domain
from lockgate.detection.own_rules import OwnRules
from lockgate.detection.qr_codes import pages, reading
from lockgate.detection.targets import Target, targets_of
from lockgate.detection.text import plain
from lockgate.detection.topics import Mention, Mentions
from lockgate.detection.wishes import Wishes, wishes
from lockgate.model.message import Mailbox, Message

if TYPE_CHECKING:
    from lockgate.detection.classifier.model import Judged

LINK_LIMIT = 500
SMALL_FILE = 4
LEAST_FRESH = 40
"""Letters before what is quoted; fewer only point at it, and then it is what the writer says."""
AUTHORS = 5
NOBODY = Mailbox("", "")
MAY_HOLD = (File, RuleHit, OwnRules)
"""What most messages hold nothing of."""
_LIST_POST = re.compile(r"<\s*mailto:([^\s?>]+@[^\s?>]+)", re.IGNORECASE)


class Content:
    """Lazy derived views of one message. Nothing here judges. `own_rules` are the administrators' own byte rules."""

    def __init__(self, message: Message, own_rules: OwnRules | None = None) -> None:
        self._message = message
        self._own_rules = own_rules

    @cached_property
    def unpacked(self) -> Unpacked:
        """The attachments and inline files (not the body texts), containers opened."""
        parts = self._message.parts
        files = (part for part in parts if part.is_attachment and len(part.content) >= SMALL_FILE)
        return unpack(files, passwords=self._passwords)

    def _passwords(self) -> tuple[Password, ...]:
        message = self._message
        names = [part.filename for part in message.parts if part.filename]
        return passwords.candidates((message.subject, message.visible_text, message.text), names)

    @property
    def files(self) -> tuple[File, ...]:
        """Every file, however deep."""
        return self.unpacked.files

    @property
    def holds(self) -> tuple[type, ...]:
        """Of `MAY_HOLD` what there is: files, byte rules that matched or failed, own rules that did."""
        files = self.unpacked
        there = (files.files or files.unopened or files.unlocked, self._scanned, self._scanned_by_own)
        return tuple(kind for kind, some in zip(MAY_HOLD, there, strict=True) if some)

    @cached_property
    def words(self) -> str:
        """Subject, sender's name and visible text as a reader takes them in; see `text.plain`.

        Of several Subject fields each is the subject to some mail client, so all count.
        """
        return plain("\n".join((self._heading, self._message.visible_text, *self._further_subjects)))

    @property
    def _heading(self) -> str:
        return f"{self._message.subject}\n{self.header_from.display_name}"

    @property
    def _further_subjects(self) -> list[str]:
        return [*self._message.header_values("Subject")][1:5]

    @cached_property
    def subject(self) -> str:
        """The subject as a reader takes it in."""
        return plain(self._message.subject)

    @cached_property
    def heading_end(self) -> int:
        """How many UTF-8 bytes of `words` are the subject and the sender's name, which a reader sees first."""
        return len(plain(self._heading).encode())

    @cached_property
    def mentions(self) -> Mentions:
        """What the text talks about, by topic."""
        return topics.mentions(self.words)

    @cached_property
    def quoted_from(self) -> int:
        """The place in the visible text where it begins to quote or forward; its length where it never does."""
        return quoting.begins(self._message.visible_text)

    @cached_property
    def fresh(self) -> str:
        """`words` without what is quoted or forwarded below; all of them where hardly anything else is said."""
        text, quoted = self._message.visible_text, self.quoted_from
        if quoted < LEAST_FRESH or (quoted == len(text) and not self._further_subjects):
            return self.words
        return plain(f"{self._heading}\n{text[:quoted]}")

    @cached_property
    def wishes(self) -> Wishes:
        """What the writer, not somebody quoted, may want of a firm."""
        return wishes(self.fresh)

    @cached_property
    def demand(self) -> Demand | None:
        """What these wishes together want most clearly."""
        return demand(self.wishes)

    def said_afresh(self, *names: str) -> tuple[Mention, ...]:
        """Like `said`, without what is said only in what is quoted."""
        end = len(self.fresh.encode()) if len(self.fresh) < len(self.words) else None
        return tuple(mention for mention in self.said(*names) if end is None or mention.offset < end)

    def said(self, *names: str) -> tuple[Mention, ...]:
        """The phrases of these topics that the text has, in reading order, none inside another."""
        mentions = self.mentions
        found = [mention for name in names if name in mentions for mention in mentions[name]]
        if len(found) < 2:
            return tuple(found)
        kept: list[Mention] = []
        for mention in sorted(found, key=_reading_order):
            if not kept or mention.end > kept[-1].end:
                kept.append(mention)
        return tuple(kept)

    @cached_property
    def qr(self) -> reading.Reading:
        """QR codes in pictures, on pages of PDF files, or drawn by tables and characters, and what they say."""
        return reading.read(self._message, self.files)

    @cached_property
    def page_text(self) -> str:
        """The text of the first pages of attached PDF files, as a reader takes it in."""
        texts = (pages.read(file.content).text for file in self.files if file.kind.family is Family.PDF)
        return plain("\n".join(texts))

    @cached_property
    def page_mentions(self) -> Mentions:
        """What those pages talk about, by topic."""
        return topics.mentions(self.page_text) if self.page_text else {}

    @cached_property
    def topics(self) -> frozenset[str]:
        """What the text or those pages talk about."""
        return frozenset((*self.mentions, *self.page_mentions))

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """All links: of the body, of attachments, behind QR codes, and what redirects among them would open.

        At most `LINK_LIMIT` links; a redirect's inner address has the number of its link.
        """
        links = [*self._message.links, *embedded_links.links(self.files), *self.qr.links][:LINK_LIMIT]
        return tuple(target for number, link in enumerate(links, 1) for target in targets_of(number, link))

    @cached_property
    def web_targets(self) -> tuple[Target, ...]:
        """Links that open a web page."""
        return tuple(target for target in self.targets if target.is_web)

    @cached_property
    def foreign_targets(self) -> tuple[Target, ...]:
        """Those of another organisation than the visible author's."""
        home = registered_domain(self.header_from.domain)
        return tuple(target for target in self.web_targets if target.domain != home)

    @cached_property
    def hits(self) -> tuple[tuple[str, RuleHit], ...]:
        """Byte rules that matched, with where."""
        return tuple((where, hit) for where, hit in self._scanned if isinstance(hit, RuleHit))

    @cached_property
    def unscanned(self) -> tuple[tuple[str, ScanFailed], ...]:
        """What byte rules could not finish, with where."""
        return tuple((where, hit) for where, hit in self._scanned if isinstance(hit, ScanFailed))

    @cached_property
    def own_hits(self) -> tuple[tuple[str, RuleHit], ...]:
        """Own rules that matched, with where."""
        return tuple((where, hit) for where, hit in self._scanned_by_own if isinstance(hit, RuleHit))

    @cached_property
    def own_unscanned(self) -> tuple[tuple[str, ScanFailed], ...]:
        """What own rules could not finish, with where."""
        return tuple((where, hit) for where, hit in self._scanned_by_own if isinstance(hit, ScanFailed))

    @cached_property
    def _scanned(self) -> tuple[tuple[str, RuleHit | ScanFailed], ...]:
        return tuple((where, hit) for where, content in self._pieces for hit in byte_rules.scan(content))

    @cached_property
    def _scanned_by_own(self) -> tuple[tuple[str, RuleHit | ScanFailed], ...]:
        own = self._own_rules
        if own is None:
            return ()
        return tuple((where, hit) for where, content in self._pieces for hit in own.scan(content))

    @property
    def _pieces(self) -> Iterator[tuple[str, bytes]]:
        """Body parts and files, each with where it is."""
        yield from ((f"part {part.path}", part.content) for part in self._message.parts if not part.is_attachment)
        for file in self.files:
            yield file.where, file.content
            if file.text is not file.content:
                yield file.where, file.text

    @cached_property
    def classified(self) -> "Judged":
        """What the trained model says."""
        from lockgate.detection.classifier import features, model  # they read messages by this class

        return model.current().judge(features.features_of(self._message, self))

    @cached_property
    def is_discussion(self) -> bool:
        """Whether it comes over a list that people write to (RFC 2369 List-Post); newsletters have a List-Id only.

        Anybody can write such fields, and spammers do: the list must also be addressed and be of the List-Id's domain.
        """
        found = _LIST_POST.search(self._message.header("List-Post") or "")
        if found is None:
            return False
        address, _, host = found.group(1).lower().rpartition("@")
        addressed = {mailbox.address.lower() for mailbox in (*self._message.to, *self._message.cc)}
        identity = (self._message.header("List-Id") or "").lower().rpartition("<")[2].rstrip("> ")
        return f"{address}@{host}" in addressed and registered_domain(identity) == registered_domain(host)

    @cached_property
    def header_from(self) -> Mailbox:
        """The visible author: the first mailbox of From, or an empty one."""
        return self._message.header_from[0] if self._message.header_from else NOBODY

    @cached_property
    def authors(self) -> tuple[Mailbox, ...]:
        """Everybody whom some mail client would show as the author, the usual reading first."""
        shown = self._message.header_from[:AUTHORS] or (NOBODY,)
        return tuple(dict.fromkeys((*shown, *self._message.other_authors[:AUTHORS])))


def _reading_order(mention: Mention) -> tuple[int, int]:
    return mention.offset, -mention.end
