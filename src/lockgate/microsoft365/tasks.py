"""The long tasks of a service account as lists of stages: what each does, and what the account is before and after.

Rule: a stage may run twice. What fails is noted where the administrator sees it; what may pass is tried again first.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import structlog

from lockgate.microsoft365.care import Care
from lockgate.microsoft365.leaving import Leaving
from lockgate.microsoft365.news import failed
from lockgate.microsoft365.one_direction import OneDirection
from lockgate.microsoft365.provisioning import Provisioning
from lockgate.microsoft365.reading import Reading
from lockgate.model.envelope import Direction
from lockgate.model.errors import LockgateError, PermanentError, TemporaryError
from lockgate.model.service_account import AccountStatus, ServiceAccount, StageState
from lockgate.model.tenant import Protection
from lockgate.model.tenant_care import RotationPhase
from lockgate.storage.under_way import UnderWay

log = structlog.get_logger()
TRIES = 3  # of a stage that failed for a reason that may pass
PEOPLE = "People whose mail is routed"
MAIL_UNDER_WAY = "Mail under way"
PAUSE = 10.0  # seconds between them
FORGOTTEN = "This step is of a task that another version of Lockgate has begun. Start the task again."
UNEXPECTED = "Something unexpected happened; the controller's log has the cause. Try again, and report it if it stays."
Work = Callable[[], Awaitable[str]]


class Task(StrEnum):
    """What can be done for an account. The value is part of the workflow's name."""

    PROVISION = "provision"
    SYNC = "sync"
    APPLY = "apply"
    SWITCH = "switch"
    ROTATE = "rotate"
    WATCH = "watch"
    ACTIVITY = "activity"
    REMOVE = "remove"
    REVOKE = "revoke"
    ABANDON = "abandon"


BEFORE = {
    Task.PROVISION: AccountStatus.SYNCING,
    Task.APPLY: AccountStatus.APPLYING,
    Task.SWITCH: AccountStatus.CHANGING,
    Task.ROTATE: AccountStatus.CHANGING,
    Task.REMOVE: AccountStatus.CHANGING,
    Task.REVOKE: AccountStatus.REVOKING,
    Task.ABANDON: AccountStatus.REVOKING,
}
AFTER = {
    Task.PROVISION: AccountStatus.READY,
    Task.APPLY: AccountStatus.ACTIVE,
    Task.SWITCH: AccountStatus.ACTIVE,
    Task.ROTATE: AccountStatus.ACTIVE,
    Task.REMOVE: AccountStatus.ACTIVE,
    Task.REVOKE: AccountStatus.REVOKED,
    Task.ABANDON: AccountStatus.REVOKED,
}


