"""Links replaced and put back, in every nesting, charset and encoding; peers are Lexbor and the standard library."""

import base64
import quopri
import re
from datetime import date
from email import message_from_bytes
from email.message import Message

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from lockgate.mime.body_links import html_places, replaced, text_places
from lockgate.mime.edits import NotChanged
from lockgate.mime.html_attributes import address_of
from lockgate.mime.link_rewriting import links_of, own_tokens, replace_links, restore_links
from lockgate.mime.parser import parse
from lockgate.mime.signed_links import LinkKeys, SignedLink, Written, beginning, token_of

SERVICE = "https://links.contoso.example"
BEGIN = beginning(SERVICE)
TENANT = "9f1d0c3e-6f0a-4c39-9a53-2b7f3a1f0d11"
KEYS = LinkKeys({"0a1b2c3d": b"k" * 32})
TODAY = date(2026, 11, 28)
CHARSETS = ("utf-8", "iso-8859-1", "us-ascii", "koi8-r", "iso-2022-jp", "shift_jis", "gb2312", "utf-16", "windows-1252")
ENCODINGS = ("base64", "quoted-printable", "8bit")
HEAD = b"From: a@outside.example\r\nMIME-Version: 1.0\r\nSubject: s\r\n"
# Whole pieces of markup; between them anything goes. Every one is closed, so that they can stand in any order.
PIECES = (
    '<a href="https://pages.example/a?x=1&amp;y=2#z">one</a>',
    "<a href='https://pages.example/b?q=%22&copy=3'>two</a>",
    "<A CLASS=x HREF=https://pages.example/c>three</A>",
    '<a title="a > b" href = "\n http://pages.example/d e ">four</a>',
    '<a href="&#104;ttps://pages.example/&#x65;" href="https://second.example/">five</a>',
    '<a href="//pages.example/f">six</a>',
    '<area shape=rect coords="0,0,1,1" href="https://pages.example/g" alt="">',
    '<form action="https://pages.example/h"><input type=submit formaction="https://pages.example/i"></form>',
    '<a href="mailto:a@b.example">m</a><a href="tel:+1">t</a><a href="#top">top</a>',
    '<a href="cid:1@x">c</a><a href="/rel">r</a>',
    '<img src="https://pages.example/p.png"><link href="https://pages.example/s.css">',
    "<!-- <a href='https://comment.example/'>no</a> -->",
    '<!--[if mso]><v:roundrect href="https://outlook.example/v"><![endif]-->',
    "<style>a{content:'<a href=\"https://style.example/\">'}</style>",
    "<script>var a = '<a href=\"https://script.example/\">';</script>",
    "<textarea><a href='https://raw.example/'>raw</a></textarea>",
    "<p>https://pages.example/shown &lt; 3 <br/><b>bold</p>",
    "<a href=https://pages.example/j/>slash</a>",
    '<a href=https://pages.example/l?a=1&b=2">stray quote</a>',
    "<a href='java\nscript:x'>j</a><a href>empty</a><a href=>none</a><a href=''>blank</a>",
    "<!><!----><!bogus a='<a href=\"https://bogus.example/\">'><?x <a ?>",
    "</a href='https://end.example/'>",
    '<a href="https://bücher.example/käse">ü</a>',
    "< a href='https://space.example/'>",
    '<a/href="https://pages.example/k"/>k</a>',
)
TEXTS = ("hello", "\r\n", " < ", "&amp;", "&nbsp;", "é", "日本", "Привет", '"', "'", ">", "=", "\t", "<b>", "</b>")
markup = st.lists(st.sampled_from((*PIECES, *TEXTS)), max_size=14).map("".join)
prose = st.lists(
    st.sampled_from(
        ("See https://pages.example/a_(b). ", "(www.pages.example/x)", "<http://pages.example/y?a=1&b=2>\r\n", "Käse ",
         "https://pages.example/ü/日本 ", "a@b.example ", "no.link ", "ftp://x.example/ ", "日本https://pages.example/j。",
         "x" * 70 + "\r\n", "https://\r\n", "HTTPS://PAGES.EXAMPLE/UP ")
    ), max_size=12,
).map("".join)  # fmt: skip


def ours(written: Written) -> str:
    return BEGIN + KEYS.token(SignedLink(written, TENANT, "00" * 16, "ab" * 8, TODAY))


def rewritten(content: bytes, *, plain_text: bool = True) -> bytes:
    links = links_of(content, parse(content), plain_text=plain_text)
    assert not isinstance(links, NotChanged)
    made = replace_links(content, {written: ours(written) for written in links})
    assert not isinstance(made, NotChanged)
    return made.content


def put_back(content: bytes) -> bytes:
    tokens = own_tokens(content, parse(content), BEGIN)
    read = {token: link.written for token in tokens if (link := KEYS.read(token)) is not None}
    assert len(read) == len(tokens)
    made = restore_links(content, BEGIN, read)
    assert not isinstance(made, NotChanged)
    return made.content


