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