@dataclass(frozen=True, slots=True)
class Tasks:
    """Runs tasks stage by stage over the steps of `work`."""

    work: Provisioning

    @property
    def care(self) -> Care:
        """The steps of looking after a tenant."""
        return Care(self.work)

    @property
    def leaving(self) -> Leaving:
        """The steps of a revocation."""
        return Leaving(self.work)

    @property
    def reading(self) -> Reading:
        """The steps of a sync."""
        return Reading(self.work)

    def waits_for_mail(self, account_id: str) -> UnderWay | None:
        """The mail under way that a removal waits for now; None when none waits. Blocking."""
        running = (one for task in (Task.REMOVE, Task.REVOKE) for one in self.work.progress(account_id, task).all())
        if not any(one.name == MAIL_UNDER_WAY and one.state is StageState.RUNNING and one.detail for one in running):
            return None  # none, or one that has not looked yet
        return self.leaving.mail_under_way(account_id)

    def names(self, task: Task, account: ServiceAccount, arguments: Sequence[str]) -> list[str]:
        """The stages of the task in order."""
        return list(self._stages(task, account, arguments))

    async def begin(self, task: Task, account_id: str, arguments: list[str]) -> list[str]:
        """Note all stages as waiting; their names in order."""
        account = await self.work.account(account_id)
        names = self.names(task, account, arguments)
        self.work.progress(account_id, task).begin(names)
        if task in BEFORE and account.status not in BEFORE.values():  # a bypass does not wait for what else is running
            await self.work.set_status(account_id, BEFORE[task])
        return names

    async def run(self, task: Task, account_id: str, name: str, arguments: list[str]) -> str:
        """Run one stage; the empty text when all is well, else a sentence that says why not."""
        account = await self.work.account(account_id)
        do = self._stages(task, account, arguments).get(name, _forgotten)
        progress = self.work.progress(account_id, task)
        progress.note(name, StageState.RUNNING)
        problem = ""
        for attempt in range(1, TRIES + 1):
            try:
                progress.note(name, StageState.DONE, await do())
                return ""
            except TemporaryError as error:
                problem = str(error)
                if attempt < TRIES:
                    await self.work.access.sleep(PAUSE)
            except LockgateError as error:
                problem = str(error)
                break
            except Exception:  # a mistake of ours: the account must not stay busy for ever
                log.exception("a stage broke", task=task, stage=name, account=account_id)
                problem = UNEXPECTED
                break
        log.warning("a stage failed", task=task, stage=name, account=account_id, cause=problem)
        progress.note(name, StageState.FAILED, problem)
        return problem

    async def end(self, task: Task, account_id: str, problem: str) -> None:
        """Note how it ended, and tell of a failure. A sync takes nothing out of service, and a bypass ends nobody
        else's task."""

        def ended(now: ServiceAccount) -> ServiceAccount:
            if task not in AFTER or now.status is not BEFORE[task]:
                return now
            return replace(now, status=AccountStatus.ATTENTION if problem else AFTER[task], problem=problem)

        clock = self.work.installation.clock
        await self.work.change(
            account_id, ended, lambda _, now: (failed(now, task, problem, clock()),) if problem else ()
        )

    def _stages(self, task: Task, account: ServiceAccount, arguments: Sequence[str]) -> dict[str, Work]:
        match task:
            case Task.PROVISION | Task.SYNC:
                return self._reading(task, account.id)
            case Task.APPLY:
                return self._applying(account, *arguments)
            case Task.SWITCH:
                return self._switching(account.id, *arguments)
            case Task.ROTATE:
                return self._rotating(account.id, *arguments)
            case Task.WATCH:
                return {
                    "Permissions and role": lambda: self.care.check_access(account.id),
                    "Objects in the organisation": lambda: self.care.compare(account.id),
                    "Accounts that others may use": lambda: self.care.look_for_taken_accounts(account.id),
                }
            case Task.ACTIVITY:
                return {"Activity data": lambda: self.reading.start_activity(account.id)}
            case Task.REMOVE:
                return self._removing(account.id, *arguments)
            case Task.REVOKE:
                return self._revoking(account.id, *arguments)
            case Task.ABANDON:
                return {
                    "No mail comes any more": lambda: self.leaving.require_quiet(account.id),
                    "What stays": lambda: self.leaving.what_stays(account.id),
                    "Data forgotten": lambda: self.work.forget(account.id),
                }

    def _reading(self, task: Task, account_id: str) -> dict[str, Work]:
        def counting(name: str) -> Callable[[int], None]:
            return lambda total: self._tell(task, account_id, name, f"{total} so far")

        people = {PEOPLE: lambda: self.reading.follow_people(account_id, f"{task}/people")} if task is Task.SYNC else {}
        return {
            "Permissions and role": lambda: self.reading.check_permissions(account_id),
            "Organisation and domains": lambda: self.reading.read_organisation(account_id),
            "Users": lambda: self.reading.read_users(account_id, counting("Users")),
            "Contacts and dynamic groups": lambda: self.reading.read_recipients(account_id),
            "Groups": lambda: self.reading.read_groups(account_id, counting("Groups")),
            **people,
        }

    def _applying(self, account: ServiceAccount, digest: str, run: str) -> dict[str, Work]:
        tell = self._telling(Task.APPLY, account.id, "Connectors and rules")

        def probe(direction: Direction) -> Work:
            return lambda: self.work.prove(account.id, direction, run)

        probes = {f"Probe {one}": probe(one) for one in Direction if account.wants(one)}
        return {
            "Gateways told": lambda: self.work.begin_apply(account.id, digest),
            "Connectors and rules": lambda: self.work.make_changes(account.id, digest, run, tell),
            **probes,
            "Policies": lambda: self.work.enable_policies(account.id),  # before the first real message comes
            "Go live": lambda: self.work.go_live(account.id, run),
        }

    def _switching(
        self, account_id: str, direction: str, protection: str, run: str, watchdogs_reason: str = ""
    ) -> dict[str, Work]:
        goal, one = Protection(protection), Direction(direction)
        return {"Rule switched": lambda: self.work.switch(account_id, one, goal, run, watchdogs_reason)}

    def _rotating(self, account_id: str, goal: str, run: str) -> dict[str, Work]:
        phase = RotationPhase(goal) if goal else None
        return {
            "Organisation looked at": lambda: self.care.require_as_left(account_id),
            "Secrets": lambda: self.care.rotate(account_id, phase),
            "Rules": lambda: self.care.rewrite_rules(account_id, run),
        }

    def _removing(self, account_id: str, direction: str, run: str) -> dict[str, Work]:
        leaving, waiting = OneDirection(self.work, Direction(direction)), MAIL_UNDER_WAY
        tell = self._telling(Task.REMOVE, account_id, waiting)
        return {
            "Routing stopped": lambda: leaving.stop(account_id, run),
            waiting: lambda: self.leaving.settle(account_id, f"{run}/stop", tell, Direction(direction)),
            "Rules and connectors removed": lambda: leaving.remove(account_id, run),
            "Direction forgotten": lambda: leaving.forget(account_id),
        }

    def _revoking(self, account_id: str, run: str) -> dict[str, Work]:
        name, waiting = "Rules and connectors removed", MAIL_UNDER_WAY
        tell = self._telling(Task.REVOKE, account_id, name)
        tell_waiting = self._telling(Task.REVOKE, account_id, waiting)
        return {
            "Routing stopped": lambda: self.leaving.stop_routing(account_id, f"{run}/stop"),
            waiting: lambda: self.leaving.settle(account_id, f"{run}/stop", tell_waiting),
            name: lambda: self.work.remove_objects(account_id, run, tell),
            "Data forgotten": lambda: self.work.forget(account_id),
        }

    def _telling(self, task: Task, account_id: str, name: str) -> Callable[[str], None]:
        return lambda text: self._tell(task, account_id, name, text)

    def _tell(self, task: Task, account_id: str, name: str, text: str) -> None:
        self.work.progress(account_id, task).note(name, StageState.RUNNING, text)


async def _forgotten() -> str:
    raise PermanentError(FORGOTTEN)
