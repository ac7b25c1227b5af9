"""Subject tags and disclaimers, read back by the standard library as an independent mail client."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.mime.changes import NotChanged, add_disclaimer, tag_subject

TEXT = "Careful: this message comes from outside."


def mail(charset: str = "utf-8", encoding: str | None = None, body: str = "Good day\n") -> bytes:
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = "a@example.com"
    message["Subject"] = "Invoice for März"
    message.set_content(body, charset=charset, cte=encoding)
    message.add_alternative(f"<html><body class='x'><p>{body}</p></body></html>", subtype="html", charset=charset)
    message.add_attachment(b"\x00\x01\xff" * 50, maintype="application", subtype="octet-stream", filename="a.bin")
    return message.as_bytes()


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    text = part.get_content()
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "us-ascii"])
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
@pytest.mark.parametrize("text", [TEXT, "Vorsicht: Grüße von außen", "外部からのメール", "<script>alert(1)</script>"])
def test_the_disclaimer_stands_once_on_top_of_both_bodies(charset: str, encoding: str, text: str) -> None:
    changed = add_disclaimer(mail(charset, encoding), text)
    assert isinstance(changed, bytes)
    message = read(changed)
    assert body_of(message, "plain").startswith(text)
    assert body_of(message, "plain").count(text) == 1
    assert "Good day" in body_of(message, "plain")
    html = body_of(message, "html")
    assert "<script>" not in html
    assert html.index("<div") > html.index("<body")
    assert [part.get_content() for part in message.iter_attachments()] == [b"\x00\x01\xff" * 50]


def test_a_seven_bit_part_becomes_quoted_printable_when_the_text_needs_it() -> None:
    plain = b"From: a@example.com\r\nSubject: x\r\n\r\nhello\r\n"
    changed = add_disclaimer(plain, "Grüße")
    assert isinstance(changed, bytes)
    assert changed.isascii()
    assert body_of(read(changed), "plain").startswith("Grüße")


@pytest.mark.parametrize(
    "content_type", ["multipart/signed; boundary=b", "application/pkcs7-mime", "multipart/encrypted; boundary=b"]
)
def test_signed_and_encrypted_mail_is_left_alone(content_type: str) -> None:
    content = f"From: a@example.com\r\nSubject: s\r\nContent-Type: {content_type}\r\n\r\nx\r\n".encode()
    assert isinstance(add_disclaimer(content, TEXT), NotChanged)
    assert isinstance(tag_subject(content, "[X]"), NotChanged)


@pytest.mark.parametrize("prefix", ["[EXTERNAL]", "[Außen]", "[外部]"])
def test_a_tagged_subject_reads_as_prefix_and_subject(prefix: str) -> None:
    original = mail()
    changed = tag_subject(original, prefix)
    assert isinstance(changed, bytes)
    assert read(changed)["Subject"] == f"{prefix} Invoice for März"
    assert changed.partition(b"\r\n\r\n")[2] == original.partition(b"\r\n\r\n")[2]


def test_a_message_without_subject_gets_one() -> None:
    changed = tag_subject(b"From: a@example.com\r\n\r\nx\r\n", "[X]")
    assert isinstance(changed, bytes)
    assert read(changed)["Subject"] == "[X]"


@given(st.binary(max_size=3000), st.text(max_size=80))
def test_any_bytes_can_be_asked_to_change(content: bytes, text: str) -> None:
    add_disclaimer(content, text)
    tag_subject(content, "[X]")
