"""What reports need of others, in their own words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from lockgate.model.notification import Attachment, Letter


class Mails(Protocol):
    """Writes letters."""

    def report(
        self,
        letter_id: str,
        now: datetime,
        recipients: tuple[str, ...],
        subject: str,
        values: Mapping[str, object],
        attachments: Sequence[Attachment],
    ) -> Letter:
        """The letter that brings a report."""
        ...
