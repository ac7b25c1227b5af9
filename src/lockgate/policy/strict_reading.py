"""Reading one JSON object strictly: a wrong type, a missing key or an unknown one is refused with its place named."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar

from lockgate.model.errors import InvalidInput

Enumeration = TypeVar("Enumeration", bound=StrEnum)
Item = TypeVar("Item")


def member(text: str, kind: type[Enumeration], place: str) -> Enumeration:
    """The member of that value. Raises InvalidInput naming the place and the choices."""
    try:
        return kind(text)
    except ValueError:
        raise InvalidInput(f"{place}: '{text}' is none of {', '.join(kind)}.") from None


class Fields:
    """One JSON object being read; every key must be taken, and `finish` refuses what is left over."""

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, Mapping):
            raise InvalidInput(f"{place} must be an object.")
        self._left = dict(value)
        self._place = place

    def take(self, key: str, *default: object) -> object:
        """The raw value. Raises InvalidInput when it is not there and has no default."""
        if key in self._left:
            return self._left.pop(key)
        if default:
            return default[0]
        raise InvalidInput(f"{self._place}.{key} is missing.")

    def text(self, key: str, *default: str) -> str:
        return self._typed(key, str, "a text", *default)

    def flag(self, key: str, *default: bool) -> bool:
        return self._typed(key, bool, "true or false", *default)

    def whole_number(self, key: str) -> int:
        value = self._typed(key, int, "a whole number")
        if isinstance(value, bool):
            raise InvalidInput(f"{self._place}.{key} must be a whole number.")
        return value

    def number_or_none(self, key: str) -> float | None:
        value = self.take(key, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidInput(f"{self._place}.{key} must be a number or null.")
        return float(value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.take(key, [])
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise InvalidInput(f"{self._place}.{key} must be a list of texts.")
        return tuple(value)

    def one_of(self, key: str, kind: type[Enumeration], *default: Enumeration) -> Enumeration:
        return member(self.text(key, *default), kind, f"{self._place}.{key}")

    def each(self, key: str, read: Callable[[object, str], Item]) -> tuple[Item, ...]:
        value = self.take(key)
        if not isinstance(value, list | tuple):
            raise InvalidInput(f"{self._place}.{key} must be a list.")
        return tuple(read(item, f"{self._place}.{key}[{index}]") for index, item in enumerate(value))

    def finish(self) -> None:
        if self._left:
            unknown = ", ".join(sorted(map(str, self._left)))
            raise InvalidInput(f"{self._place} has unknown keys: {unknown}. Remove or correct them.")

    def _typed(self, key: str, kind: type[Item], called: str, *default: Item) -> Item:
        value = self.take(key, *default)
        if not isinstance(value, kind):
            raise InvalidInput(f"{self._place}.{key} must be {called}.")
        return value
