"""Reads held messages for a preview, each in a process of its own that is killed at a deadline."""

from pydantic import TypeAdapter, ValidationError

from lockgate.fresh_process import answer_of
from lockgate.model.errors import PermanentError
from lockgate.quarantine.preview import Preview

DEADLINE = 30.0  # seconds
ADDRESS_SPACE = 2 * 1024**3  # bytes
PREVIEWS: TypeAdapter[Preview] = TypeAdapter(Preview)
UNREADABLE = "This message cannot be shown safely; download it and look at it in a place made for that."


class ProcessReader:
    """Implements `ports.Reads`."""

    def __init__(self, deadline: float = DEADLINE, address_space: int = ADDRESS_SPACE) -> None:
        self._deadline = deadline
        self._address_space = address_space

    async def read(self, content: bytes) -> Preview:
        """See `ports.Reads`."""
        try:
            answer = await answer_of("lockgate.quarantine.reading_worker", content, self._address_space, self._deadline)
            return PREVIEWS.validate_json(answer)
        except (TimeoutError, ValidationError) as error:
            raise PermanentError(UNREADABLE) from error
