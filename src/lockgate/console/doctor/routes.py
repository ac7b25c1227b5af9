"""The questions of `lockgate doctor --tenant` as a page; they are put when somebody asks, and take some seconds."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Provider
from lockgate.console.parts import Parts, needed
from lockgate.console.rendering import page
from lockgate.model.fitness import Answer, Grade

router = APIRouter(prefix="/doctor")
COLOURS = {Grade.PASS: "green", Grade.WARN: "yellow", Grade.FAIL: "red"}
WORDS = {Grade.PASS: "Fine", Grade.WARN: "Look at it", Grade.FAIL: "In the way"}
WORST_FIRST = (Grade.FAIL, Grade.WARN, Grade.PASS)


@router.get("")
async def show(
    request: Request,
    visitor: Provider,
    parts: Parts,
    ask: bool = False,
    account: Annotated[str, Query(max_length=64)] = "",
    domain: Annotated[str, Query(max_length=253)] = "",
) -> Response:
    """The form; with `ask` the answers, what is in the way first."""
    known = await asyncio.to_thread(parts.grants.accounts) if parts.grants else []
    answers: list[Answer] = []
    if ask:
        answers = list(await needed(parts.doctor, "The doctor")(account, domain.strip()))
        answers.sort(key=lambda one: WORST_FIRST.index(one.grade))
    values = {
        "accounts": [one for one in known if one.tenant_id], "chosen": account, "domain": domain, "answers": answers,
        "asked": ask, "colours": COLOURS, "words": WORDS,
        "counts": {grade: sum(one.grade is grade for one in answers) for grade in WORST_FIRST},
    }  # fmt: skip
    return await asyncio.to_thread(page, request, visitor, "doctor/page.html", values)