def leaf(kind: str, body: str, charset: str, encoding: str) -> bytes:
    raw = body.encode(charset, "replace")
    if encoding == "base64":
        raw = base64.encodebytes(raw).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        raw = quopri.encodestring(raw)
    head = f"Content-Type: text/{kind}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + raw


def multi(subtype: str, boundary: str, *parts: bytes) -> bytes:
    mark = b"--" + boundary.encode()
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\npreamble\r\n'.encode()
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def payloads(content: bytes) -> list[bytes]:
    """The decoded leaves as the standard library reads them."""
    return [payload(part) for part in message_from_bytes(content).walk() if not part.is_multipart()]


def payload(part: Message) -> bytes:
    raw = part.get_payload(decode=True)
    assert isinstance(raw, bytes)
    return raw


def skeleton(source: str) -> str:
    """The tree as Lexbor serialises it, without the values that are links."""
    tree = LexborHTMLParser(re.sub(r'(<v:roundrect href=)"[^"]*"', r"\1link", source))  # for Lexbor a comment
    for node in tree.css("[href],[action],[formaction]"):
        for name in ("href", "action", "formaction"):
            if address_of(node.attributes.get(name) or "", markup=False):
                node.attrs[name] = "link"
    return tree.html or ""


def seen_by_lexbor(source: str) -> list[str]:
    tree = LexborHTMLParser(source)
    found: list[str] = []
    for selector, name in (("a,area", "href"), ("form", "action"), ("button,input", "formaction")):
        for node in tree.css(selector):
            value = node.attributes.get(name) or ""
            if not value.startswith("www."):
                found.append(address_of(value, markup=False))
    return [address for address in found if address]


@settings(max_examples=150, deadline=None)
@given(markup)
def test_html_the_tree_stays_every_link_is_found_and_the_source_comes_back(source: str) -> None:
    made, count = replaced(source, html_places(source), ours)
    assert skeleton(made) == skeleton(source)
    assert all(address.startswith(BEGIN) for address in seen_by_lexbor(made))
    places = list(html_places(source))
    assert set(seen_by_lexbor(source)) <= {place.written.address for place in places}
    assert count == len(places)
    for place, other in zip(places, html_places(made), strict=True):
        token = token_of(made[other.start : other.end], SERVICE)
        link = KEYS.read(token)
        assert link is not None and link.written.text == source[place.start : place.end]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(markup, prose, st.sampled_from(CHARSETS), st.sampled_from(ENCODINGS), st.booleans())
def test_a_message_comes_back_byte_for_byte(html: str, text: str, charset: str, encoding: str, alone: bool) -> None:
    wide = charset == "utf-16"
    encoding = "base64" if wide else encoding
    body = leaf("html", html, charset, encoding)
    image = b"Content-Type: image/png; name=x.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo="
    attached = b'Content-Type: text/html; name=a.html\r\nContent-Disposition: attachment; filename=a.html\r\n\r\n<a href="https://file.example/">'
    content = HEAD + (
        body if alone else multi("mixed", "m", multi("alternative", "a", leaf("plain", text, charset, encoding),
                                                     multi("related", "r", body, image)), attached)
    )  # fmt: skip
    made = rewritten(content)
    again = put_back(made)
    assert payloads(again) == payloads(content)
    if encoding == "8bit" and b"quoted-printable" not in made:
        assert again == content
    assert made == content or b"links.contoso.example" in b"".join(payloads(made)).replace(b"\0", b"")
    assert not re.search(rb"[^\n]{999}", made) or re.search(rb"[^\n]{999}", content)
    if not alone:
        assert payloads(made)[-1] == payloads(content)[-1] and payloads(made)[-2] == payloads(content)[-2]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.booleans(), st.binary(min_size=16, max_size=16), st.booleans())
def test_a_token_says_exactly_what_was_signed_and_nothing_else_is_one(
    text: str, markup: bool, number: bytes, known: bool
) -> None:
    text = text.encode("utf-8", "ignore").decode()
    link = SignedLink(Written(text, markup), TENANT, number.hex() if known else "", "cd" * 8 if known else "", TODAY)
    token = KEYS.token(link)
    assert KEYS.read(token) == link
    changed = token[:-1] + ("A" if token[-1] != "A" else "Q")
    assert KEYS.read(changed) is None or base64.urlsafe_b64decode(changed + "==")[:-1] == b""
    assert LinkKeys({"0a1b2c3d": b"other" * 7}).read(token) is None
    assert LinkKeys({"ffffffff": b"n" * 32, "0a1b2c3d": b"k" * 32}).read(token) == link


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://a.example/?x=1&amp;y=2", "https://a.example/?x=1&y=2"),
        ("https://a.example/?a=1&copy=2&section=3", "https://a.example/?a=1&copy=2&section=3"),
        ("&#000000000000104;ttps://a.example/", "https://a.example/"),
        (" \n ht\ttps://a.example/\n", "https://a.example/"),
        ("//a.example/x", "https://a.example/x"),
        ("http:/\\a.example/", "http:/\\a.example/"),
        ("https&colon;//a.example", "https://a.example"),
        ("javascript:alert(1)", ""), ("mailto:a@b.example", ""), ("/relative", ""), ("#top", ""),
        ("data:text/html,x", ""),
    ],
)  # fmt: skip
def test_an_attribute_is_read_as_a_browser_does(written: str, address: str) -> None:
    assert address_of(written, markup=True) == address


