"""Base64 that clients read differently is seen twice; base64 to the letter, however large, is not."""

import base64
import random

from lockgate.mime.parser import parse
from lockgate.model.message import Message

PROGRAM = b"MZ\x90\x00\x03" + b"\0" * 400


def message(body: bytes) -> Message:
    head = b'Content-Type: application/octet-stream; name="a.bin"\r\nContent-Transfer-Encoding: base64\r\n'
    return parse(b"From: a@b.example\r\n" + head + b"\r\n" + body)


def test_letters_that_look_like_a_file_in_the_middle_of_a_large_one_are_no_other_reading() -> None:
    noise = random.Random(3).randbytes(600_000)
    encoded = base64.encodebytes(noise).replace(b"\n", b"\r\n")
    place = 300_000 - 300_000 % 78
    encoded = encoded[:place] + b"TVqQAAMAAAAEAAAA" + encoded[place + 16 :]
    parsed = message(encoded)
    assert [part.path for part in parsed.parts] == ["1"]
    assert parsed.defects == ()


def test_a_line_before_the_file_is_skipped_in_another_reading() -> None:
    parsed = message(b"Hello\r\n" + base64.encodebytes(PROGRAM).replace(b"\n", b"\r\n"))
    assert any(part.content.startswith(b"MZ\x90") for part in parsed.parts)
    assert "mime.other-reading" in {defect.id for defect in parsed.defects}


def test_two_types_and_two_encodings_give_every_text_that_a_client_would_show() -> None:
    html = b"<p>Verify your account at <a href='https://collect.example'>this page</a> please</p>"
    head = b"Content-Type: text/plain\r\nContent-Type: text/html\r\n"
    head += b"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    parsed = parse(b"From: a@b.example\r\n" + head + base64.b64encode(html))
    assert "Verify your account at this page please" in parsed.visible_text
    assert "https://collect.example" in {link.url for link in parsed.links}
    assert "mime.other-text-reading" in {defect.id for defect in parsed.defects}


def test_a_wrong_decoding_is_no_text() -> None:
    head = b"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    assert (
        parse(head + b"Please verify your account by the link").visible_text == "Please verify your account by the link"
    )


def test_every_author_that_some_client_shows_is_known() -> None:
    def others(value: bytes) -> list[str]:
        return [one.address for one in parse(b"From: " + value + b"\r\n\r\n").other_authors]

    assert "service@paypal.com" in others(b"=?utf-8?b?c2VydmljZUBwYXlwYWwuY29t?==?utf-8?q?=00?=@evil.example")
    assert "service@paypal.com" in others(b'"x" <service@paypal.com\x00@evil.example>')
    assert others(b'"service@paypal.com"@evil.example') == ["service@paypal.com@evil.example"]
    assert others(b"=?utf-8?q?Ada?= <ada@sender.example>") == []
