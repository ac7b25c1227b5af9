"""Conditions that administrators write, in the Common Expression Language (cel.dev, by the cel-rust library).

Safe by the language: no loops, no side effects, regular expressions in linear time. Bounded by us: length, nesting of
macros, and how much of a message is shown to an expression.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

import cel

from lockgate.model.errors import InvalidInput

LONGEST = 2_000
MACROS = 2
"""How many `all`, `exists`, `map`, `filter` one expression may have: three nested lists would be a million steps."""

_MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(")
VARIABLES = (
    "message", "links", "attachments", "origin", "authentication", "exchange", "sender", "findings", "labels",
    "families", "score", "verdict", "signals",
)  # fmt: skip
FUNCTIONS = frozenset({
    "size", "contains", "startsWith", "endsWith", "matches", "has", "string", "int", "double", "bool", "max", "min",
    "lowerAscii", "all", "exists", "exists_one", "map", "filter",
})  # fmt: skip

Value = object


class Expression:
    """One compiled condition. `needs` are the variables that it looks at."""

    def __init__(self, source: str, program: cel.Program) -> None:
        self.source = source
        self._program = program
        self.needs = frozenset(name for name in program.variables() if name in VARIABLES)

    def holds(self, variables: Mapping[str, Value]) -> bool:
        """Whether it is true. Raises ValueError when it cannot be evaluated or gives something else than yes or no."""
        try:
            result = self._program.execute(dict(variables))
        except Exception as error:
            said = str(error).splitlines() or [type(error).__name__]
            raise ValueError(f"{type(error).__name__}: {said[0]}"[:200]) from error
        if not isinstance(result, bool):
            raise ValueError(f"the expression gives {type(result).__name__}, not true or false")
        return result


@lru_cache(maxsize=1_024)
def compiled(source: str) -> Expression:
    """The condition, ready to run. Raises InvalidInput with what is wrong, for whoever wrote it."""
    if not source.strip():
        raise InvalidInput("The expression is empty.")
    if len(source) > LONGEST:
        raise InvalidInput(f"The expression has more than {LONGEST} characters.")
    if len(_MACRO.findall(source)) > MACROS:
        raise InvalidInput(f"The expression walks through lists more than {MACROS} times.")
    try:
        program = cel.compile(source)
    except ValueError as error:
        raise InvalidInput(f"The expression cannot be read: {_first_line(error)}") from error
    bound = set(re.findall(r"\(\s*(\w+)\s*,", source))  # the names that macros bind
    unknown = sorted(set(program.variables()) - set(VARIABLES) - bound)
    if unknown:
        known = ", ".join(VARIABLES)
        raise InvalidInput(f"The expression uses '{unknown[0]}', which is not there. There are: {known}.")
    return Expression(source, program)


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if "ERROR" in line] or str(error).splitlines()
    return re.sub(r"^.*ERROR: <input>:", "line ", lines[0])[:300]


class Lazily:
    """The variables of one message, each made when an expression needs it and at most once."""

    def __init__(self, makers: Mapping[str, Callable[[], Value]]) -> None:
        self._makers = makers
        self._made: dict[str, Value] = {}

    def for_(self, needs: frozenset[str]) -> dict[str, Value]:
        """The variables that an expression asks for."""
        for name in needs:
            if name not in self._made and name in self._makers:
                self._made[name] = self._makers[name]()
        return {name: self._made[name] for name in needs if name in self._made}

    @property
    def names(self) -> frozenset[str]:
        """What can be had."""
        return frozenset(self._makers)
