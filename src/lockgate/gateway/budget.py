"""How many message bytes may be in memory at once. Beyond it new messages are told to come back later."""

from collections.abc import Callable


class MemoryBudget:
    """A counter of reserved bytes. Not a queue: who does not fit is answered 452 and owns the message still."""

    def __init__(self, total: int, observe: Callable[[float], None] = lambda _: None) -> None:
        self._total = total
        self._held = 0
        self._observe = observe

    def try_reserve(self, size: int) -> bool:
        """Reserve `size` bytes if they fit. A message larger than the whole budget fits only when nothing is held."""
        if self._held and self._held + size > self._total:
            return False
        self._held += size
        self._observe(self._held)
        return True

    def release(self, size: int) -> None:
        """Give back what was reserved."""
        self._held -= size
        self._observe(self._held)

    @property
    def held(self) -> int:
        """Bytes reserved now."""
        return self._held
