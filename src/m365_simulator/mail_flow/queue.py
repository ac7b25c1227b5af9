"""The queue towards other hosts: attempts, retries and expiry with Exchange's timetable.

Exchange's engine defaults (microsoft-365.md §4.5): four retries a minute apart, six after five minutes each,
then every ten minutes; expiry by TransportConfig's MessageExpiration. All of it is multiplied by the switch
`queue_time_scale` (default 1/60: the first retry comes after one second of the simulation's clock).
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from m365_simulator.exchange_admin import organisation
from m365_simulator.mail_flow import client, nondelivery, stamps, trace
from m365_simulator.mail_flow.background import Background
from m365_simulator.mail_flow.client import Outcome
from m365_simulator.mail_flow.message import Message
from m365_simulator.mail_flow.routing import ConnectorRoute, Network, Route, Waiting
from m365_simulator.world import Tenant, World

DEFAULT_SCALE = 1 / 60
TICK_SECONDS = 0.05
CONNECTIONS = 20  # at once to one next hop, unless the switch `outbound_connections` says otherwise
EXPIRED = "550 4.4.7 QUEUE.Expired; message expired [last error: {led}]"
CONNECTION_FAILURES = ("4.4.315", "4.4.316", "4.4.317", "4.4.318")


@dataclass
class Parcel:
    """What waits for one next hop: a message with the recipients not yet settled."""

    message: Message
    route: Route
    queued: datetime
    due: datetime
    attempts: int = 0
    last_error: str = ""
    generation: int = 0


@dataclass
class Queue:
    """Every parcel is either in `waiting` or inside one running attempt."""

    world: World
    network: Network
    background: Background
    submit_report: Callable[[Message], None]
    prepare: Callable[[Message, Route, Tenant, bool], bytes]
    waiting: list[Parcel] = field(default_factory=list)
    postponed: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)
    running: int = 0
    generation: int = 0  # counts resets: what was under way before one leaves no trace after it
    _slots: dict[Route, asyncio.Semaphore] = field(default_factory=dict)

    def add(self, message: Message, route: Route) -> None:
        """Queue a message and try at once."""
        now = self.world.clock.now()
        self._start(Parcel(message, route, now, now, generation=self.generation))

    def _start(self, parcel: Parcel) -> None:
        self.running += 1
        self.background.spawn(self._attempt(parcel))

    def postpone(self, due: datetime, action: Callable[[], None]) -> None:
        """Do something that is no delivery at a moment of the simulation's clock."""
        self.postponed.append((due, action))

    async def tick(self) -> None:
        """For ever: start what is due."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = self.world.clock.now()
            due = [parcel for parcel in self.waiting if parcel.due <= now]
            self.waiting = [parcel for parcel in self.waiting if parcel.due > now]
            for parcel in due:
                self._start(parcel)
            actions = [action for moment, action in self.postponed if moment <= now]
            self.postponed = [entry for entry in self.postponed if entry[0] > now]
            for action in actions:
                action()

    def forget(self) -> None:
        """The World was emptied: nothing waits any more."""
        self.generation += 1
        self.waiting.clear()
        self.postponed.clear()
        self._slots.clear()

    async def _attempt(self, parcel: Parcel) -> None:
        try:
            tenant = self.world.tenants.get(parcel.message.tenant_id)
            if tenant is None:
                return
            if parcel.attempts and self._is_expired(parcel, tenant):
                reply = EXPIRED.format(led=parcel.last_error)
                self._fail(parcel, tenant, [Outcome(one, 550, reply) for one in parcel.message.envelope.recipients])
                return
            async with self._slot(parcel.route):
                outcomes = await self._send(parcel, tenant)
            if parcel.generation == self.generation:
                self._settle(parcel, tenant, outcomes)
        finally:
            self.running -= 1

    def _slot(self, route: Route) -> asyncio.Semaphore:
        limit = self.world.switches.get("outbound_connections")
        return self._slots.setdefault(route, asyncio.Semaphore(limit if isinstance(limit, int) else CONNECTIONS))

    async def _send(self, parcel: Parcel, tenant: Tenant) -> list[Outcome]:
        message = parcel.message
        found = self.network.destination(tenant, parcel.route, parcel.attempts)
        if isinstance(found, Waiting):
            return [Outcome(one, 451, found.led) for one in message.envelope.recipients]
        content = self.prepare(message, parcel.route, tenant, found.keep_internal)
        outcomes: list[Outcome] = []
        hello = stamps.SERVER.replace("prod.outlook.com", "outbound.protection.outlook.com")
        for host, demand in zip(found.hosts, found.demands, strict=True):
            bdat = self.world.switches.get("outbound_bdat", True) is True
            outcomes = await client.send(host, hello, demand, message.envelope, content, bdat, found.claimed_ip)
            if not all(any(code in one.reply for code in CONNECTION_FAILURES) for one in outcomes):
                break
        return outcomes

    def _settle(self, parcel: Parcel, tenant: Tenant, outcomes: list[Outcome]) -> None:
        done = [one for one in outcomes if one.code < 300]
        later = [one for one in outcomes if 400 <= one.code < 500]
        if done:
            event = "SEND_CONNECTOR" if isinstance(parcel.route, ConnectorRoute) else "SEND_INTERNET"
            sent = parcel.message.with_recipients(tuple(one.recipient for one in done))
            trace.note(self.world, sent, event, reply=done[0].reply, next_hop=next_hop(parcel.route))
        self._fail(parcel, tenant, [one for one in outcomes if one.code >= 500])
        if later:
            self._defer(parcel, later)

    def _defer(self, parcel: Parcel, later: list[Outcome]) -> None:
        wait = retry_seconds(parcel.attempts) * self.scale()
        parcel.message = parcel.message.with_recipients(tuple(one.recipient for one in later))
        parcel.attempts += 1
        parcel.last_error = later[0].reply
        parcel.due = self.world.clock.now() + timedelta(seconds=wait)
        trace.note(
            self.world, parcel.message, "DEFER", led=later[0].reply, attempt=parcel.attempts,
            next_hop=next_hop(parcel.route), retry_in_seconds=wait,
        )  # fmt: skip
        self.waiting.append(parcel)

    def _fail(self, parcel: Parcel, tenant: Tenant, failed: list[Outcome]) -> None:
        for reply in dict.fromkeys(one.reply for one in failed):
            recipients = tuple(one.recipient for one in failed if one.reply == reply)
            message = parcel.message.with_recipients(recipients)
            trace.note(self.world, message, "FAIL", reply=reply, next_hop=next_hop(parcel.route))
            told = nondelivery.wanted(message, recipients)
            if told:
                self.submit_report(nondelivery.report(self.world, tenant, message, told, reply))

    def _is_expired(self, parcel: Parcel, tenant: Tenant) -> bool:
        text = organisation.text(organisation.transport_config(tenant), "MessageExpiration", "1.00:00:00")
        age = (self.world.clock.now() - parcel.queued).total_seconds()
        return age >= time_span_seconds(text) * self.scale()

    def scale(self) -> float:
        """What every waiting time is multiplied by."""
        scale = self.world.switches.get("queue_time_scale")
        return float(scale) if isinstance(scale, int | float) else DEFAULT_SCALE


def next_hop(route: Route) -> str:
    """The connector's name or the domain."""
    return route.connector if isinstance(route, ConnectorRoute) else route.domain


def retry_seconds(attempts: int) -> int:
    """Unscaled seconds until the next attempt after this many failed ones before."""
    return 60 if attempts < 4 else 300 if attempts < 10 else 600


def time_span_seconds(text: str) -> float:
    """A .NET TimeSpan (`1.00:00:00`, `12:00:00`) in seconds; 24 hours when it cannot be read."""
    match = re.fullmatch(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.\d+)?", text.strip())
    if match is None:
        return 86400.0
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
