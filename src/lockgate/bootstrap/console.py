"""The console role: the web application with its real parts, served by uvicorn until the block ends."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import structlog
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from lockgate.bootstrap.certificates import in_use
from lockgate.bootstrap.click_time import link_keys
from lockgate.bootstrap.durable import starting
from lockgate.bootstrap.end_users import administrators_sign_in, desk, reviews, sign_in
from lockgate.bootstrap.gateway import gateway_names
from lockgate.bootstrap.microsoft365 import credentials, grant_service, provisioning
from lockgate.bootstrap.notices import previews
from lockgate.bootstrap.notifications import event_mail, writer
from lockgate.bootstrap.parts import Parts, new_id
from lockgate.bootstrap.pull_back import pull_back_requests
from lockgate.bootstrap.quarantine import quarantine_service
from lockgate.bootstrap.rehearsal import rehearsing
from lockgate.bootstrap.reports import report_service
from lockgate.bootstrap.tenant_fitness import examine_tenant
from lockgate.bootstrap.user_reports import report_desk
from lockgate.bootstrap.web_server import serving_web, web_config
from lockgate.console.app import create_app
from lockgate.console.parts import ConsoleParts, ShownCertificate, ShownSetting
from lockgate.microsoft365.credentials import thumbprint_of
from lockgate.model.fitness import Answer
from lockgate.model.service_account import ServiceAccount
from lockgate.quarantine.reading import ProcessReader
from lockgate.settings import ConsoleSettings
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.sessions import BootstrapCodes

log = structlog.get_logger()
FIRST_RUN_CODE = "first-run-code"  # the file in the data directory


@asynccontextmanager
async def console(parts: Parts) -> AsyncIterator[None]:
    """Answer browsers and programs while the block runs; raises ConfigurationError when the port is taken."""
    settings = parts.settings.console
    async with provisioning(parts) as work, rehearsing(parts) as rehearsal:
        with starting(parts.settings) as starts:
            made = ConsoleParts(
                database=parts.database,
                vault=parts.vault,
                clock=parts.clock,
                new_id=new_id,
                public_url=settings.public_url,
                grants=grant_service(parts, work, starts),
                quarantine=quarantine_service(parts, starts),
                pull_backs=pull_back_requests(parts, starts),
                reports=report_desk(parts, starts),
                reader=ProcessReader(),
                gateway_names=gateway_names(parts.settings),
                event_mail=event_mail(parts),
                previews=previews(parts, writer(parts)),
                report_service=report_service(parts),
                desk=desk(parts, starts),
                signs_in=sign_in(parts, work.access.identity),
                administrators_sign_in=administrators_sign_in(parts, work.access.identity),
                rehearsal=rehearsal,
                reviews=reviews(parts, starts),
                credentials=credentials(parts, work.access.identity),
                certificates=lambda: tuple(_certificates(parts)),
                doctor=partial(_examined, parts),
                login_origins=(_origin(work.access.identity.cloud.login),),
                settings=tuple(_shown(parts.settings)),
                link_keys=link_keys(parts.settings) if parts.settings.click_time.public_url else None,
            )
            async with serving_web(_configured(create_app(made), settings), "console"):
                await asyncio.to_thread(offer_first_run, parts)  # whoever reads it finds the page
                log.info("console listening", address=settings.public_url)
                yield


def offer_first_run(parts: Parts) -> None:
    """While nobody has an account: a new one-time code on standard error and in a file only we may read."""
    file = parts.settings.data_directory / FIRST_RUN_CODE
    with parts.database.write() as unit:
        code = BootstrapCodes(unit).issue(parts.clock())
    file.unlink(missing_ok=True)
    if code is None:
        return
    _write_secretly(file, code)
    address = f"{parts.settings.console.public_url.rstrip('/')}/first-run"
    sys.stderr.write(f"\nNobody can sign in yet. Open {address} and enter this one-time code:\n\n    {code}\n\n")
    sys.stderr.flush()


def _write_secretly(file: Path, code: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as opened:
        opened.write(code + "\n")


async def _examined(parts: Parts, account_id: str, domain: str) -> list[Answer]:
    def find() -> ServiceAccount | None:
        with parts.database.read() as unit:
            return ServiceAccounts(unit, parts.vault).get(account_id) if account_id else None

    return await examine_tenant(parts, await asyncio.to_thread(find), domain=domain)


def _configured(app: FastAPI, console: ConsoleSettings) -> uvicorn.Config:
    return web_config(app, console.listen, console.port, console.certificate, console.key)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _certificates(parts: Parts) -> Iterator[ShownCertificate]:
    for one in in_use(parts):
        certificate = one.certificate
        yield ShownCertificate(one.name, thumbprint_of(certificate), certificate.not_valid_after_utc, one.fix)


def _shown(section: BaseModel, prefix: str = "") -> Iterator[ShownSetting]:
    """Every setting; secrets are paths of files, so nothing is to be hidden."""
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _shown(value, f"{prefix}{name}.")
        else:
            origin = "default" if value == field.default else "settings file or environment"
            yield ShownSetting(f"{prefix}{name}", "" if value is None else str(value), origin)
