"""Document fingerprints: hashes of word sequences, of which a fixed fraction is kept.

Any passage of 8 words that two texts share gives both the same hash; a hash is kept when it is a multiple of 4, so that
both texts keep the same ones (Manber 1994; Schleimer, Wilkerson and Aiken, "Winnowing", SIGMOD 2003).
"""

import re
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice

WORDS = 8
EVERY = 4
MOST = 20_000  # kept hashes of one text
_WORD = re.compile(r"\w+")


def shingles(text: str) -> frozenset[int]:
    """The kept hashes (63 bits) of a text; the same for texts that differ in case, spaces and punctuation only."""
    return frozenset(islice(_kept(_WORD.findall(text.lower())), MOST))


def _kept(words: list[str]) -> Iterator[int]:
    for start in range(len(words) - WORDS + 1):
        piece = " ".join(words[start : start + WORDS]).encode("utf-8", "surrogatepass")
        value = int.from_bytes(blake2b(piece, digest_size=8).digest(), "big") >> 1  # TOML has signed integers
        if value % EVERY == 0:
            yield value
