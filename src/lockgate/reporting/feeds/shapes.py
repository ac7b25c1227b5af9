"""The shapes a feed can have: texts, one or more per message."""

import json
from collections.abc import Callable, Iterator
from enum import StrEnum

from lockgate.model.trace import MessageTrace
from lockgate.reporting.exported_lists import message_json
from lockgate.reporting.feeds.cef import cef_lines
from lockgate.reporting.feeds.ocsf import email_activity


class Shape(StrEnum):
    """What other systems read."""

    JSON = "json"  # the whole trace, as exports have it
    OCSF = "ocsf"
    CEF = "cef"


def texts(shape: Shape, trace: MessageTrace) -> Iterator[str]:
    """The message in this shape."""
    yield from _WRITERS[shape](trace)


def _json(trace: MessageTrace) -> Iterator[str]:
    yield json.dumps(message_json(trace), ensure_ascii=False)


def _ocsf(trace: MessageTrace) -> Iterator[str]:
    yield json.dumps(email_activity(trace), ensure_ascii=False)


_WRITERS: dict[Shape, Callable[[MessageTrace], Iterator[str]]] = {
    Shape.JSON: _json,
    Shape.OCSF: _ocsf,
    Shape.CEF: cef_lines,
}
