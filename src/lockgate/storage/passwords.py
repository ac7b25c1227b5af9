"""Passwords as Argon2id hashes with the parameters of RFC 9106 §4 (second recommended option, 64 MiB).

Rule: verifying costs the same whether the account exists or not, so that time tells nobody which names do.
"""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def hash_password(password: str) -> str:
    """A salted hash fit for a column."""
    return _HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one behind the hash; with None (no such account) False, after the same work."""
    try:
        return _HASHER.verify(password_hash or _of_nobody(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with weaker parameters and should be made anew at this sign-in."""
    return _HASHER.check_needs_rehash(password_hash)


@cache
def _of_nobody() -> str:
    return _HASHER.hash("nobody has this password")
