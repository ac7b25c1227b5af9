"""Authentication-Results: read as others write it, written so that others read it."""

from hypothesis import given
from hypothesis import strategies as st

from lockgate.sender_authentication.authentication_results import (
    AuthenticationResults,
    MethodResult,
    parse,
    write,
)

WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


def test_a_value_with_comments_and_quotes_is_read() -> None:
    read = parse('mx.example.org 1; spf=pass (a (nested) "c;omment") smtp.mailfrom="a;b"@c; dkim=fail reason="x; y"')
    assert read.authserv_id == "mx.example.org"
    assert [each.method for each in read.methods] == ["spf", "dkim"]
    assert read.methods[1].property("reason") == "x; y"
    assert "nested" in read.methods[0].comment


def test_exchanges_own_form_has_no_authserv_id() -> None:
    read = parse(
        "spf=none (sender IP is 192.0.2.1) smtp.mailfrom=a.example; dkim=pass header.d=a.example;compauth=fail"
    )
    assert read.authserv_id == ""
    assert [each.method for each in read.methods] == ["spf", "dkim", "compauth"]


def test_no_result_is_written_as_none() -> None:
    assert write(AuthenticationResults("mx.example", ())) == "mx.example; none"
    assert parse("mx.example; none").methods == ()


@given(WORDS, WORDS)
def test_what_is_written_is_read_back(value: str, comment: str) -> None:
    written = write(AuthenticationResults("mx", (MethodResult("spf", "pass", comment, (("smtp.mailfrom", value),)),)))
    (method,) = parse(written).methods
    assert method.property("smtp.mailfrom") == value
    assert "\r" not in written
    assert "\n" not in written


@given(st.text(max_size=300))
def test_any_text_is_read(value: str) -> None:
    parse(value)
