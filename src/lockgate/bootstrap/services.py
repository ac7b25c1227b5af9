"""The services that one command needs, opened for as long as it runs. What takes long is left to a controller."""

import getpass
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from lockgate.bootstrap import user_reports
from lockgate.bootstrap.durable import starting
from lockgate.bootstrap.microsoft365 import grant_service, provisioning
from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.bootstrap.pull_back import pull_back_requests
from lockgate.bootstrap.quarantine import quarantine_service
from lockgate.end_users.reports.desk import ReportDesk
from lockgate.microsoft365.grant import GrantService
from lockgate.microsoft365.pull_back_requests import PullBackRequests
from lockgate.model.clock import Clock
from lockgate.quarantine.service import QuarantineService
from lockgate.settings import Settings
from lockgate.storage.audit import Author


@dataclass(frozen=True, slots=True)
class QuarantineDesk:
    """The quarantine with what it is kept in."""

    parts: Parts
    quarantine: QuarantineService


@asynccontextmanager
async def grants(settings: Settings) -> AsyncIterator[GrantService]:
    """Service accounts, as the console has them; raises ConfigurationError."""
    with open_parts(settings) as parts, starting(settings) as starts:
        async with provisioning(parts) as work:
            yield grant_service(parts, work, starts)


@contextmanager
def pull_backs(settings: Settings) -> Iterator[PullBackRequests]:
    """Delivered mail that is taken back, as the console has it; raises ConfigurationError."""
    with open_parts(settings) as parts, starting(settings) as starts:
        yield pull_back_requests(parts, starts)


@contextmanager
def report_desk(settings: Settings) -> Iterator[ReportDesk]:
    """Mail that people have reported, as the console has it; raises ConfigurationError."""
    with open_parts(settings) as parts, starting(settings) as starts:
        yield user_reports.report_desk(parts, starts)


@contextmanager
def quarantine_desk(settings: Settings) -> Iterator[QuarantineDesk]:
    """The quarantine, as the console has it; raises ConfigurationError."""
    with open_parts(settings) as parts, starting(settings) as starts:
        yield QuarantineDesk(parts, quarantine_service(parts, starts))


def operator(clock: Clock) -> Author:
    """Who is named in the audit log for what a command changes: the account of the operating system."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # no account has this user id, as in some containers
        name = "unknown"
    return Author(f"{name} (command line)", clock())
