"""What to check in Microsoft 365 before and after a grant; with an account the answers are read from the tenant."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Viewer, require
from lockgate.console.parts import Parts
from lockgate.console.rendering import page
from lockgate.microsoft365.verification import CHECKLIST, Check, Outcome
from lockgate.model.access import Role
from lockgate.model.errors import LockgateError
from lockgate.model.fixes import Fix
from lockgate.model.service_account import ConsentStep

router = APIRouter(prefix="/verification")
COLOURS = {Outcome.PASS: "green", Outcome.WARN: "yellow", Outcome.FAIL: "red", Outcome.UNKNOWN: "secondary"}
WORST_FIRST = (Outcome.FAIL, Outcome.WARN, Outcome.UNKNOWN, Outcome.PASS)
WORDS = {Outcome.PASS: "Fine", Outcome.WARN: "Look at it", Outcome.FAIL: "In the way", Outcome.UNKNOWN: "Not known"}


@router.get("")
async def show(
    request: Request, visitor: Viewer, parts: Parts, account: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """The list of questions, or one organisation's answers."""
    grants = parts.grants
    known = await asyncio.to_thread(grants.accounts) if grants else []
    accounts = [one for one in known if one.granted(ConsentStep.MAIL_FLOW) and visitor.sees(one.tenant_id)]
    checks: tuple[Check, ...] = ()
    problem = ""
    if account and grants:
        asked = next((one.tenant_id for one in known if one.id == account), "")
        require(visitor.access, Role.VIEWER, asked, "service account")
        try:
            found = await grants.verification(account)
            checks = tuple(sorted(found, key=lambda check: WORST_FIRST.index(check.outcome)))
        except LockgateError as error:
            problem = str(error)
    values = {
        "accounts": accounts, "chosen": account, "checks": checks, "checklist": CHECKLIST, "problem": problem,
        "colours": COLOURS, "outcomes": WORDS, "offered": {fix.value for fix in Fix}, "passed": Outcome.PASS,
        "counts": [(one, sum(check.outcome is one for check in checks)) for one in WORST_FIRST],
    }  # fmt: skip
    return await asyncio.to_thread(page, request, visitor, "verification/page.html", values)
