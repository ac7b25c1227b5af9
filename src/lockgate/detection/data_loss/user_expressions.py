"""Expressions that administrators write: RE2, in linear time whatever is written (Cox, "Regular Expression Matching in
the Wild", 2010)."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2

from lockgate.detection.data_loss.occurrences import Occurrence
from lockgate.model.errors import InvalidInput

LENGTH = 2_000
MEMORY = 16 * 1024 * 1024  # bytes that one expression may take


class UserExpression:
    """A compiled expression."""

    def __init__(self, compiled_pattern: Any) -> None:
        self._compiled = compiled_pattern

    def occurrences(self, text: str) -> Iterator[Occurrence]:
        """See `Occurs`: the first group that matched is the value."""
        for match in self._compiled.finditer(text):
            value = next(filter(None, match.groups()), match.group())
            if value:
                yield Occurrence(value, match.start(), len(match.group()))


@lru_cache(maxsize=1_000)
def compiled(pattern: str) -> UserExpression:
    """Ready to search. Raises InvalidInput with a sentence."""
    if not pattern.strip():
        raise InvalidInput("Write an expression; an empty one would match everything.")
    if len(pattern) > LENGTH:
        raise InvalidInput(f"Shorten the expression to {LENGTH} characters.")
    options = re2.Options()
    options.max_mem, options.log_errors = MEMORY, False
    try:
        ready = re2.compile(pattern, options)
    except re2.error as error:
        raise InvalidInput(f"The expression cannot be read: {_reason(error)}.") from error
    if ready.search("") is not None:
        raise InvalidInput("The expression matches an empty text, and so everything; make it ask for something.")
    return UserExpression(ready)


def _reason(error: Exception) -> str:
    text = error.args[0] if error.args else ""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
