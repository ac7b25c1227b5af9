"""A policy or its draft run in shadow over the mail of the last days: what would have become of it."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Viewer
from lockgate.console.parts import ConsoleParts, Parts, needed
from lockgate.console.rendering import page
from lockgate.console.searches import address
from lockgate.model.policy import ActionKind, Policy
from lockgate.storage.policies import PolicyStore
from lockgate.storage.policy_drafts import PolicyDrafts
from lockgate.storage.traces import TraceFilter, every
from lockgate.tuning.policy_changes import existing, required_draft, with_instead
from lockgate.tuning.policy_replay import Pair, ReplayedFates, replay_fates

router = APIRouter(prefix="/policies")
MOST_MESSAGES = 50_000  # that one request looks at, the newest: some ten seconds (docs/policies.md)
ROWS = 100
DAYS = (1, 7, 30, 90)
Outcome = Annotated[str, Query(max_length=200)]


@router.get("/{policy_id}/replay")
def replay(
    request: Request,
    visitor: Viewer,
    parts: Parts,
    policy_id: str,
    days: Annotated[int, Query(ge=1, le=365)] = 7,
    draft: Annotated[bool, Query()] = False,
    before: Outcome = "",
    after: Outcome = "",
) -> Response:
    """The counts, and the rows behind one of them."""
    only = (before, after) if before and after else None
    told, policy = shadow_run(parts, policy_id, days=days, draft=draft, only=only, rows=ROWS)
    with parts.database.read() as unit:
        has_draft = PolicyDrafts(unit).get(policy_id) is not None
    fields = {"days": str(days), "draft": "true" if draft else ""}
    moved = [
        (pair, count, address(f"/policies/{policy_id}/replay", fields, before=pair[0], after=pair[1]))
        for pair, count in told.moved.most_common()
    ]
    values = {
        "policy": policy, "told": told, "moved": moved, "only": only, "days": days, "choices": DAYS, "is_draft": draft,
        "has_draft": has_draft, "rows_shown": ROWS,
        "actions": [one.value for one in ActionKind if told.before[one.value] or told.after[one.value]],
        "everything": address(f"/policies/{policy_id}/replay", fields),
    }  # fmt: skip
    return page(request, visitor, "policies/replay.html", values)


def shadow_run(
    parts: ConsoleParts, policy_id: str, *, days: int, draft: bool, only: Pair | None, rows: int
) -> tuple[ReplayedFates, Policy]:
    """What the policy, or its draft, would have done in its place, switched on. Raises InvalidInput when it is gone."""
    profiles = needed(parts.rehearsal, "Trying policies").profiles
    with parts.database.read() as unit:
        present, store = existing(unit, policy_id), PolicyStore(unit)
        tenant_id = store.tenant_of(policy_id)
        now = store.current(tenant_id, present.direction)
        tried = required_draft(unit, policy_id) if draft else present
    wanted = TraceFilter(tenant_id=tenant_id, direction=now.direction, since=parts.clock() - timedelta(days=days))
    traces = every(parts.database, wanted)
    told = replay_fates(
        traces, now, with_instead(now, tried), profiles(tenant_id), only=only, rows=rows, most=MOST_MESSAGES
    )
    return told, tried
