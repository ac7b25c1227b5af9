"""Everything that an administrator does with service accounts; the console and `lockgate tenant` both speak to this.

Blocking methods are quick and may be called from a thread; what takes long is a workflow that `starts` begins.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from lockgate.microsoft365.consent import Answer, Consents, Declined, Granted
from lockgate.microsoft365.directory_sync import DirectorySync
from lockgate.microsoft365.identity import Identity
from lockgate.microsoft365.plan import Plan
from lockgate.microsoft365.ports import Starts
from lockgate.microsoft365.provisioning import Provisioning
from lockgate.microsoft365.roles import RoleFound, look, portal_address
from lockgate.microsoft365.task_words import success
from lockgate.microsoft365.tasks import BEFORE, Task, Tasks
from lockgate.microsoft365.verification import Check, TextRecords, gather, verify
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.fixes import Fix
from lockgate.model.service_account import (
    BUSY,
    LEAVING,
    AccountStatus,
    ConsentStep,
    Progress,
    ServiceAccount,
    StageState,
)
from lockgate.model.tenant import IN_SERVICE, Protection
from lockgate.model.tenant_care import Reach, RotationPhase, Watchdog
from lockgate.storage.audit import Author
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.under_way import UnderWay
from lockgate.storage.unit_of_work import Unit

How = Callable[[ServiceAccount], ServiceAccount]
GONE = frozenset({AccountStatus.REVOKED})


@dataclass(frozen=True, slots=True)
class RoleStatus:
    """Whether our application has the Exchange administrator role, and where it is given."""

    app_id: str
    app_name: str
    assigned: bool
    sentence: str
    portal_url: str


@dataclass(frozen=True, slots=True)
class GrantService:
    """Service accounts from the first consent to the last clean-up."""

    work: Provisioning
    consents: Consents
    identity: Identity
    starts: Starts
    new_id: Callable[[], str]
    texts: TextRecords

    # -- looking ---------------------------------------------------------------------------------------------

    def accounts(self) -> list[ServiceAccount]:
        """All service accounts that were not revoked, oldest first."""
        with self.work.database.read() as unit:
            return [one for one in self._store(unit).all() if one.status not in GONE]

    def account(self, account_id: str) -> ServiceAccount:
        """One account; raises InvalidInput when there is none."""
        with self.work.database.read() as unit:
            return self._store(unit).get(account_id)

    def progress(self, account_id: str, task: Task) -> Progress:
        """How far a task has come; no stages when it never ran."""
        stages = self.work.progress(account_id, task).all()
        failed = next((stage for stage in stages if stage.state is StageState.FAILED), None)
        done = bool(stages) and all(stage.state is StageState.DONE for stage in stages)
        sentence = failed.detail if failed else success(task) if done else ""
        # A task has ended when the account says so too; until then the stages may be those of the run before.
        running = task in BEFORE and self.account(account_id).status is BEFORE[task]
        return Progress(stages, (done or failed is not None) and not running, failed is not None, sentence)

    # -- granting ------------------------------------------------------------------------------------------

    def start(self, author: Author, directions: Iterable[Direction], *, monitor_only: bool) -> str:
        """Begin a grant for these directions; the id of the new account. Raises InvalidInput without a direction."""
        wanted = dict.fromkeys(directions, Protection.OFF)
        if not wanted:
            raise InvalidInput("Choose at least one direction to protect.")
        account = ServiceAccount(
            self.new_id(), "", "", AccountStatus.GRANTING, wanted, monitor_only, author.at, author.name
        )
        with self.work.database.write() as unit:
            self._store(unit).add(account, author)
        return account.id

    def consent_request(self, account_id: str, step: ConsentStep, session_id: str) -> str:
        """The address of Microsoft's consent page; good once, for this browser session."""
        account = self.account(account_id)
        if step is not ConsentStep.MAIL_FLOW and not account.granted(ConsentStep.MAIL_FLOW):
            raise InvalidInput("Grant the permission to configure mail flow first.")
        return self.consents.begin(account, step, session_id)

    def consent_answer(self, session_id: str, query: Mapping[str, str]) -> Answer:
        """What the redirect from Microsoft means; a proven step is noted, and the last one starts the sync."""
        answer = self.consents.answer(session_id, query)
        if isinstance(answer, Granted):
            try:
                self._note_consent(answer)
            except InvalidInput as error:
                return Declined(answer.account_id, str(error))
        return answer

    async def role_status(self, account_id: str) -> RoleStatus:
        """Whether a new token carries the role; noted once it does, and a sync that waited for it begins."""
        account = await asyncio.to_thread(self.account, account_id)
        registration = self.identity.registration(ConsentStep.MAIL_FLOW)
        found = RoleFound(False, "Grant the permission to configure mail flow first.")
        if account.granted(ConsentStep.MAIL_FLOW):
            found = await look(self.work.access, account.tenant_id)
        if found.assigned and account.role_seen_at is None:
            await asyncio.to_thread(self._note_role, account_id)
        address = portal_address(self.identity.cloud.portal)
        return RoleStatus(registration.client_id, registration.name, found.assigned, found.sentence, address)

    def _note_role(self, account_id: str) -> None:
        account = self._change(account_id, lambda known: replace(known, role_seen_at=self.work.installation.clock()))
        if account.status is AccountStatus.ATTENTION and _may_provision(account):
            self._start(Task.PROVISION, account_id)

    # -- setting up ----------------------------------------------------------------------------------------

    async def plan(self, account_id: str) -> Plan:
        """Every change that is missing; kept, so that `apply` can be told its digest.

        Raises InvalidInput before the tenant's data were synced for the first time.
        """
        if (await asyncio.to_thread(self.account, account_id)).last_sync is None:
            raise InvalidInput("The grant is not complete yet: grant both permissions and assign the role first.")
        return await self.work.plan(account_id)

    async def removal_plan(self, account_id: str) -> Plan:
        """What revoking would take out of the tenant and give back, and what stays. Only shown."""
        return await self.work.removal(account_id)

    async def verification(self, account_id: str) -> tuple[Check, ...]:
        """The read-only checks of the tenant's settings."""
        account = await asyncio.to_thread(self.account, account_id)
        access, tenant_id = self.work.access, account.tenant_id
        installation = self.work.installation.serving(account.domains)
        directory = DirectorySync(access.graph(tenant_id), self.work.database, tenant_id, installation.clock)
        exchange = access.exchange(tenant_id)
        return verify(await gather(exchange, installation, account, directory.organisation, self.texts))

    def apply(self, account_id: str, digest: str, author: Author) -> None:
        """Start making the changes of the plan with this digest.

        Raises InvalidInput for a plan that is not known, and while another task runs.
        """
        self.work.require_plan(account_id, digest)
        self._begin(account_id, author, "account.apply", AccountStatus.APPLYING)
        self._start(Task.APPLY, account_id, digest, self.new_id())

    def upgrade(self, account_id: str, direction: Direction, author: Author) -> None:
        """Add a direction to the grant; the next plan has its objects. Raises InvalidInput when it is there."""

        def widened(now: ServiceAccount) -> ServiceAccount:
            if now.wants(direction):
                raise InvalidInput(f"{direction.capitalize()} protection is part of this service account already.")
            _refuse_while_busy(now)
            return replace(now, directions={**now.directions, direction: Protection.OFF})

        self._change(account_id, widened, author, "account.upgrade")

    def pilot(self, account_id: str, reach: Reach, author: Author) -> None:
        """Choose whose mail is routed; the next plan has the change. Raises InvalidInput for whom nobody knows."""
        account = self.account(account_id)
        if sum(map(bool, (reach.group, reach.domains, reach.people, reach.of_policies))) > 1:
            raise InvalidInput("Choose one of these: a group, domains, people, or whoever a policy is for.")
        with self.work.database.read() as unit:
            directory = DirectoryStore(unit, account.tenant_id)
            groups = {one.mail.lower() for one in directory.groups() if one.mail}
            people = {address for one in directory.users() for address in one.addresses} if reach.people else set()
        if nobody := sorted({one.lower() for one in reach.people} - people - groups):
            raise InvalidInput(f"Nobody here has the address {', '.join(nobody)}; sync, or leave it out.")
        if reach.group and reach.group.lower() not in groups:
            raise InvalidInput(f"No group of the organisation has the address {reach.group}; sync, or choose another.")
        known = {one.name for one in account.domains}
        if unknown := sorted({one.lower() for one in reach.domains} - known):
            raise InvalidInput(f"Not among the accepted domains: {', '.join(unknown)}.")
        chosen = Reach(
            reach.group.lower(),
            tuple(sorted(one.lower() for one in reach.domains)),
            tuple(sorted(one.lower() for one in reach.people)),
            reach.of_policies,
        )

        def limited(now: ServiceAccount) -> ServiceAccount:
            _refuse_while_busy(now)
            return replace(now, next_reach=None if chosen == now.reach else chosen)

        self._change(account_id, limited, author, "account.pilot")

    def choose_fixes(self, account_id: str, fixes: Iterable[Fix], author: Author) -> None:
        """Choose which settings of theirs we put right, and give back when we go; the next plan has the change."""
        chosen = frozenset(fixes)

        def noted(now: ServiceAccount) -> ServiceAccount:
            _refuse_while_busy(now)
            return replace(now, next_fixes=None if chosen == now.fixes else chosen)

        self._change(account_id, noted, author, "account.fixes")

    def rotate(self, account_id: str, author: Author) -> None:
        """Begin to renew the secrets that rules and gateways share; the rest follows by itself, phase by phase.

        Raises InvalidInput while a rotation or another task is under way.
        """

        def begun(now: ServiceAccount) -> ServiceAccount:
            _refuse_while_busy(now)
            if now.rotation is not None:
                raise InvalidInput(f"The secrets are being renewed already (the new ones are {now.rotation.phase}).")
            if not any(one in IN_SERVICE for one in now.directions.values()):
                raise InvalidInput("Nothing is in service yet; there are no secrets to renew.")
            return replace(now, status=AccountStatus.CHANGING)

        self._change(account_id, begun, author, "account.rotate")
        self._start(Task.ROTATE, account_id, RotationPhase.INTRODUCED.value, self.new_id())

    def watch(self, account_id: str, author: Author) -> None:
        """Look now whether we are let in and whether all is as we left it."""

        def looked(now: ServiceAccount) -> ServiceAccount:
            _refuse_while_busy(now)
            return now

        self._change(account_id, looked, author, "account.watch")
        self._start(Task.WATCH, account_id)

    def bypass(self, account_id: str, direction: Direction, *, on: bool, author: Author) -> None:
        """Take a direction out of the mail flow, or put it back."""
        if not on and self.account(account_id).status in LEAVING:
            raise InvalidInput("What this direction needs may be about to go; wait until the running task has ended.")
        now = self.account(account_id).protection(direction)
        if now is not (Protection.LIVE if on else Protection.BYPASSED):
            raise InvalidInput(f"{direction.capitalize()} protection is {now}; this cannot be switched.")
        goal = Protection.BYPASSED if on else Protection.LIVE
        self._change(account_id, lambda known: known, author, "account.bypass" if on else "account.resume")
        self._start(Task.SWITCH, account_id, direction.value, goal.value, self.new_id())

    def remove(self, account_id: str, direction: Direction, author: Author) -> None:
        """Start taking one direction out of the tenant; the other goes on.

        Raises InvalidInput for the only direction, and while another task or a rotation is under way.
        """

        def begun(now: ServiceAccount) -> ServiceAccount:
            _refuse_while_busy(now)
            if not now.wants(direction):
                raise InvalidInput(f"{direction.capitalize()} protection is not part of this service account.")
            if len(now.directions) == 1:
                raise InvalidInput("It is the only direction of this service account: revoke the access instead.")
            if now.rotation is not None:
                raise InvalidInput("The secrets are being renewed; wait until that has ended.")
            return replace(now, status=AccountStatus.CHANGING, problem="")

        self._change(account_id, begun, author, "account.remove_direction")
        self._start(Task.REMOVE, account_id, direction.value, self.new_id())

    def set_watchdog(self, account_id: str, rules: Watchdog | None, author: Author) -> None:
        """Let mail be led past gateways that fail, by these rules; None leaves that to people.

        Raises InvalidInput for rules that would act on a passing cloud.
        """
        if rules is not None and (rules.minutes <= 0 or not 0 < rules.percent <= 100 or rules.resume_minutes < 0):
            raise InvalidInput("Give minutes above 0, a share of 1 to 100 percent, and 0 or more minutes of health.")
        act = "account.watchdog_on" if rules else "account.watchdog_off"
        self._change(account_id, lambda now: replace(now, watchdog=rules), author, act)

    def sync(self, account_id: str, author: Author) -> None:
        """Read users, groups and domains now; a first sync that failed is tried again.

        Raises InvalidInput before both permissions were granted.
        """
        account = self._change(account_id, lambda known: known, author, "account.sync")
        if not account.granted(ConsentStep.MAIL_FLOW, ConsentStep.DIRECTORY):
            raise InvalidInput("Grant the permission to sync users and domains first.")
        self._start(Task.PROVISION if account.last_sync is None else Task.SYNC, account_id)

    def held_messages(self, account_id: str) -> int:
        """Messages of the organisation that wait in quarantine: nobody can be given them after a revocation."""
        tenant_id = self.account(account_id).tenant_id
        with self.work.database.read() as unit:
            return HeldMessages(unit).waiting(tenant_id)[0] if tenant_id else 0

    def revoke(self, account_id: str, author: Author) -> None:
        """Start taking everything of ours out of the tenant."""
        self._begin(account_id, author, "account.revoke", AccountStatus.REVOKING)
        self._start(Task.REVOKE, account_id, self.new_id())

    def leave_now(self, account_id: str, author: Author) -> UnderWay:
        """Let a removal go on without the mail that Exchange keeps for us, which goes back to its senders; that mail.

        What we have accepted is delivered first all the same. Raises InvalidInput unless a removal waits.
        """
        tasks = Tasks(self.work)
        if (waiting := tasks.waits_for_mail(account_id)) is None:
            raise InvalidInput("No removal waits for mail under way.")
        self._change(account_id, lambda known: known, author, "account.leave_now")
        tasks.leaving.leave_now(account_id)
        return waiting

    def waits_for_mail(self, account_id: str) -> UnderWay | None:
        """The mail under way that a removal waits for now; None when none waits."""
        return Tasks(self.work).waits_for_mail(account_id)

    def abandon(self, account_id: str, author: Author) -> None:
        """Forget an organisation that cannot be reached any more; what stays in it is listed in the progress."""
        self._begin(account_id, author, "account.abandon", AccountStatus.REVOKING)
        self._start(Task.ABANDON, account_id)

    # -- storage -------------------------------------------------------------------------------------------

    def _store(self, unit: Unit) -> ServiceAccounts:
        return ServiceAccounts(unit, self.work.vault)

    def _start(self, task: Task, account_id: str, *arguments: str) -> None:
        names = Tasks(self.work).names(task, self.account(account_id), arguments)
        self.work.progress(account_id, task).begin(names)  # what is shown from now on is of this run
        self.starts.start(f"tenant.{task}", f"{task}-{account_id}-{self.new_id()}", account_id, *arguments)

    def _change(
        self,
        account_id: str,
        how: Callable[[ServiceAccount], ServiceAccount],
        author: Author | None = None,
        act: str = "",
    ) -> ServiceAccount:
        with self.work.database.write() as unit:
            return self._store(unit).change(account_id, how, author, act)

    def _begin(self, account_id: str, author: Author, act: str, status: AccountStatus) -> None:
        def begun(now: ServiceAccount) -> ServiceAccount:
            _refuse_while_busy(now)
            return replace(now, status=status, problem="")

        self._change(account_id, begun, author, act)

    def _note_consent(self, granted: Granted) -> None:
        clock = self.work.installation.clock

        def noted(now: ServiceAccount) -> ServiceAccount:
            return replace(now, tenant_id=granted.tenant_id, consents={**now.consents, granted.step: clock()})

        with self.work.database.write() as unit:
            store = self._store(unit)
            others = [one for one in store.all() if one.id != granted.account_id and one.status not in GONE]
            if any(one.tenant_id == granted.tenant_id for one in others):
                raise InvalidInput("This organisation has a service account already; manage that one.")
            account = store.change(granted.account_id, noted)
        if granted.step is ConsentStep.ACTIVITY:
            self._start(Task.ACTIVITY, account.id)
        elif account.trouble:  # granted again: see whether that has helped
            self._start(Task.WATCH, account.id)
        elif _may_provision(account) and account.status is not AccountStatus.SYNCING:
            self._start(Task.PROVISION, account.id)


def _may_provision(account: ServiceAccount) -> bool:
    """Whether both permissions are there and nothing was synced yet; the role is checked by the task itself."""
    return account.granted(ConsentStep.MAIL_FLOW, ConsentStep.DIRECTORY) and account.last_sync is None


def _refuse_while_busy(account: ServiceAccount) -> None:
    if account.status in BUSY:
        raise InvalidInput("Another task of this service account is still running; wait until it has ended.")
