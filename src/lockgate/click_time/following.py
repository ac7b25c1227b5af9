"""What happens when somebody follows a link: it is read, judged anew, and noted; only our own signature leads anywhere.

Rule: opening a link changes nothing but the log, because scanners open every link. To go past a warning takes a POST
with a ticket of the page that warned; such a POST is judged again, and what is blocked by then stays closed.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

import structlog

from lockgate.click_time.judgement import Judging, LinkJudgement, targets
from lockgate.click_time.ports import Notes
from lockgate.mime.signed_links import LinkKeys, SignedLink
from lockgate.model.clicks import Click, ClickOutcome, LinkVerdict
from lockgate.model.clock import Clock
from lockgate.model.errors import LockgateError

log = structlog.get_logger()
TICKET_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, as far as the request says."""

    method: str
    client: str
    agent: str


class View(Enum):
    """What is shown instead of the page."""

    WARNING = auto()
    BLOCKED = auto()
    EXPIRED = auto()
    NOT_OURS = auto()


@dataclass(frozen=True, slots=True)
class Followed:
    """Where to go (`view` is None), or what to show; a warning has a `ticket`."""

    view: View | None
    address: str = ""
    host: str = ""
    troubled: bool = False  # the page could not be judged
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Following:
    """Follows links."""

    keys: Callable[[], LinkKeys]
    judging: Judging
    notes: Notes
    clock: Clock
    new_id: Callable[[], str]
    lifetime: timedelta | None = None  # None: links work for ever

    async def follow(self, token: str, visitor: Visitor, ticket: str = "") -> Followed:
        """What the visitor gets. Never raises; a click that cannot be noted is logged and goes on."""
        link = self.keys().read(token)
        if link is None or not link.address:
            return Followed(View.NOT_OURS)
        host = next((page.host for page in targets(link.address)), "")
        now = self.clock()
        if self.lifetime is not None and now.date() > link.issued + self.lifetime:
            judged = LinkJudgement(LinkVerdict.BLOCK, ("its time is over",))
            await self._note(link, host, judged, ClickOutcome.EXPIRED, visitor, now)
            return Followed(View.EXPIRED, host=host)
        judged = await self.judging.judge(link.tenant_id, link.address)
        goes_on = bool(ticket) and self._is_good(ticket, token, now)
        outcome = _outcome(judged.verdict, goes_on=goes_on)
        await self._note(link, host, judged, outcome, visitor, now)
        troubled = bool(judged.trouble)
        match outcome:
            case ClickOutcome.BLOCKED:
                return Followed(View.BLOCKED, host=host, troubled=troubled)
            case ClickOutcome.WARNED:
                return Followed(View.WARNING, link.address, host, troubled, self._ticket(token, now))
            case _:
                return Followed(None, link.address, host)

    def _ticket(self, token: str, at: datetime) -> str:
        minute = str(int(at.timestamp()) // 60)
        return f"{minute}.{_proof(next(iter(self.keys().keys.values())), token, minute)}"

    def _is_good(self, ticket: str, token: str, now: datetime) -> bool:
        minute, _, proof = ticket.partition(".")
        if not minute.isascii() or not minute.isdigit() or len(minute) > 12:
            return False
        age = int(now.timestamp()) // 60 - int(minute)
        expected = (_proof(key, token, minute) for key in self.keys().keys.values())
        proven = any(hmac.compare_digest(one.encode(), proof.encode()) for one in expected)
        return 0 <= age <= TICKET_MINUTES and proven

    async def _note(
        self,
        link: SignedLink,
        host: str,
        judged: LinkJudgement,
        outcome: ClickOutcome,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        click = Click(
            self.new_id(), now, link.tenant_id, link.message_id, link.reader, "", link.address, host, judged.verdict,
            outcome, judged.reasons, visitor.method, visitor.client[:64], visitor.agent[:300], judged.trouble,
        )  # fmt: skip
        try:
            await self.notes.note(click)
        except LockgateError as error:
            log.error("a click could not be noted", message=link.message_id, outcome=outcome, cause=str(error))


def _outcome(verdict: LinkVerdict, *, goes_on: bool) -> ClickOutcome:
    match verdict:
        case LinkVerdict.ALLOW:
            return ClickOutcome.REDIRECTED
        case LinkVerdict.WARN:
            return ClickOutcome.WENT_ON if goes_on else ClickOutcome.WARNED
        case LinkVerdict.BLOCK:
            return ClickOutcome.BLOCKED


def _proof(key: bytes, token: str, minute: str) -> str:
    said = f"go on\0{minute}\0{token}".encode()
    return hmac.new(key, said, hashlib.sha256).hexdigest()[:32]
