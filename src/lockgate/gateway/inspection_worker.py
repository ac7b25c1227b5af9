"""The process that touches hostile bytes: parses, judges and changes one message at a time, and may be killed.

It holds no secrets, opens no connections, and has its memory limited. Started as `python -m
lockgate.gateway.inspection_worker <socket fd> <address space> <classifier file or nothing> <how our links start>`.
"""

import itertools
import resource
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

from lockgate.detection.catalogue import Catalogue, default_catalogue
from lockgate.detection.classifier import model as classifier
from lockgate.detection.content import Content
from lockgate.detection.engine import inspect
from lockgate.detection.files.scanning import for_scanners, runs
from lockgate.detection.indicators import indicators_of
from lockgate.detection.own_rules import OwnRules
from lockgate.detection.text import full_name
from lockgate.gateway.frames import (
    CHANGE_NOTES,
    FACTS,
    FILE_LISTS,
    INDICATORS,
    LINK_LISTS,
    ORDERS,
    PREFIX,
    PUTTINGS_BACK,
    REPORTS,
    SUMMARIES,
    FileList,
    Kind,
    LinkList,
    ListedFile,
    NoteOfChange,
    Summary,
    frame,
)
from lockgate.mime.changes import make_changes
from lockgate.mime.edits import NotChanged
from lockgate.mime.link_rewriting import links_of, own_tokens, restore_links
from lockgate.mime.parser import parse
from lockgate.model.envelope import Direction
from lockgate.model.facts import Facts, Origin
from lockgate.model.message import Message
from lockgate.sender_authentication.exchange import exchange_results

TEXT_LIMIT = 500
AUTHORS = 5
ADDRESSED = 50
WARM_UP = (
    b"From: Ann <ann@outside.example>\r\nTo: tom@example.com\r\nSubject: Minutes\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    b'<p style="color:#333">Good morning, <a href="https://outside.example/minutes">here they are</a>.</p>\r\n'
)


class Bench:
    """The one message that is being worked on."""

    def __init__(self, catalogue: Catalogue, links_begin: str = "") -> None:
        self._links_begin = links_begin  # how links of ours do
        self._built_in = self._catalogue = catalogue
        self._message: Message | None = None
        self._content = b""  # what copies are made of
        self._judged = b""  # with the originals of our links
        self._views: Content | None = None
        self._own_rules: OwnRules | None = None
        self._parsing = 0.0  # seconds

    def answer(self, kind: Kind, payload: bytes) -> bytes:
        """The answer frame to a request frame; empty for FORGET."""
        match kind:
            case Kind.PARSE:
                return self._parse(payload)
            case Kind.INDICATE:
                return self._indicate()
            case Kind.JUDGE:
                return self._judge(payload)
            case Kind.OWN_RULES:
                return self._take_own_rules(payload)
            case Kind.FILES:
                return self._files()
            case Kind.CHANGE:
                return self._changed(payload)
            case Kind.LINKS:
                return self._links(plain_text=payload == b"1")
            case Kind.PUT_BACK:
                return self._put_back(payload)
            case Kind.FORGET:
                self._message, self._content, self._judged, self._views = None, b"", b"", None
                return b""
            case _:
                return frame(Kind.FAILED, f"unknown request {kind}".encode())

    def warm_up(self) -> None:
        """Judge an invented message: rules, phrases and lists are compiled and read before real mail waits."""
        self.answer(Kind.PARSE, WARM_UP)
        for direction in Direction:
            origin = Origin(direction, "", (), frozenset())
            self.answer(Kind.JUDGE, FACTS.dump_json(Facts((origin,))))
        self.answer(Kind.FORGET, b"")

    def _parse(self, content: bytes) -> bytes:
        started = time.perf_counter()
        self._content = self._judged = content
        message = self._message = parse(content)
        self._views = None
        self._parsing = time.perf_counter() - started
        summary = Summary(
            header_from=message.header_from[0].address[:TEXT_LIMIT] if message.header_from else "",
            subject=message.subject[:TEXT_LIMIT],
            internet_message_id=message.internet_message_id[:TEXT_LIMIT],
            parts=len(message.parts),
            defects=tuple(defect.id for defect in message.defects[:20]),
            files=sum(part.is_attachment for part in message.parts),
            return_path=(message.header("Return-Path") or "").strip("<> ")[:TEXT_LIMIT],
            addressed=_addressed(message),
            authors=_authors(message),
            own_links=own_tokens(content, message, self._links_begin) if self._links_begin else (),
        )
        return frame(Kind.SUMMARY, SUMMARIES.dump_json(summary))

    def _links(self, *, plain_text: bool) -> bytes:
        """What could be replaced; the gateway chooses, and signs."""
        if self._message is None:
            return frame(Kind.FAILED, b"links before parse")
        message = self._received or parse(self._content)
        found = links_of(self._content, message, plain_text=plain_text)
        listed = LinkList((), found.reason) if isinstance(found, NotChanged) else LinkList(found)
        return frame(Kind.LINKED, LINK_LISTS.dump_json(listed))

    @property
    def _received(self) -> Message | None:
        """What copies are made of, as it was parsed; None when something else is judged."""
        return self._message if self._judged is self._content else None

    def _changed(self, payload: bytes) -> bytes:
        order = ORDERS.validate_json(payload)
        made = make_changes(self._content, order.changes, dict(order.links), self._received)
        note = CHANGE_NOTES.dump_json(NoteOfChange(made.notes, made.unsafe, made.links))
        return frame(Kind.CHANGED, note + b"\0" + made.content)

    def _put_back(self, payload: bytes) -> bytes:
        """Judge the message with what stood in the places of our links."""
        wanted = PUTTINGS_BACK.validate_json(payload)
        received = self._content
        made = restore_links(received, wanted.begin, dict(wanted.links))
        if isinstance(made, NotChanged):
            note, content = f"links of ours stay: {made.reason}", received
        else:
            note, content = f"{made.count} links of ours replaced by what stood in their places", made.content
        summary = self._parse(content)
        if not wanted.deliver:
            self._content = received
        return summary + frame(Kind.CONTENT, note.encode() + b"\0" + content)

    def _take_own_rules(self, payload: bytes) -> bytes:
        """From the next message on. Nothing behind the version: there are none."""
        version, _, compiled = payload.partition(b"\0")
        self._own_rules = OwnRules(version.decode(), compiled) if compiled else None
        own = f"+{version.decode()}" if compiled else ""
        self._catalogue = replace(self._built_in, fingerprint=self._built_in.fingerprint + own)
        return frame(Kind.DONE)

    def _files(self) -> bytes:
        """A list, and the files themselves. What was opened for it is kept for the judgement."""
        if self._message is None:
            return frame(Kind.FAILED, b"files before parse")
        self._views = self._views or Content(self._message, self._own_rules)
        unpacked = self._views.unpacked
        chosen, complete = for_scanners(unpacked)
        listed = FileList(
            tuple(ListedFile(file.where, file.name, file.kind.id, runs(file, unpacked)) for file in chosen), complete
        )
        return b"".join(
            [
                frame(Kind.FILES_LISTED, FILE_LISTS.dump_json(listed)),
                *(frame(Kind.FILE, file.content) for file in chosen),
            ]
        )

    def _indicate(self) -> bytes:
        """What can stand on a list. What was derived for it is kept for the judgement."""
        if self._message is None:
            return frame(Kind.FAILED, b"indicate before parse")
        self._views = self._views or Content(self._message, self._own_rules)
        _, verdict = exchange_results(self._message)
        found = indicators_of(self._message, self._views, verdict.client_ip if verdict else "")
        return frame(Kind.INDICATED, INDICATORS.dump_json(found))

    def _judge(self, payload: bytes) -> bytes:
        if self._message is None:
            return frame(Kind.FAILED, b"judge before parse")
        started = time.perf_counter()
        facts = FACTS.validate_json(payload)
        authentication, verdict = exchange_results(self._message)
        more = tuple(fact for fact in (authentication, verdict) if fact is not None)
        everything = Facts((*facts.known, *more), facts.missing)
        views = self._views or Content(self._message, self._own_rules)
        report = inspect(self._message, everything, self._catalogue, content=views)
        spent = self._parsing + time.perf_counter() - started
        return frame(Kind.REPORT, REPORTS.dump_json(replace(report, milliseconds=round(spent * 1000, 3))))