def test_plain_text_links_end_where_the_sentence_goes_on() -> None:
    text = "(see https://a.example/b_(c)), <https://d.example/e?f=1>; www.g.example/h! https://i.example/日本"
    found = [place.written.text for place in text_places(text)]
    assert found == ["https://a.example/b_(c)", "https://d.example/e?f=1", "www.g.example/h", "https://i.example/"]


def test_a_relative_link_under_a_base_leads_where_it_led() -> None:
    source = '<base href="https://split.example/x/"><a href="login?a=1&amp;b=2">in</a><a href="#n">n</a>'
    addresses = [place.written.address for place in html_places(source)]
    assert addresses == ["https://split.example/x/login?a=1&b=2"]


@pytest.mark.parametrize(
    "head",
    [
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b\r\n\r\n--b\r\n',
        b"Content-Class: rpmsg.message\r\n",
        b"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n",
    ],
)
def test_what_must_not_be_changed_is_left_with_a_reason(head: bytes) -> None:
    content = HEAD + head + leaf("html", PIECES[0], "utf-8", "8bit")
    assert isinstance(links_of(content, parse(content), plain_text=True), NotChanged)
    assert isinstance(replace_links(content, {Written("https://pages.example/a", True): "x"}), NotChanged)


def test_inline_pgp_is_left() -> None:
    content = HEAD + leaf("plain", "-----BEGIN PGP SIGNED MESSAGE-----\r\nhttps://pages.example/\r\n", "utf-8", "8bit")
    assert isinstance(links_of(content, parse(content), plain_text=True), NotChanged)


def test_plain_text_is_only_read_if_chosen_and_unsound_bytes_stay() -> None:
    html = b'<p>\xff\xfe broken utf-8</p><a href="https://pages.example/x">x</a>'
    part = b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + html
    content = HEAD + multi("alternative", "a", leaf("plain", "https://pages.example/t", "utf-8", "8bit"), part)
    made = rewritten(content, plain_text=False)
    assert b"https://pages.example/t" in made and b'"https://pages.example/x"' not in made
    assert b"<p>\xff\xfe broken utf-8</p>" in made
    assert put_back(made) == content


def test_a_reply_that_quotes_our_links_gives_them_back_in_html_and_text() -> None:
    attribute = ours(Written("https://pages.example/?a=1&amp;b='2'", markup=True))
    sentence = ours(Written("www.pages.example/ü", markup=False))
    html = f'<a href="{attribute}">x</a> <a href="{sentence}">{sentence}</a> {attribute} {BEGIN}{"A" * 90}'
    text = f"x <{attribute}> {sentence}."
    content = HEAD + multi(
        "alternative", "a", leaf("plain", text, "us-ascii", "8bit"), leaf("html", html, "us-ascii", "8bit")
    )
    plain, rich = (part.decode() for part in payloads(put_back_some(content)))
    assert plain == "x <https://pages.example/?a=1&b='2'> http://www.pages.example/%C3%BC."
    assert rich.startswith("<a href=\"https://pages.example/?a=1&amp;b='2'\">x</a>")
    assert f"{BEGIN}{'A' * 90}" in rich and rich.count(BEGIN) == 1


def put_back_some(content: bytes) -> bytes:
    tokens = own_tokens(content, parse(content), BEGIN)
    read = {token: link.written for token in tokens if (link := KEYS.read(token)) is not None}
    made = restore_links(content, BEGIN, read)
    assert not isinstance(made, NotChanged) and made.count
    return made.content


def test_line_ends_that_quoted_printable_cannot_say_are_kept_in_base64() -> None:
    body = b'<p>a=0Ab</p><a href=3D"https://pages.example/x">x</a>\r\n'
    content = HEAD + b"Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + body
    made = rewritten(content)
    assert b"base64" in made and payloads(put_back(made)) == payloads(content)


def test_time_is_linear_in_hostile_markup() -> None:
    import time

    for piece in ("<!--", "<a ", "<a href='", "<style>", "<a href=" + "x" * 50, "&#", "<!--[if a]>", "https://"):
        source = piece * 60_000
        begun = time.process_time()
        list(html_places(source))
        list(text_places(source))
        assert time.process_time() - begun < 2.0, piece
