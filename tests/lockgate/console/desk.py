"""The real quarantine for the console's tests, with a next hop that answers 250 to all but one address."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lockgate.bootstrap.parts import Parts
from lockgate.bootstrap.rehearsal import rehearsal
from lockgate.bootstrap.user_reports import OwnLists
from lockgate.console.parts import ConsoleParts
from lockgate.end_users.desk import Desk
from lockgate.end_users.reports.desk import ReportDesk
from lockgate.end_users.reviews import Reviews
from lockgate.microsoft365.pull_back_requests import PullBackRequests
from lockgate.model.clock import system_clock
from lockgate.model.custody import Held
from lockgate.model.envelope import Recipient
from lockgate.quarantine.ports import Delivery, Outcome
from lockgate.quarantine.reading import ProcessReader
from lockgate.quarantine.release import Releases
from lockgate.quarantine.service import QuarantineService
from lockgate.reporting.reports.service import ReportService
from lockgate.settings import Settings
from lockgate.storage.blobs import open_blobs
from lockgate.storage.senders import SenderHistories

REFUSED = "full@contoso.example"


@dataclass
class NextHop:
    """Implements `quarantine.ports.Delivers`; remembers what came."""

    came: list[tuple[str, bytes]] = field(default_factory=list)

    async def deliver(self, held: Held, recipients: Sequence[Recipient], content: bytes) -> Mapping[str, Outcome]:
        outcomes = {}
        for one in recipients:
            if one.address == REFUSED:
                outcomes[one.address] = Outcome(Delivery.REFUSED, "552 5.2.2 mailbox full")
            else:
                self.came.append((one.address, content))
                outcomes[one.address] = Outcome(Delivery.DELIVERED, "250 2.6.0 queued")
        return outcomes


@dataclass(frozen=True)
class AtOnce:
    """Implements `Starts`: runs the release here instead of in a controller."""

    releases: Releases

    def start(self, workflow: str, workflow_id: str, *arguments: str) -> None:
        asyncio.run(self.releases.attempt(*arguments))


class NoController:
    """Implements `Starts` where no controller runs: what is asked for waits."""

    def start(self, workflow: str, workflow_id: str, *arguments: str) -> None:
        """Nothing happens."""


def with_rehearsal(parts: ConsoleParts) -> ConsoleParts:
    """The parts with the mail path without mail, beside their database."""
    folder = Path(parts.database.engine.url.database or "").parent
    ground = Parts(Settings(data_directory=folder), parts.database, open_blobs(str(folder / "blobs")), parts.vault,
                   system_clock)  # fmt: skip
    return replace(parts, rehearsal=rehearsal(ground, SenderHistories(parts.database)))


def with_reports(parts: ConsoleParts) -> ConsoleParts:
    """With somebody who makes reports, and mails none."""
    return replace(parts, report_service=ReportService(parts.database, parts.clock, parts.new_id, dict))


def with_quarantine(parts: ConsoleParts, next_hop: NextHop | None = None) -> ConsoleParts:
    """The parts with a quarantine beside their database."""
    folder = Path(parts.database.engine.url.database or "").parent / "blobs"
    blobs = open_blobs(str(folder))
    releases = Releases(parts.database, blobs, system_clock, next_hop or NextHop())
    service = QuarantineService(
        parts.database, blobs, system_clock, lambda: uuid.uuid4().hex, ProcessReader(), AtOnce(releases)
    )
    pull_backs = PullBackRequests(parts.database, system_clock, lambda: uuid.uuid4().hex, NoController())
    lists = OwnLists(parts.database, parts.vault)
    reports = ReportDesk(parts.database, blobs, system_clock, lambda: uuid.uuid4().hex, pull_backs, lists, None)
    return replace(
        parts, quarantine=service, reviews=Reviews(parts.database, system_clock, service),
        desk=Desk(parts.database, system_clock, service), pull_backs=pull_backs,
        reports=reports, reader=ProcessReader(), gateway_names=("gw.contoso.example",),
    )  # fmt: skip
