"""The message inside a report comes out as it was, whichever mail client put it in."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.mime.enclosed import enclosed

INNER = (
    b"Received: from a.example\r\nFrom: Nora <nora@bad.example>\r\nSubject: Pay now\r\n"
    b"Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\nContent-Type: text/plain\r\n\r\nTwo  spaces =20\r\n"
    b"--in--\r\n"
)


def report(part: bytes, comment: bytes = b"Is this real?") -> bytes:
    return (
        b"From: tom@contoso.example\r\nTo: reports@gw.example\r\nSubject: Fwd\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\nContent-Type: text/plain\r\n\r\n"
        + comment + b"\r\n--out\r\n" + part + b"\r\n--out--\r\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    "part",
    [
        b"Content-Type: message/rfc822\r\n\r\n" + INNER,
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + INNER,
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(INNER),
        b'Content-Type: application/octet-stream; name="Pay now.EML"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + base64.encodebytes(INNER),
    ],
    ids=["as it is", "8bit", "base64", "a file"],
)
def test_the_message_comes_out_byte_for_byte_with_what_was_written_above_it(part: bytes) -> None:
    found = enclosed(report(part))
    assert found.message == INNER
    assert found.comment == "Is this real?"


def test_of_a_message_that_encloses_another_the_outer_one_is_meant() -> None:
    forwarded = (
        b"From: x@bad.example\r\nContent-Type: multipart/mixed; boundary=mid\r\n\r\n"
        b"--mid\r\nContent-Type: message/rfc822\r\n\r\n" + INNER + b"\r\n--mid--\r\n"
    )
    assert enclosed(report(b"Content-Type: message/rfc822\r\n\r\n" + forwarded)).message == forwarded


def test_mail_without_a_message_in_it_has_none() -> None:
    plain = b"From: tom@contoso.example\r\nSubject: Look\r\n\r\nI got something strange.\r\n"
    assert enclosed(plain).message == b""
    assert enclosed(plain).comment == "I got something strange."


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_whatever_the_bytes_are_it_answers(noise: bytes) -> None:
    for content in (noise, report(b"Content-Type: message/rfc822\r\n\r\n" + noise)):
        assert isinstance(enclosed(content).message, bytes)
