"""The words of held mail: found by whoever has the keys, unreadable to whoever has the database alone (decision 14).

A word is stored as a keyed digest of it (HMAC-SHA-256, cut to 48 bits), under a key derived from the master key. So a
search asks for whole words, in scripts without blanks for pairs of letters, as `search_words.py` makes them.
Rule: words go in the unit in which the content's key goes off the record.
"""

import hmac
from collections.abc import Sequence

from sqlalchemy import ColumnElement, false, insert, select, update

from lockgate.storage.dialects import Dialect
from lockgate.storage.schema.custody import held, held_words
from lockgate.storage.search_words import Alternatives, Term, asked_words, words_of
from lockgate.storage.unit_of_work import Unit
from lockgate.storage.vault import Vault

MOST_WORDS = 5_000  # different ones of one message
TOKEN_BYTES = 6  # two of a million words share one with a probability of 1 in 560


class WordKeys:
    """Makes tokens of words. With several master keys, what was stored under an older one is found too."""

    def __init__(self, vault: Vault) -> None:
        self._keys = vault.signing_keys("held-words")

    def tokens(self, text: str) -> frozenset[str]:
        """What a message with this text is found by."""
        words = dict.fromkeys(words_of(text))
        return frozenset(_token(self._keys[0], word) for word in list(words)[:MOST_WORDS])

    def asked(self, text: str) -> tuple[Alternatives, ...]:
        """All of these words; nothing when the text has none."""
        terms = [term.text for any_of in asked_words(text) for term in any_of]
        return tuple(tuple(Term(_token(key, one)) for key in self._keys) for one in terms)


class HeldWords:
    """The words of messages in quarantine, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._connection = unit.connection

    def unread(self, limit: int) -> Sequence[tuple[str, str]]:
        """Messages whose words are not known yet, the oldest first: their ids and the keys of their content."""
        query = select(held.c.id, held.c.blob).where(held.c.unread.is_(True), held.c.blob != "")
        return [(row.id, row.blob) for row in self._connection.execute(query.order_by(held.c.held_at).limit(limit))]

    def note(self, held_id: str, tokens: frozenset[str]) -> bool:
        """Keep what it is found by; False when it was read by somebody else, or has ended meanwhile."""
        mine = update(held).where(held.c.id == held_id, held.c.unread.is_(True), held.c.blob != "")
        if not self._connection.execute(mine.values(unread=False)).rowcount:
            return False
        self._connection.execute(insert(held_words).values(held_id=held_id, words=tokens))
        return True


def says(asked: tuple[Alternatives, ...], dialect: Dialect) -> ColumnElement[bool]:
    """Messages with all of these words; none when nothing is asked that could be a word."""
    if not asked:
        return false()
    found = select(held_words.c.held_id).where(dialect.finds(held_words.c.words, asked)).cte("found")
    found = found.prefix_with("MATERIALIZED", dialect="postgresql")  # it guesses wrong of rare words, and looks at each
    return held.c.id.in_(select(found.c.held_id))


def _token(key: bytes, word: str) -> str:
    """In hexadecimal: SQLite compares text without regard to case."""
    return hmac.digest(key, word.encode(), "sha256")[:TOKEN_BYTES].hex()
