"""A whole installation beside the simulated tenant: settings, gateway, workflows, grant; all in this process.

Real: OAuth over HTTPS, Exchange and Graph calls, DBOS on SQLite, SMTP over TLS with certificates. The people's part is
done through the pages that the simulated Microsoft shows.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lockgate.bootstrap.console import console
from lockgate.bootstrap.controller import controller
from lockgate.bootstrap.durable import starting
from lockgate.bootstrap.gateway import gateway
from lockgate.bootstrap.microsoft365 import CALLBACK, CONSOLE_CALLBACK, OWN_CALLBACK, grant_service, provisioning
from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.bootstrap.supervisor import Role
from lockgate.microsoft365.consent import Answer, ContinueAt, Granted
from lockgate.microsoft365.grant import GrantService
from lockgate.microsoft365.task_words import SYNCED
from lockgate.microsoft365.tasks import Task
from lockgate.model.envelope import Direction
from lockgate.model.service_account import ConsentStep, Progress
from lockgate.settings import Settings
from lockgate.storage.audit import Author
from m365_simulator.seed import CONTOSO
from tests.lockgate.microsoft365.people import assign_role
from tests.m365_simulator.simulation import ADMIN, Browser, Page, Simulation, callback
from tools.ports import free_port

CONSOLE = "https://console.lockgate.example"
HOST = "gw.mail.contoso.example"
PERMISSIONS = {
    "Lockgate": {"Office 365 Exchange Online": ["Exchange.ManageAsApp"]},
    "Lockgate Directory": {
        "Microsoft Graph": [
            "User.Read.All", "GroupMember.Read.All", "Domain.Read.All", "Organization.Read.All", "Mail.ReadWrite",
            "Mail.Send",
        ]
    },
    "Lockgate Activity": {"Office 365 Management APIs": ["ActivityFeed.Read"]},
}  # fmt: skip
APPS = ("mail_flow_app", "directory_app", "activity_app")
Section = Mapping[str, object]
NOTHING: Section = {}
HERE = (Role.GATEWAY, Role.CONTROLLER)
AUTHOR = Author("tester", datetime(2026, 11, 24, tzinfo=UTC))


def settings_for(
    simulation: Simulation, folder: Path, port: int, microsoft365: Section = NOTHING, names: Sequence[str] = (),
    **sections: Section,
) -> Settings:  # fmt: skip
    """Settings as an administrator would write them, for this simulation; `names` are further ones of the gateway."""
    certificate, key = folder / "app.pem", folder / "app.key"
    address = str(sections.get("console", NOTHING).get("public_url", CONSOLE))
    certificate.write_text(simulation.credential.certificate_pem)
    key.write_text(simulation.credential.key_pem)
    apps = {
        field: {"client_id": _register(simulation, name, wanted, address), "certificate": certificate, "key": key}
        for field, (name, wanted) in zip(APPS, PERMISSIONS.items(), strict=True)
    }
    for name, file in ((HOST, "gateway"), *zip(names, names, strict=True)):
        issued = simulation.control("POST", "/certificates", {"names": [name]}).json()
        (folder / f"{file}.pem").write_text(issued["certificate_pem"])
        (folder / f"{file}.key").write_text(issued["key_pem"])
        simulation.control("POST", "/network", {name: ["127.0.0.1", port]})
    further = [{"hostname": one, "certificate": folder / f"{one}.pem", "key": folder / f"{one}.key"} for one in names]
    where = simulation.addresses
    custom = {name: where[name] for name in ("login", "graph", "exchange", "activity", "portal")}
    return Settings.model_validate(
        {
            "data_directory": folder / "data",
            "nameservers": (where["dns"],),
            "gateway": {
                "listen": "127.0.0.1", "port": port, "hostname": HOST, "certificate": folder / "gateway.pem",
                "key": folder / "gateway.key", "peer_ca": where["ca"], "inspection_workers": 1,
                "names": further, "next_hop_port": int(where["mx"].rpartition(":")[2]),
            },
            "console": {"public_url": CONSOLE},
            "microsoft365": {
                "cloud": "custom", "custom": {**custom, "ca_bundle": where["ca"]}, "source_addresses": ("127.0.0.1",),
                "settle_minutes": 0, "rotation_hours": 0,
                **apps, **microsoft365,
            },
            **sections,
        }
    )  # fmt: skip


def _register(simulation: Simulation, name: str, wanted: dict[str, list[str]], console: str) -> str:
    body = {
        "display_name": name,
        "redirect_uris": [console + one for one in (CALLBACK, OWN_CALLBACK, CONSOLE_CALLBACK)],
        "certificate_pem": simulation.credential.certificate_pem,
        "required": [{"resource": resource, "values": values} for resource, values in wanted.items()],
    }
    return str(simulation.control("POST", "/registrations", body).json()["client_id"])


@dataclass
class Installation:
    """The running installation and the administrator's hands."""

    simulation: Simulation
    parts: Parts
    grants: GrantService
    administrator: str = ADMIN
    password: str = ""

    def consent(self, account_id: str, step: ConsentStep, session: str = "session-1") -> Answer:
        """Follow the consent link, sign in, accept, and come back, as often as it takes."""
        browser = self.simulation.browser()
        page = self._sign_in(browser, self.grants.consent_request(account_id, step, session))
        answer = self.grants.consent_answer(session, callback(browser.submit(page, "#consent-form", "#accept")))
        while isinstance(answer, ContinueAt):
            answer = self.grants.consent_answer(session, callback(self._sign_in_again(browser, answer.url)))
        return answer

    def _sign_in(self, browser: Browser, url: str) -> Page:
        return self.simulation.sign_in(browser, url, self.administrator, self.password)

    def _sign_in_again(self, browser: Browser, url: str) -> Page:
        page = browser.open(url)
        if page.tree.css_first("#sign-in-form") is not None:
            page = self._sign_in(browser, url)
        if page.tree.css_first("#consent-form") is not None:
            page = browser.submit(page, "#consent-form", "#accept")
        return page

    def assign_role(self) -> None:
        client_id = self.parts.settings.microsoft365.mail_flow_app.client_id
        if self.administrator == ADMIN:
            assign_role(self.simulation, client_id)
        else:
            assign_role(self.simulation, client_id, self.administrator, self.password)

    async def until(self, account_id: str, task: Task, seconds: float = 90) -> Progress:
        """Wait for the end of a task."""
        async with asyncio.timeout(seconds):
            while not (progress := self.grants.progress(account_id, task)).finished:  # noqa: ASYNC110 - progress is in the database
                await asyncio.sleep(0.1)
        return progress


