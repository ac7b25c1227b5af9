"""Our header fields in front, and out again, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.mime.headers import scan
from lockgate.mime.stamping import header_line, without_headers
from lockgate.model.errors import InvalidInput

ORIGINAL = b"From: a@example.com\r\nSubject: one\r\n two\r\nX-Lockgate-Route-In: no\r\n\r\nX-Lockgate-Junk: body\r\n"


def test_only_the_named_fields_go_and_the_body_stays() -> None:
    chunks, count = without_headers(ORIGINAL, frozenset({"x-lockgate-route-in", "x-lockgate-junk"}))
    assert count == 1
    assert b"".join(chunks) == ORIGINAL.replace(b"X-Lockgate-Route-In: no\r\n", b"")


def test_a_folded_field_goes_with_all_its_lines() -> None:
    chunks, _ = without_headers(ORIGINAL, frozenset({"subject"}))
    assert b"".join(chunks) == ORIGINAL.replace(b"Subject: one\r\n two\r\n", b"")


@given(st.binary(max_size=2000))
def test_any_bytes_lose_nothing_but_the_named_fields(content: bytes) -> None:
    chunks, count = without_headers(content, frozenset({"x"}))
    kept = b"".join(chunks)
    removed = sum(item.end - item.start for item in scan(content).fields if item.name.lower() == "x")
    assert len(kept) == len(content) - removed
    assert (count == 0) == (kept == content)


@pytest.mark.parametrize("value", ["a\r\nBcc: x@example.com", "a\nb", "nul\0", "ü"])
def test_a_value_that_would_break_the_header_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput):
        header_line("X-Test", value)


def test_a_long_value_is_folded_and_reads_back_the_same() -> None:
    value = " ".join(["word"] * 60)
    line = header_line("X-Long", value)
    assert all(len(part) <= 78 for part in line.split(b"\r\n"))
    assert list(scan(line + b"\r\n").values("x-long")) == [value]
