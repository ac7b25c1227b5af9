"""What reports need from others, in their own words. `bootstrap` hands over the real things."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lockgate.mime.enclosed import Enclosed
from lockgate.model.findings import Report
from lockgate.model.notification import Letter
from lockgate.model.pull_back import Destination, PullBack
from lockgate.storage.audit import Author


class Opens(Protocol):
    """Takes mail apart where hostile bytes can do no harm."""

    async def open(self, content: bytes) -> Enclosed:
        """The message that a report carries; raises PermanentError when it cannot be told."""
        ...


@dataclass(frozen=True, slots=True)
class Judged:
    """What the inspection says of a message today."""

    header_from: str
    subject: str
    internet_message_id: str
    report: Report
    link_hosts: tuple[str, ...]


class Judges(Protocol):
    """Inspects a message with the knowledge of today: detectors, classifier, the organisation's tuning and lists."""

    async def judge(self, tenant_id: str, recipient: str, content: bytes) -> Judged:
        """As if it came to this person now. Raises PermanentError when the organisation is not protected any more."""
        ...


class PullsBack(Protocol):
    """Takes delivered mail back."""

    def pull_back(self, message_id: str, destination: Destination, author: Author, *, everywhere: bool) -> PullBack:
        """Begin; raises InvalidInput saying why not."""
        ...


class Blocks(Protocol):
    """The organisation's lists."""

    def block(self, tenant_id: str, written: Sequence[str], author: Author, until: datetime, note: str) -> None:
        """Block addresses and domains until then; raises InvalidInput for what cannot stand on a list."""
        ...


class Answers(Protocol):
    """Writes to people."""

    def report_answer(
        self, letter_id: str, now: datetime, recipient: str, subject: str, values: dict[str, object]
    ) -> Letter:
        """The letter to somebody who has reported a message; nothing is sent or kept here."""
        ...

    def reports_over(
        self, letter_id: str, now: datetime, recipient: str, subject: str, values: dict[str, object]
    ) -> Letter:
        """The letter to somebody who has reported as many as may be; nothing is sent or kept here."""
        ...
