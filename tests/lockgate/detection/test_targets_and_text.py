"""Links taken apart as browsers do, text as readers take it in, domains that resemble each other."""

import pytest

from lockgate.detection.brands import named_in, owns
from lockgate.detection.organisations import registered_domain, same_organisation
from lockgate.detection.resemblance import resembles
from lockgate.detection.targets import address_of, target_of
from lockgate.detection.text import plain, skeleton
from lockgate.detection.topics import mentions, phrase_lists
from lockgate.model.message import Link, LinkSource


@pytest.mark.parametrize(
    ("url", "host", "user", "port"),
    [
        ("https://www.example.com/a?b#c", "www.example.com", "", ""),
        ("HTTP://EXAMPLE.com:8080", "example.com", "", "8080"),
        ("https://paypal.com@evil.example/", "evil.example", "paypal.com", ""),
        ("https:\\\\evil.example\\a", "evil.example", "", ""),
        ("https:////evil.example", "evil.example", "", ""),
        ("http://münchen.de/", "xn--mnchen-3ya.de", "", ""),
        ("http://ex%61mple.com/", "example.com", "", ""),
        ("http://[2001:db8::1]:443/", "2001:db8::1", "", "443"),
        ("mailto:a@b.c", "", "", ""),
        ("javascript:alert(1)", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_a_link_is_taken_apart_like_a_browser_does(url: str, host: str, user: str, port: str) -> None:
    target = target_of(1, Link(url, "", LinkSource.HTML, "1", url))
    assert (target.host, target.user, target.port) == (host, user, port)


@pytest.mark.parametrize(
    ("host", "address"),
    [("8.8.8.8", "8.8.8.8"), ("134744072", "8.8.8.8"), ("0x8.0x8.0x8.0x8", "8.8.8.8"), ("010.8.8.8", "8.8.8.8")],
)
def test_every_way_to_write_an_address_is_known(host: str, address: str) -> None:
    assert str(address_of(host)) == address


@pytest.mark.parametrize("host", ["example.com", "999.1.1.1", "1.2.3.4.5", "", "0x.com"])
def test_names_are_not_addresses(host: str) -> None:
    assert address_of(host) is None


def test_the_registered_domain_follows_the_public_suffix_list() -> None:
    assert registered_domain("a.b.co.uk") == "b.co.uk"
    assert not same_organisation("a.github.io", "b.github.io")
    assert same_organisation("mail.contoso.com", "www.contoso.com")


def test_readers_do_not_see_tricks() -> None:
    assert plain("V\u200berify y\u043eur  ac\u00adcount") == "verify your account"
    assert plain("𝐕𝐞𝐫𝐢𝐟𝐲") == "verify"
    assert plain("привет мир") == "привет мир"
    assert skeleton("Adá L\u043evelace") == "adalovelace"


def test_phrases_match_whole_words_only_and_every_list_compiles() -> None:
    assert "pharma" in mentions("buy viagra today")
    assert "dating" not in mentions("essex and sussex")
    assert all(phrase_lists().values())


@pytest.mark.parametrize(
    ("domain", "own"),
    [
        ("c0ntoso.com", "contoso.com"),
        ("contosso.com", "contoso.com"),
        ("cotnoso.com", "contoso.com"),
        ("contoso-billing.com", "contoso.com"),
        ("rnicrosoft.com", "microsoft.com"),
        ("contoso.net", "contoso.com"),
        ("сontoso.com", "contoso.com"),
    ],
)
def test_cousins_are_recognised(domain: str, own: str) -> None:
    assert resembles(domain, own)


@pytest.mark.parametrize(
    ("domain", "own"),
    [("mail.contoso.com", "contoso.com"), ("canton.com", "contoso.com"), ("contosouniversity.com", "contoso.com"),
     ("abd.com", "abc.com")],
)  # fmt: skip
def test_strangers_are_not_cousins(domain: str, own: str) -> None:
    assert not resembles(domain, own)


def test_brands_own_their_domains_and_nobody_elses() -> None:
    paypal = named_in("paypal service")
    assert paypal is not None
    assert owns(paypal, "e.paypal.com")
    assert not owns(paypal, "paypal.com.evil.example")
    assert named_in("lena apfel") is None
