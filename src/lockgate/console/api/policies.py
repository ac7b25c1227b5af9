"""Routes of policies: in force, as they were, as drafts; their order, switches and copies."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from lockgate.console.api.callers import Administrator, Reader
from lockgate.console.api.shapes import REFUSALS
from lockgate.console.api.tuning import Id, tenant_of_account
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.policy import ActionKind, LinkChoice, Policy
from lockgate.policy.differences import differences
from lockgate.policy.serialisation import from_json, to_json
from lockgate.policy.starting import starting_policy
from lockgate.storage.policies import PolicyStore
from lockgate.storage.policy_drafts import PolicyDrafts
from lockgate.tuning.policy_changes import add, existing, keep_draft, moved, publish, remarks, save

router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["policies"])
Number = Annotated[int, Field(ge=0, le=2_000_000_000)]
Json = dict[str, object]


class Shape(BaseModel):
    """What the API takes; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class ActionShape(Shape):
    """One action; docs/policies.md says which of them have a text."""

    kind: ActionKind
    text: str = Field(default="", max_length=10_000)


class FilesShape(Shape):
    """A file of one of these true kinds or families, extensions or names; with `all_except` one that is of none."""

    kinds: list[str] = []
    extensions: list[str] = []
    names: list[str] = []
    all_except: bool = False
    inside: bool = True


class ConditionShape(Shape):
    """When a rule applies: all that is set must hold, and none of `unless`."""

    verdicts: list[Verdict] = []
    findings: list[str] = []
    minimum_score: float | None = None
    files: FilesShape | None = None
    unless: list[str] = []


class RuleShape(Shape):
    """One rule."""

    name: str
    when: ConditionShape
    actions: list[ActionShape]
    enabled: bool = True


class TargetsShape(Shape):
    """Whom a policy is for; groups by their directory object id."""

    everyone: bool = False
    domains: list[str] = []
    users: list[str] = []
    groups: list[str] = []
    except_users: list[str] = []
    except_groups: list[str] = []


class ClickTimeShape(Shape):
    """Links are judged again when they are followed; docs/click-time.md."""

    links: LinkChoice = LinkChoice.ALL
    plain_text: bool = False
    except_domains: list[str] = []


class PolicyFrame(Shape):
    """What can be written of a policy but its rules; `version` is the one that it was made from, 0 for a new policy."""

    version: Number = 0
    name: str
    description: str = ""
    monitor_only: bool = False
    targets: TargetsShape
    when_incomplete: ActionShape | None = None
    click_time: ClickTimeShape | None = None
    outside_reviewers: bool = False


class PolicyText(PolicyFrame):
    """All that can be written of a policy."""

    rules: list[RuleShape]


class NewPolicy(PolicyFrame):
    """A policy that there was not; it is switched off until somebody switches it on. Without rules it begins with those
    that are sensible for its direction.
    """

    rules: list[RuleShape] | None = None
    direction: Direction
    place: Annotated[int, Field(ge=1, le=10_000)] = 10_000


class Change(Shape):
    """What is changed without another text."""

    enabled: bool | None = None
    place: Annotated[int | None, Field(ge=1, le=10_000)] = None


class Name(Shape):
    """A name."""

    name: str = Field(min_length=1, max_length=120)


class Which(Shape):
    """A version."""

    version: Annotated[int, Field(ge=1, le=2_000_000_000)]


class PolicyShape(BaseModel):
    """A policy in force; `remarks` is what its author should know: actions that meet, or that it is never reached."""

    policy: Json
    remarks: list[str]
    draft: Json | None


class VersionShape(BaseModel):
    """A version with who and when."""

    version: int
    saved_at: datetime
    saved_by: str
    policy: Json


class DifferenceShape(BaseModel):
    """One place where two versions differ; an empty text says that there was, or is, nothing."""

    place: str
    before: str
    after: str


@router.get("/policies/{policy_id}")
def show_policy(_caller: Reader, parts: Parts, policy_id: Id) -> PolicyShape:
    """The version in force."""
    return _shape(parts, policy_id)


@router.post("/accounts/{account_id}/policies")
def add_policy(caller: Administrator, parts: Parts, account_id: Id, new: NewPolicy) -> PolicyShape:
    """Add a policy; it is switched off."""
    tenant_id, policy_id = tenant_of_account(parts, account_id), parts.new_id()
    made = _policy(new, policy_id, new.direction, new.place)
    add(parts.database, tenant_id, made, caller.author)
    return _shape(parts, policy_id)


@router.put("/policies/{policy_id}")
def save_policy(caller: Administrator, parts: Parts, policy_id: Id, text: PolicyText) -> PolicyShape:
    """Put another text in force as a new version."""
    save(parts.database, _upon(parts, policy_id, text), caller.author)
    return _shape(parts, policy_id)


