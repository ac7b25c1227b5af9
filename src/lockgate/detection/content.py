"""What detectors derive from a message and share, each computed at most once per message and only when asked for."""

from lockgate.model.message import Message


class Content:
    """Lazy derived views of one message."""

    def __init__(self, message: Message) -> None:
        self._message = message
