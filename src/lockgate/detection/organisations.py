"""Whose name a domain is: the part that somebody registered, by the Public Suffix List's rules.

The list comes with the `publicsuffixlist` package, private suffixes included: `a.github.io` and `b.github.io` belong
to different people.
"""

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=16_384)
def registered_domain(host: str) -> str:
    """The registrable domain of a host name, lower-case; the host itself when it has none (an address, a suffix)."""
    name = host.lower().rstrip(".")
    return _suffixes().privatesuffix(name) or name


def same_organisation(one: str, other: str) -> bool:
    """Whether two hosts are below one registered domain."""
    return registered_domain(one) == registered_domain(other)


@lru_cache(maxsize=16_384)
def label(host: str) -> str:
    """The name that was registered, without its suffix: `contoso` for `mail.contoso.co.uk`."""
    return registered_domain(host).partition(".")[0]
