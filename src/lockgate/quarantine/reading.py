"""Reads held messages, for a preview or for their words, each in a process of its own that is killed at a deadline."""

from enum import StrEnum

from pydantic import TypeAdapter, ValidationError

from lockgate.fresh_process import answer_of
from lockgate.model.errors import PermanentError
from lockgate.quarantine.preview import Preview

WORKER = "lockgate.quarantine.reading_worker"
DEADLINE = 30.0  # seconds
ADDRESS_SPACE = 2 * 1024**3  # bytes
PREVIEWS: TypeAdapter[Preview] = TypeAdapter(Preview)
UNREADABLE = "This message cannot be shown safely; download it and look at it in a place made for that."


class Reading(StrEnum):
    """What is wanted of a message."""

    PREVIEW = "preview"
    PICTURES = "pictures"  # the preview, with the pictures that the message carries
    TEXT = "text"  # what it says, to be found by


class ProcessReader:
    """Implements `ports.Reads`."""

    def __init__(self, deadline: float = DEADLINE, address_space: int = ADDRESS_SPACE) -> None:
        self._deadline = deadline
        self._address_space = address_space

    async def read(self, content: bytes, *, with_pictures: bool = False) -> Preview:
        """See `ports.Reads`."""
        answer = await self._answer(content, Reading.PICTURES if with_pictures else Reading.PREVIEW)
        try:
            return PREVIEWS.validate_json(answer)
        except ValidationError as error:
            raise PermanentError(UNREADABLE) from error

    async def text(self, content: bytes) -> str:
        """See `ports.Reads`."""
        answer = await self._answer(content, Reading.TEXT)
        if not answer:
            raise PermanentError(UNREADABLE)
        return answer.decode("utf-8", "replace")

    async def _answer(self, content: bytes, reading: Reading) -> bytes:
        try:
            return await answer_of(WORKER, content, self._address_space, self._deadline, reading.value)
        except TimeoutError as error:
            raise PermanentError(UNREADABLE) from error
