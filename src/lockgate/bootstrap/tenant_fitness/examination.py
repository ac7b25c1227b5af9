"""Every question about one organisation, in the order in which an administrator sets things up."""

from collections.abc import AsyncIterator

from lockgate.bootstrap.durable import starting
from lockgate.bootstrap.microsoft365 import grant_service, provisioning
from lockgate.bootstrap.parts import Parts
from lockgate.bootstrap.tenant_fitness.applications import application_answers
from lockgate.bootstrap.tenant_fitness.certificates import certificate_answers
from lockgate.bootstrap.tenant_fitness.doors import door_answers
from lockgate.bootstrap.tenant_fitness.machine import machine_answers
from lockgate.bootstrap.tenant_fitness.names import name_answers
from lockgate.bootstrap.tenant_fitness.subject import SMTP, Subject
from lockgate.bootstrap.tenant_fitness.tenant import sender_answers, verification_answers
from lockgate.microsoft365.grant import GrantService
from lockgate.model.clock import Clock
from lockgate.model.errors import LockgateError
from lockgate.model.fitness import Answer, Grade
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tenant import AcceptedDomain


async def examine_tenant(
    parts: Parts, account: ServiceAccount | None, *, domain: str = "", port: int = SMTP, clock: Clock | None = None
) -> list[Answer]:
    """All answers. Without an account `domain` is one of the organisation that is to be granted; it may be empty.

    A question that cannot be put because of the settings is a failure with its cause.
    """
    domains = account.domains if account else (AcceptedDomain(domain.lower()),) if domain else ()
    subject = Subject(parts, clock or parts.clock, domains, account, port)
    answers = [answer async for answer in name_answers(subject)]
    answers += certificate_answers(subject)
    answers += [answer async for answer in door_answers(subject)]
    answers += [answer async for answer in machine_answers(subject)]
    answers += [answer async for answer in sender_answers(subject)]
    try:
        with starting(parts.settings) as starts:
            async with provisioning(parts) as work:
                async for answer in _inside(subject, grant_service(parts, work, starts)):
                    answers.append(answer)  # one by one: what was answered stays when a later question fails
    except LockgateError as error:
        answers.append(Answer("Connection to Microsoft 365", Grade.FAIL, str(error), "Correct the settings."))
    return answers


async def _inside(subject: Subject, grants: GrantService) -> AsyncIterator[Answer]:
    async for answer in application_answers(subject, grants.work.access):
        yield answer
    async for answer in verification_answers(subject, grants):
        yield answer
