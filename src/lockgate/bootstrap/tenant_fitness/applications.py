"""The applications at Microsoft: a token for each, with all that it needs and nothing more, the role, the redirect."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx

from lockgate.bootstrap.microsoft365 import CALLBACK, authorities
from lockgate.bootstrap.tenant_fitness.subject import Subject
from lockgate.microsoft365 import roles
from lockgate.microsoft365.identity import Identity
from lockgate.microsoft365.permissions import ROLES
from lockgate.microsoft365.tenant_access import TenantAccess
from lockgate.model.errors import ConfigurationError, LockgateError
from lockgate.model.fitness import Answer, Grade
from lockgate.model.service_account import ConsentStep

LEAST = "Each application has its own purpose; a permission that serves none is one that a thief of its key would have."
ROLE = "Exchange asks for a permission and a role; without the role connectors and rules can be neither read nor made."
BACK = "After sign-in and consent Microsoft sends the browser back to addresses that are registered, and to no other."
ANY = "organizations"
NOT_REGISTERED = ("AADSTS50011", "AADSTS900971")


async def application_answers(subject: Subject, access: TenantAccess) -> AsyncIterator[Answer]:
    """Tokens, role and redirect address, application by application."""
    tenant_id = subject.account.tenant_id if subject.account else ""
    for step in ConsentStep:
        try:
            mine = access.identity.registration(step)
        except ConfigurationError as error:
            optional = step is ConsentStep.ACTIVITY
            detail = "not set up; it is for user behaviour only" if optional else str(error)
            fix = "" if optional else "docs/operations/real-tenant.md says how the applications are registered."
            yield Answer(f"Application for {_words(step)}", Grade.PASS if optional else Grade.FAIL, detail, fix, LEAST)
            continue
        yield await _token(subject, access.identity, step, tenant_id)
        yield await redirect(subject, access.identity, mine.client_id, mine.name, tenant_id or ANY)
    if subject.account is not None and subject.account.granted(ConsentStep.MAIL_FLOW):
        try:
            found = await roles.look(access, tenant_id)
        except ConfigurationError as error:
            found = roles.RoleFound(False, str(error))
        grade = Grade.PASS if found.assigned else Grade.FAIL
        fix = "" if found.assigned else f"Assign it at {roles.portal_address(access.identity.cloud.portal)}"
        yield Answer("Exchange administrator role", grade, found.sentence, fix, ROLE)


async def _token(subject: Subject, identity: Identity, step: ConsentStep, tenant_id: str) -> Answer:
    question = f"Token for {_words(step)}"
    if subject.account is None or not subject.account.granted(step):
        optional = step is ConsentStep.ACTIVITY
        fix = "" if optional else "Grant it in the console: Dashboard > Grant Access."
        return Answer(question, Grade.PASS if optional else Grade.WARN, "not granted", fix, LEAST)
    try:
        token = await asyncio.to_thread(identity.app_token, step, tenant_id, fresh=True)
    except LockgateError as error:
        return Answer(question, Grade.FAIL, str(error), "Open the service account in the console and repair it.", LEAST)
    return judged(question, step, token.roles)


def judged(question: str, step: ConsentStep, carried: frozenset[str]) -> Answer:
    """Whether a token carries what its step needs, and only that."""
    missing, more = sorted(ROLES[step] - carried), sorted(carried - ROLES[step])
    if missing:
        fix = "Add it to the app registration (application permission), then grant this step again in the console."
        return Answer(question, Grade.FAIL, f"without {', '.join(missing)}", fix, LEAST)
    if more:
        fix = "Take it off the app registration, and in the tenant off the enterprise application's permissions."
        return Answer(question, Grade.WARN, f"with more than is needed: {', '.join(more)}", fix, LEAST)
    return Answer(question, Grade.PASS, ", ".join(sorted(carried)), "", LEAST)


async def redirect(subject: Subject, identity: Identity, client_id: str, name: str, tenant: str) -> Answer:
    """Ask for a sign-in that must not show a page: Microsoft sends the refusal to a registered address only."""
    question = f"Redirect address of {name}"
    address = subject.settings.console.public_url.rstrip("/") + CALLBACK
    query = urlencode({
        "client_id": client_id, "redirect_uri": address, "response_type": "code", "response_mode": "query",
        "scope": "openid", "prompt": "none", "state": "doctor",
    })  # fmt: skip
    url = f"{identity.cloud.login}/{tenant}/oauth2/v2.0/authorize?{query}"
    trust = authorities(subject.settings.microsoft365)
    try:
        async with httpx.AsyncClient(verify=trust, timeout=15, trust_env=False) as http:
            answer = await http.get(url)
    except httpx.HTTPError as error:
        return Answer(question, Grade.FAIL, str(error) or type(error).__name__, "Let this machine reach it.", BACK)
    if answer.is_redirect and answer.headers["location"].startswith(address):
        return Answer(question, Grade.PASS, address, "", BACK)
    if any(code in answer.text for code in NOT_REGISTERED):
        fix = f"App registrations > {name} > Authentication > Web: add {address}, or correct console.public_url."
        return Answer(question, Grade.FAIL, f"{address} is not registered", fix, BACK)
    fix = f"Check that {address} is listed: App registrations > {name} > Authentication."
    return Answer(question, Grade.WARN, "Microsoft's answer does not tell", fix, BACK)


def _words(step: ConsentStep) -> str:
    return step.value.replace("_", " ")
