"""Replies, addresses and content, each against a slow and obvious reading of its rule."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.smtp.protocol.addresses import AddressError, parse_forward_path, parse_reverse_path, path_end
from lockgate.smtp.protocol.content import DataContent, has_bare_line_ends, stuffed
from lockgate.smtp.protocol.replies import Reply, ReplyError, ReplyReader

ODD_OCTETS = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"a", b"\0", b"\r\n.", b"..", b"\xff"])).map(
    b"".join
)


def read_back(reply: Reply) -> Reply | None:
    reader = ReplyReader()
    found = None
    for line in reply.encode().split(b"\r\n")[:-1]:
        assert found is None
        found = reader.feed(line)
    return found


@given(
    code=st.sampled_from([220, 250, 354, 421, 451, 550, 554]),
    text=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1).filter(
        lambda text: not text[0].isdigit()
    ),
    lines=st.integers(min_value=1, max_value=4),
)
def test_a_reply_survives_the_wire(code: int, text: str, lines: int) -> None:
    enhanced = f"{code // 100}.1.2" if code != 354 else ""
    reply = Reply(code, enhanced, "\n".join([text] * lines))
    assert read_back(reply) == reply


@given(text=st.text())
def test_no_text_breaks_the_line_structure(text: str) -> None:
    wire = Reply(550, "5.7.1", text).encode()
    lines = wire.split(b"\r\n")
    assert lines[-1] == b""
    assert all(line.startswith((b"550-5.7.1 ", b"550 5.7.1 ")) and len(line) <= 510 for line in lines[:-1])
    assert wire.isascii()


@pytest.mark.parametrize("line", [b"", b"25", b"2500 ok", b"150 ok", b"250ok", b"abc ok"])
def test_what_is_no_reply_line(line: bytes) -> None:
    with pytest.raises(ReplyError):
        ReplyReader().feed(line)


def test_a_code_may_not_change_within_a_reply() -> None:
    reader = ReplyReader()
    assert reader.feed(b"250-one") is None
    with pytest.raises(ReplyError):
        reader.feed(b"550 two")


def test_an_enhanced_code_of_another_class_is_text() -> None:
    assert ReplyReader().feed(b"250 5.1.1 odd") == Reply(250, "", "5.1.1 odd")
    assert ReplyReader().feed(b"550") == Reply(550, "", "")


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        ("<a@b.example>", "a@b.example"),
        ("<a.b-c+d@b.example>", "a.b-c+d@b.example"),
        ('<"a b"@b.example>', '"a b"@b.example'),
        ('<"a\\"b>"@b.example>', '"a\\"b>"@b.example'),
        ('<""@b.example>', '""@b.example'),
        ("<@x.example,@y.example:a@b.example>", "a@b.example"),
        ("<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"),
        ("<a@localhost>", "a@localhost"),
        ("<prvs=1234=a@b.example>", "prvs=1234=a@b.example"),
        ("<" + "x" * 100 + "@b.example>", "x" * 100 + "@b.example"),
        ("<пример@пример.example>", "пример@пример.example"),
        ("<a@xn--bcher-kva.example>", "a@xn--bcher-kva.example"),
    ],
)
def test_addresses(text: str, mailbox: str) -> None:
    assert path_end(text) == len(text)
    assert parse_reverse_path(text) == parse_forward_path(text) == mailbox


@pytest.mark.parametrize(
    "text",
    [
        "<a>",
        "<@b.example>",
        "<a@>",
        "<a@b..example>",
        "<.a@b.example>",
        "<a.@b.example>",
        "<a b@b.example>",
        "<a@b example>",
        "<a@b.example>x",
        '<"a@b.example>',
        "<a@b@c.example>",
        "<a@[>",
        "<a@[]>",
        "<a@-b.example>",
        "<a\r\n@b.example>",
        "<a@" + "b." * 130 + "example>",
        "a@b.example",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(AddressError):
        parse_reverse_path(text)
    with pytest.raises(AddressError):
        parse_forward_path(text)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    try:
        mailbox = parse_reverse_path(f"<{text}>")
    except AddressError:
        return
    assert not set(mailbox) & set("\r\n\0")


def obviously_bare(content: bytes) -> bool:
    rest = content.replace(b"\r\n", b"")
    return b"\r" in rest or b"\n" in rest


@given(ODD_OCTETS)
def test_bare_line_ends(content: bytes) -> None:
    assert has_bare_line_ends(content) is obviously_bare(content)


def obviously_unstuffed(content: bytes) -> bytes:
    lines = content.split(b"\r\n")
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


@given(content=ODD_OCTETS, cuts=st.lists(st.integers(min_value=0, max_value=100)))
def test_data_ends_at_the_first_lone_dot_between_crlfs(content: bytes, cuts: list[int]) -> None:
    wire = content + b"\r\n.\r\nREST"
    expected_end = (b"\r\n" + wire).index(b"\r\n.\r\n") + 3
    data = DataContent(10_000)
    places = sorted({0, len(wire), *(cut % len(wire) for cut in cuts)})
    position = 0
    for start, end in pairwise(places):
        used = data.feed(wire[start:end])
        if used is not None:
            position = start + used
            break
    assert position == expected_end
    assert data.content() == obviously_unstuffed(wire[: expected_end - 3])


@given(st.lists(st.sampled_from([b"", b".", b"..", b"a", b".a"])), st.lists(st.integers(min_value=0, max_value=50)))
def test_stuffing_and_unstuffing_are_inverse(lines: list[bytes], cuts: list[int]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    places = sorted({0, len(content), *(cut % (len(content) + 1) for cut in cuts)})
    chunks = [content[start:end] for start, end in pairwise(places)]
    data = DataContent(10_000)
    wire = b"".join(stuffed(chunks))
    assert data.feed(wire) == len(wire)
    assert data.content() == content


def test_content_beyond_the_limit_costs_no_memory() -> None:
    data = DataContent(1000)
    for _ in range(1000):
        assert data.feed(b"x" * 998 + b"\r\n") is None
        assert len(data._buffer) <= 2002
    assert data.feed(b".\r\nNOOP\r\n") == 3
    assert data.too_large
