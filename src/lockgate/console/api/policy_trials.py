"""Routes that try policies: on one message, and on the mail of the last days. Nothing is sent or kept."""

import asyncio
import json
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, UploadFile
from pydantic import BaseModel

from lockgate.console.api.callers import Reader
from lockgate.console.api.shapes import REFUSALS
from lockgate.console.api.tuning import Id, tenant_of_account
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.policies.shadow import shadow_run
from lockgate.console.policies.trying import Asked, try_message
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.policy import Policy, PolicySet
from lockgate.policy.serialisation import from_json
from lockgate.storage.policies import PolicyStore
from lockgate.tuning.policy_changes import checked, existing, required_draft
from lockgate.tuning.policy_replay import OtherFate
from lockgate.tuning.policy_trial import Trial, alone


class Moved(BaseModel):
    """How many deliveries would have met `after` instead of `before`; actions that go together are joined by ` + `."""

    before: str
    after: str
    recipients: int


class ReplayShape(BaseModel):
    """The sum over deliveries; `before` and `after` count each action. `stopped`: only mail `back_to` was looked at."""

    messages: int
    recipients: int
    changed: int
    moved: list[Moved]
    before: dict[str, int]
    after: dict[str, int]
    links_before: int  # deliveries whose links are judged again when they are followed
    links_after: int
    rows: list[OtherFate]
    back_to: datetime | None
    stopped: bool


router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["policies"])
Address = Annotated[str, Form(max_length=320)]


@router.post("/accounts/{account_id}/policies/try")
async def try_policies(
    caller: Reader,
    parts: Parts,
    account_id: Id,
    direction: Annotated[Direction, Form(description="Of the policies in force, when no other is named.")],
    message: Annotated[UploadFile | None, File(description="The message as a file.")] = None,
    message_id: Annotated[str, Form(max_length=1000, description="Or one of the trace, by any of its ids.")] = "",
    again: Annotated[bool, Form(description="Inspect its bytes anew, if quarantine holds them.")] = False,
    mail_from: Address = "",
    recipients: Annotated[list[str], Form(max_length=50)] = [],  # noqa: B006 - FastAPI's way to say none
    policy_id: Annotated[str, Form(max_length=64, description="This policy alone.")] = "",
    draft: Annotated[bool, Form(description="Its draft instead.")] = False,
    policy: Annotated[str, Form(max_length=500_000, description="Or a policy as JSON, alone.")] = "",
) -> Trial:
    """What would become of a message, for whom, by which rules and findings, and what would change it."""

    def chosen() -> PolicySet:
        tenant_id = tenant_of_account(parts, account_id)
        if policy:
            return alone(tenant_id, written(policy))
        with parts.database.read() as unit:
            store = PolicyStore(unit)
            if not policy_id:
                return store.current(tenant_id, direction)
        return alone(tenant_id, named(parts, tenant_id, policy_id, draft=draft))

    policies = await asyncio.to_thread(chosen)
    content = await message.read() if message else b""
    asked = Asked(content, message_id, again, mail_from, tuple(recipients))
    return await try_message(parts, caller.scope, caller.author, policies, asked)


@router.get("/policies/{policy_id}/replay")
def replay_policy(
    _caller: Reader,
    parts: Parts,
    policy_id: Id,
    days: Annotated[int, Query(ge=1, le=365)] = 7,
    draft: Annotated[bool, Query(description="Its draft.")] = False,
    before: Annotated[str, Query(max_length=200, description="Rows that meet this now, and")] = "",
    after: Annotated[str, Query(max_length=200, description="would have met that.")] = "",
    rows: Annotated[int, Query(ge=0, le=10_000)] = 100,
) -> ReplayShape:
    """What it would have done with the mail of the last days, in its place, switched on, beside those in force now."""
    only = (before, after) if before and after else None
    told, _ = shadow_run(parts, policy_id, days=days, draft=draft, only=only, rows=rows)
    return ReplayShape(
        messages=told.messages, recipients=told.recipients, changed=told.changed,
        moved=[Moved(before=old, after=new, recipients=count) for (old, new), count in told.moved.most_common()],
        before=dict(told.before), after=dict(told.after),
        links_before=told.links_before, links_after=told.links_after, rows=told.rows,
        back_to=told.back_to, stopped=told.stopped,
    )  # fmt: skip


def named(parts: ConsoleParts, tenant_id: str, policy_id: str, *, draft: bool) -> Policy:
    """The organisation's policy in force, or its draft. Raises InvalidInput; another organisation's is not there."""
    with parts.database.read() as unit:
        present = existing(unit, policy_id)
        if PolicyStore(unit).tenant_of(policy_id) != tenant_id:
            raise InvalidInput("There is no such policy any more.")
        return required_draft(unit, policy_id) if draft else present


def written(text: str) -> Policy:
    """A policy from its JSON. Raises InvalidInput with what is wrong."""
    try:
        return checked(from_json(json.loads(text)))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"This is not a policy in JSON: {error}") from error