@router.patch("/policies/{policy_id}")
def switch_or_move_policy(caller: Administrator, parts: Parts, policy_id: Id, change: Change) -> PolicyShape:
    """Switch it on or off, give it another place in the order, or both."""
    if change.enabled is not None:
        with parts.database.write() as unit:
            PolicyStore(unit).set_enabled(policy_id, change.enabled, caller.author)
    if change.place is not None:
        moved(parts.database, policy_id, change.place, caller.author)
    return _shape(parts, policy_id)


@router.delete("/policies/{policy_id}")
def delete_policy(caller: Administrator, parts: Parts, policy_id: Id) -> PolicyShape:
    """Take it out of force; the answer is what it was, and its versions stay."""
    gone = _shape(parts, policy_id)
    with parts.database.write() as unit:
        PolicyStore(unit).delete(policy_id, caller.author)
    return gone


@router.post("/policies/{policy_id}/copy")
def copy_policy(caller: Administrator, parts: Parts, policy_id: Id, named: Name) -> PolicyShape:
    """A copy behind it, switched off."""
    with parts.database.write() as unit:
        copied = PolicyStore(unit).copy(policy_id, parts.new_id(), named.name, caller.author)
    return _shape(parts, copied.id)


@router.get("/policies/{policy_id}/versions")
def policy_versions(_caller: Reader, parts: Parts, policy_id: Id) -> list[VersionShape]:
    """Every version, the newest first; also of a policy that was deleted."""
    with parts.database.read() as unit:
        history = PolicyStore(unit).history(policy_id)
    return [VersionShape(version=one.policy.version, saved_at=one.saved_at, saved_by=one.saved_by,
                         policy=to_json(one.policy)) for one in history]  # fmt: skip


@router.get("/policies/{policy_id}/differences")
def policy_differences(
    _caller: Reader,
    parts: Parts,
    policy_id: Id,
    before: Annotated[int, Query(ge=1, le=2_000_000_000)],
    after: Annotated[int, Query(ge=1, le=2_000_000_000)],
) -> list[DifferenceShape]:
    """What differs between two versions."""
    with parts.database.read() as unit:
        store = PolicyStore(unit)
        old, new = (store.version(policy_id, number).policy for number in (before, after))
    return [DifferenceShape(**asdict(one)) for one in differences(old, new)]


@router.post("/policies/{policy_id}/roll-back")
def roll_back_policy(caller: Administrator, parts: Parts, policy_id: Id, which: Which) -> PolicyShape:
    """A new version that says what an old one said; switch and place stay as they are."""
    with parts.database.write() as unit:
        PolicyStore(unit).roll_back(policy_id, which.version, caller.author)
    return _shape(parts, policy_id)


@router.put("/policies/{policy_id}/draft")
def keep_policy_draft(caller: Administrator, parts: Parts, policy_id: Id, text: PolicyText) -> PolicyShape:
    """Keep a text as the policy's draft; nothing changes for mail."""
    keep_draft(parts.database, _upon(parts, policy_id, text), caller.author)
    return _shape(parts, policy_id)


@router.post("/policies/{policy_id}/draft")
def publish_policy_draft(caller: Administrator, parts: Parts, policy_id: Id) -> PolicyShape:
    """Put the draft in force as a new version."""
    publish(parts.database, policy_id, caller.author)
    return _shape(parts, policy_id)


@router.delete("/policies/{policy_id}/draft")
def discard_policy_draft(caller: Administrator, parts: Parts, policy_id: Id) -> PolicyShape:
    """Forget the draft."""
    with parts.database.write() as unit:
        existing(unit, policy_id)
        PolicyDrafts(unit).discard(policy_id, caller.author)
    return _shape(parts, policy_id)


def _shape(parts: ConsoleParts, policy_id: str) -> PolicyShape:
    with parts.database.read() as unit:
        policy, draft = existing(unit, policy_id), PolicyDrafts(unit).get(policy_id)
        told = list(remarks(unit, policy))
    return PolicyShape(policy=to_json(policy), remarks=told, draft=to_json(draft.policy) if draft else None)


def _upon(parts: ConsoleParts, policy_id: str, text: PolicyText) -> Policy:
    """The text as a change of the policy in force."""
    with parts.database.read() as unit:
        before = existing(unit, policy_id)
    written = _policy(text, policy_id, before.direction, before.priority)
    return replace(written, enabled=before.enabled)


def _policy(text: PolicyText | NewPolicy, policy_id: str, direction: Direction, place: int) -> Policy:
    """By the same strict reading as files and forms. Raises InvalidInput."""
    written = text.model_dump(mode="json", include=set(PolicyText.model_fields))
    if text.rules is None:
        written["rules"] = to_json(starting_policy(policy_id, direction))["rules"]
    more = {"id": policy_id, "direction": direction.value, "priority": place, "enabled": False}
    return from_json({**written, **more})