@asynccontextmanager
async def installation(
    simulation: Simulation,
    folder: Path,
    *,
    roles: Collection[Role] = HERE,
    microsoft365: Section = NOTHING,
    names: Sequence[str] = (),
    **sections: Section,
) -> AsyncIterator[Installation]:
    """Everything runs while the block runs, in this process; the roles that are left out run elsewhere."""
    port = free_port()
    settings = settings_for(simulation, folder, port, microsoft365, names, **sections)
    async with AsyncExitStack() as stack:
        parts = stack.enter_context(open_parts(settings))
        if Role.GATEWAY in roles:
            await stack.enter_async_context(gateway(parts, shared_port=False))
        if Role.CONTROLLER in roles:
            await stack.enter_async_context(controller(parts))
        if Role.CONSOLE in roles:
            await stack.enter_async_context(console(parts))
        work = await stack.enter_async_context(provisioning(parts))
        grants = grant_service(parts, work, stack.enter_context(starting(settings)))
        yield Installation(simulation, parts, grants)


async def granted(lockgate: Installation, *directions: Direction, tenant_id: str = CONTOSO) -> str:
    """All consents and the role; the id of the account that is being synced now."""
    account_id = lockgate.grants.start(AUTHOR, directions, monitor_only=False)
    answer = await asyncio.to_thread(lockgate.consent, account_id, ConsentStep.MAIL_FLOW)
    assert answer == Granted(account_id, ConsentStep.MAIL_FLOW, tenant_id)
    assert not (await lockgate.grants.role_status(account_id)).assigned
    await asyncio.to_thread(lockgate.assign_role)
    assert (await lockgate.grants.role_status(account_id)).assigned
    answer = await asyncio.to_thread(lockgate.consent, account_id, ConsentStep.DIRECTORY)
    assert answer == Granted(account_id, ConsentStep.DIRECTORY, tenant_id)
    return account_id


async def protected(lockgate: Installation, *directions: Direction, tenant_id: str = CONTOSO) -> str:
    """A tenant in service."""
    account_id = await granted(lockgate, *directions, tenant_id=tenant_id)
    assert (await lockgate.until(account_id, Task.PROVISION)).sentence == SYNCED
    plan = await lockgate.grants.plan(account_id)
    lockgate.grants.apply(account_id, plan.digest, AUTHOR)
    progress = await lockgate.until(account_id, Task.APPLY)
    assert not progress.failed, progress
    return account_id
