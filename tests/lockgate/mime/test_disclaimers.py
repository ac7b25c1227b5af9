"""Disclaimers in every nesting, charset and encoding; the standard library is the independent mail client."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockgate.mime.changes import NotChanged, add_disclaimer, tag_subject
from lockgate.mime.html_place import top_of_body
from lockgate.mime.parser import parse

NOTICE = "Attention: écrit dehors <b>& more</b>"
SAMPLES = Path(__file__).parent / "samples"
CHARSETS = ("utf-8", "iso-8859-1", "us-ascii", "koi8-r", "iso-2022-jp", "gb2312", "utf-16", "windows-1252")
ENCODINGS = ("base64", "quoted-printable", "8bit", "7bit")


def leaf(kind: str, body: str, charset: str, encoding: str, line_end: str = "\r\n") -> bytes:
    import base64
    import quopri

    raw = body.encode(charset, "replace")
    if encoding == "base64":
        raw = base64.encodebytes(raw)
    elif encoding == "quoted-printable":
        raw = quopri.encodestring(raw)
    head = f"Content-Type: text/{kind}; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
    return head.encode().replace(b"\n", line_end.encode()) + raw


def multi(subtype: str, boundary: str, *parts: bytes) -> bytes:
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\npreamble\r\n'.encode()
    mark = b"--" + boundary.encode()
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\nepilogue\r\n"


IMAGE = b"Content-Type: image/png; name=x.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo="
PDF = b'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="a.pdf"\r\n\r\n%PDF-1.4 \xff\x00'
HEAD = b"From: a@example.com\r\nMIME-Version: 1.0\r\nSubject: s\r\n"


def decoded_texts(content: bytes) -> list[tuple[str, str]]:
    """(subtype, text) of every text part that is no attachment, as the standard library reads it."""
    parts = [part for part in message_from_bytes(content).walk() if part.get_content_maintype() == "text"]
    shown_parts = [part for part in parts if part.get_content_disposition() != "attachment"]
    return [(part.get_content_subtype(), text_of(part)) for part in shown_parts]


def text_of(part: Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode(part.get_content_charset() or "ascii", "replace")


def shown(html: str) -> str:
    plain = re.sub(r"<[^>]*>", "", html)
    plain = re.sub(r"&#(\d+);", lambda found: chr(int(found.group(1))), plain)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("&quot;", '"')


@pytest.mark.parametrize(("charset", "encoding"), list(product(CHARSETS, ENCODINGS)))
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_every_charset_and_encoding(kind: str, charset: str, encoding: str) -> None:
    if charset == "utf-16" and encoding in {"7bit", "8bit"}:
        pytest.skip("UTF-16 cannot travel so")
    body = "Hello there\r\n" if kind == "plain" else "<html><body>\r\n<p>Hello there</p></body></html>\r\n"
    changed = add_disclaimer(HEAD + leaf(kind, body, charset, encoding), NOTICE)
    assert isinstance(changed, bytes)
    ((subtype, text),) = decoded_texts(changed)
    visible = text if subtype == "plain" else shown(text)
    assert visible.lstrip("\ufeff\r\n").startswith(NOTICE)
    assert visible.count(NOTICE) == 1
    assert "Hello there" in visible
    assert parse(changed).visible_text.startswith(NOTICE)
    assert max(len(line) for line in changed.split(b"\r\n")) <= 998 or encoding in {"8bit", "7bit"}


PLAIN = leaf("plain", "x", "utf-8", "7bit")
NESTINGS = {
    "alternative": multi("alternative", "a", PLAIN, leaf("html", "<p>x", "utf-8", "8bit")),
    "mixed": multi("mixed", "m", leaf("plain", "x", "utf-8", "7bit"), PDF, leaf("plain", "foot", "utf-8", "7bit")),
    "related": multi("related", "r", leaf("html", "<p>x", "utf-8", "base64"), IMAGE),
    "all of them": multi(
        "mixed",
        "m",
        multi("alternative", "a", leaf("plain", "x", "utf-8", "7bit"),
              multi("related", "r", leaf("html", "<p>x", "utf-8", "quoted-printable"), IMAGE)),
        PDF,
    ),
    "picture first": multi("mixed", "m", IMAGE, leaf("plain", "x", "utf-8", "7bit")),
    "no text": multi("mixed", "m", PDF),
    "only a file": PDF,
    "unknown encoding": b"Content-Type: text/plain\r\nContent-Transfer-Encoding: x-odd\r\n\r\nabc\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", NESTINGS)
def test_every_nesting_shows_it_once(name: str) -> None:
    original = HEAD + NESTINGS[name]
    changed = add_disclaimer(original, "Outside mail")
    assert isinstance(changed, bytes)
    by_kind = decoded_texts(changed)
    for kind in {subtype for subtype, _ in by_kind}:
        assert sum(text.count("Outside mail") for subtype, text in by_kind if subtype == kind) <= 1
    assert any("Outside mail" in text for _, text in by_kind)
    assert parse(changed).visible_text.count("Outside mail") == 1
    assert parse(changed).visible_text.startswith("Outside mail")
    assert files(changed) == files(original)


def files(content: bytes) -> list[object]:
    parts = message_from_bytes(content, policy=policy.compat32).walk()
    return [part.get_payload(decode=True) for part in parts if part.get_content_maintype() in {"image", "application"}]


@pytest.mark.parametrize(
    "name", [name for name in NESTINGS if name not in {"no text", "only a file", "unknown encoding"}]
)
def test_all_bytes_outside_the_named_parts_stay(name: str) -> None:
    original = HEAD + NESTINGS[name]
    changed = add_disclaimer(original, "Outside mail")
    assert isinstance(changed, bytes)
    before, after = parse(original), parse(changed)
    assert outside(original, before.parts, after.parts) == outside(changed, after.parts, after.parts)


def outside(content: bytes, parts: tuple[object, ...], marked: tuple[object, ...]) -> bytes:
    """The bytes with the bodies of those parts cut out that carry the notice."""
    kept, position = [], 0
    for own, new in zip(parts, marked, strict=True):
        if b"Outside mail" in new.content:  # type: ignore[attr-defined]
            kept.append(content[position : own.body_start])  # type: ignore[attr-defined]
            position = own.end  # type: ignore[attr-defined]
    return b"".join((*kept, content[position:]))


@pytest.mark.parametrize("name", ["signed.eml", "invitation.eml"])
def test_what_must_stay_stays(name: str) -> None:
    assert isinstance(add_disclaimer((SAMPLES / name).read_bytes(), NOTICE), NotChanged)


@pytest.mark.parametrize(
    "part",
    [
        b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\nx",
        b"Content-Type: application/x-microsoft-rpmsg-message; name=message.rpmsg\r\n\r\nx",
        b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n\r\nx",
        b"Content-Type: text/plain\r\n\r\n-----BEGIN PGP MESSAGE-----\r\nx",
    ],
)
def test_protected_parts_forbid_any_change(part: bytes) -> None:
    content = HEAD + multi("mixed", "m", leaf("plain", "x", "utf-8", "7bit"), part)
    assert isinstance(add_disclaimer(content, NOTICE), NotChanged)


@pytest.mark.parametrize(
    ("html", "before"),
    [
        ("<html><body class='a>b'>X", "<html><body class='a>b'>"),
        ("<!--[if mso]><body><![endif]--><body>X", "<!--[if mso]><body><![endif]--><body>"),
        ("<style>a{content:'<body>'}</style><body>X", "<style>a{content:'<body>'}</style><body>"),
        ("<!doctype html><html><head><title>t</title></head>X", "<!doctype html><html><head><title>t</title></head>"),
        ("X<p>body</p>", ""),
        ("<p>X</p>", ""),
        ("<!-- never closed <body>X", ""),
    ],
)
def test_the_place_in_html_is_where_the_visible_part_begins(html: str, before: str) -> None:
    assert html[: top_of_body(html)] == before


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(min_size=1, max_size=300),
    st.text(max_size=300),
    st.sampled_from(CHARSETS),
    st.sampled_from(("base64", "quoted-printable", "8bit")),
)
def test_any_notice_reads_back_and_the_body_stays(notice: str, body: str, charset: str, encoding: str) -> None:
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = "a@example.com"
    safe = body.encode(charset, "ignore").decode(charset, "ignore").replace("\x00", "")
    if charset == "utf-16":
        return
    message.set_content(safe + "\n", charset=charset, cte="base64" if encoding == "8bit" else encoding)
    original = message.as_bytes()
    changed = add_disclaimer(original, notice)
    if isinstance(changed, NotChanged):
        return
    before = message_from_bytes(original).get_payload(decode=True)
    after = message_from_bytes(changed)
    text = text_of(after)
    wanted = ["".join(char for char in each if char.isprintable()).rstrip() for each in notice.splitlines()]
    first = next(line for line in wanted if line)
    assert text.splitlines()[0].startswith(first[:40]) or len(first) > 200
    assert isinstance(before, bytes)
    if after.get_content_charset() == message_from_bytes(original).get_content_charset():
        payload = after.get_payload(decode=True)
        assert isinstance(payload, bytes)
        assert payload.replace(b"\r\n", b"\n").endswith(before.replace(b"\r\n", b"\n"))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120), st.text(min_size=1, max_size=30))
def test_any_prefix_before_any_subject_reads_back(subject: str, prefix: str) -> None:
    message = EmailMessage(policy=policy.SMTP)
    clean = " ".join("".join(char for char in subject if char.isprintable()).split())
    message["Subject"] = clean
    message["From"] = "a@example.com"
    message.set_content("x\n")
    original = message.as_bytes()
    changed = tag_subject(original, prefix)
    if isinstance(changed, NotChanged):
        return
    if changed != original:
        assert parse(changed).subject.startswith(
            " ".join("".join(c if c.isprintable() else " " for c in prefix).split())
        )
    assert changed.partition(b"\r\n\r\n")[2] == original.partition(b"\r\n\r\n")[2]
    assert all(len(line) <= 998 for line in changed.split(b"\r\n"))