def _addressed(message: Message) -> tuple[str, ...]:
    """Whom To and Cc name, each once."""
    named = (mailbox.address[:TEXT_LIMIT] for mailbox in (*message.to, *message.cc) if mailbox.address)
    return tuple(dict.fromkeys(itertools.islice(named, ADDRESSED)))


def _authors(message: Message) -> tuple[tuple[str, str], ...]:
    """Whom mail programs show as authors, with the full name of each who has one."""
    shown = itertools.islice((*message.header_from, *message.other_authors), AUTHORS)
    named = ((one.address.lower()[:TEXT_LIMIT], full_name(one.display_name[:TEXT_LIMIT])) for one in shown)
    return tuple(dict.fromkeys(pair for pair in named if pair[1]))


def _receive(channel: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes; raises EOFError when the gateway has closed the channel."""
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        count = channel.recv_into(view)
        if count == 0:
            raise EOFError
        view = view[count:]
    return bytes(buffer)


def serve(channel: socket.socket, bench: Bench) -> None:
    """Answer requests until the channel closes. A request that fails is answered FAILED; the process lives on."""
    while True:
        try:
            number, length = PREFIX.unpack(_receive(channel, PREFIX.size))
            payload = _receive(channel, length)
        except EOFError:
            return
        try:
            answer = bench.answer(Kind(number), payload)
        except Exception as error:  # noqa: BLE001 - the boundary of one message; the gateway records the failure
            answer = frame(Kind.FAILED, f"{type(error).__name__}: {error}"[:1000].encode())
        channel.sendall(answer)


def main() -> None:
    """Limit ourselves, get warm, say so with an empty frame, and serve."""
    descriptor, address_space, chosen, links_begin = int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:5]
    if address_space:
        resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    channel = socket.socket(fileno=descriptor)
    classifier.use(Path(chosen) if chosen else None)
    bench = Bench(default_catalogue(), links_begin)
    bench.warm_up()
    channel.sendall(frame(Kind.FORGET))
    serve(channel, bench)


if __name__ == "__main__":
    main()
