"""The tenant's own side: SPF of its sending domains from outside, its settings from inside."""

from collections.abc import AsyncIterator

from lockgate.bootstrap.clouds import cloud
from lockgate.bootstrap.microsoft365 import PublishedTexts
from lockgate.bootstrap.tenant_fitness.subject import Subject
from lockgate.microsoft365.grant import GrantService
from lockgate.microsoft365.verification import Outcome
from lockgate.microsoft365.verification.sender_policy import SenderPolicy, sender_policy
from lockgate.model.errors import LockgateError, TemporaryError
from lockgate.model.fitness import Answer, Grade

SPF = "Sending domains: SPF records"
WHO_SENDS = (
    "Exchange hands outgoing mail to the world itself, so the record must name Microsoft; our own address need not be "
    "in it, because only Exchange sees us, and knows us by the certificate."
)
GRADES = {
    Outcome.PASS: Grade.PASS, Outcome.WARN: Grade.WARN, Outcome.FAIL: Grade.FAIL, Outcome.UNKNOWN: Grade.WARN,
}  # fmt: skip
MICROSOFTS = (".onmicrosoft.com", ".onmicrosoft.us", ".onmschina.cn")


async def sender_answers(subject: Subject) -> AsyncIterator[Answer]:
    """The SPF record of each domain that people send from."""
    own = [
        one.name for one in subject.domains if not one.name.endswith(MICROSOFTS) and one.name != subject.gateway_host
    ]
    texts, wrong, unread = PublishedTexts(subject.settings), [], []
    for name in own:
        try:
            found = await sender_policy(name, texts)
        except TemporaryError as error:
            unread.append(f"{name}: {error}")
            continue
        if found is not SenderPolicy.NAMES_MICROSOFT:
            wrong.append(f"{name} {found}")
    if wrong or unread:
        record = cloud(subject.settings.microsoft365).mail.sender_policy
        fix = f'Publish for each of them: IN TXT "v=spf1 include:{record} -all", with other senders before -all.'
        yield Answer(SPF, Grade.WARN, "; ".join((*wrong, *unread)), fix, WHO_SENDS)
    elif own:
        yield Answer(SPF, Grade.PASS, f"{len(own)} domains name Microsoft", "", WHO_SENDS)


async def verification_answers(subject: Subject, grants: GrantService) -> AsyncIterator[Answer]:
    """The questions of `lockgate tenant verify`, once we may ask."""
    account = subject.account
    if account is None or account.role_seen_at is None:
        return
    try:
        checks = await grants.verification(account.id)
    except LockgateError as error:
        yield Answer("Settings of the tenant", Grade.FAIL, str(error), "Repair the access first.", "")
        return
    for check in checks:
        yield Answer(check.question.title, GRADES[check.outcome], check.detail, check.fix, check.question.meaning)
