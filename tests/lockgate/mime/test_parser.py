"""What a mail client shows is what is parsed; whatever the bytes are, parsing ends."""

import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.mime.parser import parse
from lockgate.model.message import LinkSource

PIECES = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"\r\n",
        b"--b\r\n",
        b"--b--\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"QUJD\r\n",
        b"<a href=http://x.example>y</a>",
        b"From: =?utf-8?q?=41?= <a@b>\r\n",
        b"Content-Type: text/html\r\n",
        b"\0",
        b"\xff\xfe",
        b" folded\r\n",
    ]
)


def corpus() -> Path:
    return Path(os.environ.get("LOCKGATE_CORPUS", Path(__file__).parents[4] / "shared" / "corpus"))


@given(st.lists(PIECES, max_size=60).map(b"".join))
def test_any_bytes_parse(content: bytes) -> None:
    message = parse(content)
    assert message.size == len(content)
    assert all(0 <= part.start <= part.body_start <= part.end for part in message.parts)


def test_nesting_without_end_is_bounded() -> None:
    content = b"Content-Type: message/rfc822\r\n\r\n" * 500 + b"x"
    assert any(defect.id == "mime.too-deep" for defect in parse(content).defects)


def test_an_attachment_keeps_its_decoded_name_and_bytes() -> None:
    content = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\n"
        b"Content-Disposition: attachment; filename*=utf-8''r%C3%A9sum%C3%A9.pdf\r\nContent-Type: application/pdf\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--b--\r\n"
    )
    (attachment,) = parse(content).attachments
    assert attachment.filename == "résumé.pdf"
    assert attachment.content == b"%PDF-"


def test_links_are_found_where_readers_click_and_unwrapped() -> None:
    wrapped = "https://nam01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example%2Fx&amp;data=1"
    body = f"<a href='{wrapped}'>https://bank.example</a> <a href='mailto:a@b'>m</a>"
    content = f"Content-Type: text/html\r\n\r\n{body}".encode()
    (link,) = [link for link in parse(content).links if link.source is LinkSource.HTML]
    assert link.unwrapped == "https://evil.example/x"
    assert link.text == "https://bank.example"
    assert link.is_rewritten


def test_hidden_text_is_told_from_visible_text() -> None:
    content = b"Content-Type: text/html\r\n\r\n<p>seen</p><div style='font-size:0px'>salt</div><style>css</style>"
    message = parse(content)
    assert message.visible_text == "seen"
    assert message.hidden_text == "salt"


def test_two_from_fields_are_a_defect_and_both_are_seen() -> None:
    message = parse(b"From: a@one.example\r\nFrom: b@two.example\r\n\r\n")
    assert [mailbox.domain for mailbox in message.header_from] == ["one.example", "two.example"]
    assert any(defect.id == "mime.duplicate-header" for defect in message.defects)


@pytest.mark.skipif(not (corpus() / "robust" / "robust.tar.xz").exists(), reason="the corpus is not on this machine")
def test_the_malformed_corpus_parses() -> None:
    with tarfile.open(corpus() / "robust" / "robust.tar.xz") as archive:
        files = [archive.extractfile(member) for member in archive if member.isfile()]
        assert sum(parse(file.read()).size > 0 for file in files if file is not None) > 800
