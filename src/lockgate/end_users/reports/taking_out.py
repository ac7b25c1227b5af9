"""Takes reported messages out of the mail that carries them, in a process of its own that is killed at a deadline."""

from pydantic import ConfigDict, TypeAdapter, ValidationError

from lockgate.fresh_process import answer_of
from lockgate.mime.enclosed import Enclosed
from lockgate.model.errors import PermanentError

WORKER = "lockgate.end_users.reports.taking_out_worker"
DEADLINE = 30.0  # seconds
ADDRESS_SPACE = 2 * 1024**3  # bytes
ANSWERS = TypeAdapter(tuple[str, bytes], config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))


class ProcessOpener:
    """Implements `ports.Opens`."""

    def __init__(self, deadline: float = DEADLINE, address_space: int = ADDRESS_SPACE) -> None:
        self._deadline = deadline
        self._address_space = address_space

    async def open(self, content: bytes) -> Enclosed:
        """See `ports.Opens`."""
        try:
            answer = await answer_of(
                "lockgate.end_users.reports.taking_out_worker", content, self._address_space, self._deadline
            )
            return Enclosed(*ANSWERS.validate_json(answer))
        except (TimeoutError, ValidationError) as error:
            raise PermanentError("The mail that brought the report cannot be taken apart.") from error
