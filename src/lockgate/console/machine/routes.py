"""`/healthz` for load balancers and `/metrics` for Prometheus.

Rule: `/healthz` says one word to anybody; `/metrics` answers this machine itself, and others with an API token
for all organisations.
What a proxy forwards is not this machine.
"""

import ipaddress
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from lockgate.console.api.callers import Credentials, caller_of
from lockgate.console.guard.visitors import Anyone, peer_of, require
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.model.access import Role
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.letters import Letters
from lockgate.storage.tallies import Tallies

router = APIRouter()
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


@router.get("/healthz")
def healthz(_stranger: Anyone, parts: Parts) -> Response:
    """`ok` when the database answers; else 503."""
    with parts.database.read() as unit:
        HeldMessages(unit).waiting()
    return PlainTextResponse("ok\n")


async def nearby(request: Request, credentials: Credentials) -> None:
    """Guard: lets this machine in, and everybody with a role everywhere."""
    if credentials is None and _is_this_machine(request):
        return
    require((await caller_of(request, credentials)).access, Role.VIEWER, "")


@router.get("/metrics")
def metrics(_guard: Annotated[None, Depends(nearby)], parts: Parts) -> Response:
    """This process's counters, and those of the whole installation that the database keeps."""
    kept = "\n".join(_of_installation(parts)) + "\n"
    return Response(generate_latest(REGISTRY) + kept.encode(), media_type=CONTENT_TYPE_LATEST)


def _of_installation(parts: ConsoleParts) -> Iterator[str]:
    now = parts.clock()
    with parts.database.read() as unit:
        waiting, oldest = HeldMessages(unit).waiting()
        letters, oldest_letter, _ = Letters(unit).waiting()
        tallies = Tallies(unit).between(now - timedelta(hours=24), now + timedelta(hours=1))
    yield "# HELP lockgate_quarantine_waiting Recipients that wait in quarantine."
    yield "# TYPE lockgate_quarantine_waiting gauge"
    yield f"lockgate_quarantine_waiting {waiting}"
    yield "# HELP lockgate_quarantine_oldest_seconds Age of the oldest of them."
    yield "# TYPE lockgate_quarantine_oldest_seconds gauge"
    yield f"lockgate_quarantine_oldest_seconds {(now - oldest).total_seconds() if oldest else 0:.0f}"
    yield "# HELP lockgate_letters_waiting Mail of our own that no server has taken yet."
    yield "# TYPE lockgate_letters_waiting gauge"
    yield f"lockgate_letters_waiting {letters}"
    yield "# HELP lockgate_letters_oldest_seconds Age of the oldest of it."
    yield "# TYPE lockgate_letters_oldest_seconds gauge"
    yield f"lockgate_letters_oldest_seconds {(now - oldest_letter).total_seconds() if oldest_letter else 0:.0f}"
    yield "# HELP lockgate_last_day Counts of the last 24 hours over all gateways."
    yield "# TYPE lockgate_last_day gauge"
    sums: dict[tuple[str, str, str], int] = {}
    for one in tallies:
        key = (one.direction, one.kind.value, one.value)
        sums[key] = sums.get(key, 0) + one.count
    for (direction, kind, value), count in sorted(sums.items()):
        yield f'lockgate_last_day{{direction="{direction}",kind="{kind}",value="{value}"}} {count}'


def _is_this_machine(request: Request) -> bool:
    try:
        loopback = ipaddress.ip_address(peer_of(request)).is_loopback
    except ValueError:
        return False
    return loopback and not any(name in request.headers for name in FORWARDED)
