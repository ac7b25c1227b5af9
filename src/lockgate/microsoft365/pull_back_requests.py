"""What analysts ask for: take a delivered message back, put it back, and see how far it is.

Rule: the request, its mailboxes and its audit entry are one commit; a durable workflow does the rest. At most one
request about a message is under way. Blocking.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lockgate.microsoft365.ports import Starts
from lockgate.model.clock import Clock
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.pull_back import Copy, CopyState, Destination, PullBack
from lockgate.model.trace import MessageTrace
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.pull_backs import PullBacks
from lockgate.storage.traces import Traces
from lockgate.storage.unit_of_work import Database, Unit

PULL_BACK = "mail.pull-back"  # the workflow
SHOWN = 200  # copies in one answer
NOT_KEPT = "There is no such message; its trace may not be kept any more."


@dataclass(frozen=True, slots=True)
class Standing:
    """A request and how far it is. `copies` are those to be shown: mailboxes without a copy only count."""

    asked: PullBack
    counts: dict[CopyState, int]
    copies: tuple[Copy, ...]

    @property
    def may_return(self) -> bool:
        """Whether something can be put back."""
        taken = self.counts.get(CopyState.MOVED, 0) + self.counts.get(CopyState.HELD, 0)
        return self.asked.ended_at is not None and not self.asked.is_return and taken > 0


@dataclass(frozen=True, slots=True)
class PullBackRequests:
    """One per process."""

    database: Database
    clock: Clock
    new_id: Callable[[], str]
    starts: Starts

    def pull_back(self, message_id: str, destination: Destination, author: Author, *, everywhere: bool) -> PullBack:
        """Take it out of its recipients' mailboxes, or out of every one. Raises InvalidInput saying why not."""
        with self.database.write() as unit:
            trace = Traces(unit).get(message_id)
            if trace is None:
                raise InvalidInput(NOT_KEPT)
            self._check(unit, trace)
            mailboxes = _mailboxes(DirectoryStore(unit, trace.tenant_id), trace, everywhere=everywhere)
            if not mailboxes:
                raise InvalidInput("No mailbox of the organisation's directory was a recipient of this message.")
            asked = PullBack(
                self.new_id(), trace.id, trace.tenant_id, trace.internet_message_id, destination, author.at, author.name
            )
            PullBacks(unit).add(asked, mailboxes)
            after: dict[str, object] = {"to": destination.value, "mailboxes": len(mailboxes), "everywhere": everywhere}
            _audit(unit, "mail.pull-back", asked, author, after)
        self._start(asked)
        return asked

    def put_back(self, message_id: str, pull_back_id: str, author: Author) -> PullBack:
        """Undo it. Raises InvalidInput when it has not ended, or was undone."""
        with self.database.write() as unit:
            asked = PullBacks(unit).get(pull_back_id)
            if asked is None or asked.message_id != message_id or not PullBacks(unit).turn_round(pull_back_id):
                raise InvalidInput("This cannot be put back: it is under way still, or was put back before.")
            _audit(unit, "mail.put-back", asked, author, {})
            asked = PullBacks(unit).get(pull_back_id) or asked
        self._start(asked)
        return asked

    def standing(self, message_id: str) -> list[Standing]:
        """Every request about a message, the newest first."""
        shown = set(CopyState) - {CopyState.ABSENT, CopyState.LOOKED, CopyState.WAITING}
        with self.database.read() as unit:
            kept = PullBacks(unit)
            return [
                Standing(one, kept.counts(one.id), tuple(kept.copies(one.id, shown, SHOWN)))
                for one in kept.of(message_id)
            ]

    def resume(self) -> int:
        """Start the workflow of every request with work left, which does nothing where it was started; how many."""
        with self.database.read() as unit:
            unended = PullBacks(unit).unended()
        for one in unended:
            self._start(one)
        return len(unended)

    def _check(self, unit: Unit, trace: MessageTrace) -> None:
        if trace.direction is not Direction.INBOUND or not trace.tenant_id:
            raise InvalidInput("Only mail that came into an organisation's mailboxes can be taken back.")
        if not trace.internet_message_id:
            raise InvalidInput("The message has no Message-ID, so it cannot be told from others in a mailbox.")
        if any(one.ended_at is None for one in PullBacks(unit).of(trace.id)):
            raise InvalidInput("This message is being taken back, or put back, at this moment.")

    def _start(self, asked: PullBack) -> None:
        way = "return" if asked.is_return else "pull"
        self.starts.start(PULL_BACK, f"pull-back-{asked.id}-{way}", asked.id)


def _mailboxes(directory: DirectoryStore, trace: MessageTrace, *, everywhere: bool) -> list[str]:
    """Primary addresses: of everybody, or of the recipients and whoever is in a group that was one."""
    users = directory.users()
    if everywhere:
        return [one.addresses[0] for one in users if one.addresses]
    wanted = {one.rcpt_to.casefold() for one in trace.recipients}
    groups = {one.id for one in directory.groups() if one.mail in wanted}
    members = _inside(groups, directory.members())
    found = [one for one in users if one.addresses and (one.id in members or not wanted.isdisjoint(one.addresses))]
    return [one.addresses[0] for one in found]


def _inside(groups: Iterable[str], members: dict[str, list[str]]) -> set[str]:
    """Everybody in these groups, also through groups in them."""
    found: set[str] = set()
    edge = set(groups)
    while edge:
        inside = {member for group in edge for member in members.get(group, ())} - found
        found |= inside
        edge = inside & members.keys()
    return found


def _audit(unit: Unit, act: str, asked: PullBack, author: Author, after: dict[str, object]) -> None:
    entry = AuditEntry(author.at, author.name, act, asked.message_id, asked.tenant_id, author.peer, {}, after)
    AuditLog(unit).record(entry)
