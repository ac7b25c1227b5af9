"""/users/delta and /groups/delta: everything once, then what changed since (microsoft-365.md §2.2).

A delta token is a position in the tenant's change log. `$select` of the first call is frozen into it; it lives
seven days and then gives 410 with a Location to start again. Changes that happen during a round come in the next
one, so an object may come twice. Group members are compared with who was in the group when the token was made.
"""

import re
from datetime import timedelta

from starlette.responses import Response

from m365_simulator.graph.call import Call, answer
from m365_simulator.graph.directory_shapes import GROUP, GROUP_DEFAULT, USER, USER_DEFAULT, chosen, shown
from m365_simulator.graph.errors import GraphError, bad_request
from m365_simulator.graph.pages import Entry, Listing, decode, encode
from m365_simulator.world import Group, JsonValue, Properties, User

LIFETIME = timedelta(days=7)
PAGE, LARGEST_PAGE = 200, 999
MEMBERS_PER_ENTRY = 1000


async def users(call: Call) -> Response:
    """GET /users/delta."""
    return _answer(call, "user")


async def groups(call: Call) -> Response:
    """GET /groups/delta; `members` in `$select` adds `members@delta`."""
    return _answer(call, "group")


def _answer(call: Call, kind: str) -> Response:
    if "skiptoken" in call.options:
        word, listing, offset = call.pages.resume(call.options["skiptoken"])
    elif "deltatoken" in call.options:
        listing = _continued(call, kind, call.options["deltatoken"])
        word, offset = "", 0
    else:
        word, listing, offset = "", _started(call, kind), 0
    size = call.top(PAGE, LARGEST_PAGE)
    page = listing.entries[offset : offset + size]
    value: list[JsonValue] = [_entry(call, listing, entry) for entry in page]
    found: Properties = {"@odata.context": f"{call.root}/$metadata#{kind}s"}
    base = f"{call.root}/{kind}s/delta?"
    if offset + size < len(listing.entries):
        word = word or call.pages.start(listing)
        found["@odata.nextLink"] = f"{base}$skiptoken={encode(w=word, o=offset + size)}"
    else:
        found["@odata.deltaLink"] = f"{base}$deltatoken={listing.frozen['token']}"
    found["value"] = value
    return answer(found)


def _token(call: Call, kind: str, select: str, snapshot: str) -> str:
    now = call.world.clock.now().timestamp()
    position = len(call.tenant.changes)
    epoch = call.pages.epoch
    return encode(k=kind, t=now, p=position, s=select, m=snapshot, e=epoch, i=call.tenant.id)


def _started(call: Call, kind: str) -> Listing:
    for option in ("top", "orderby", "expand", "search"):
        if option in call.options:
            raise bad_request(f"The query option ${option} isn't supported with delta.", "Request_UnsupportedQuery")
    select = [name for name in call.select if name.lower() != "members"]
    with_members = kind == "group" and len(select) < len(call.select)
    if kind == "user":
        names = chosen(USER, select, USER_DEFAULT, "user")
    else:
        names = chosen(GROUP, select, GROUP_DEFAULT, "group")
    frozen_select = ",".join([*names, "members"] if with_members else names)
    now_members = {group.id: tuple(group.members) for group in call.tenant.groups.values()} if with_members else {}
    snapshot = call.pages.remember_members(now_members) if with_members else ""
    frozen = {"select": frozen_select, "kind": kind, "members": snapshot, "before": ""}
    frozen["token"] = _token(call, kind, frozen_select, snapshot)
    ids: list[str] = [*(call.tenant.users if kind == "user" else call.tenant.groups)]
    ids = [wanted for wanted in ids if wanted in _wanted_ids(call)] if "filter" in call.options else ids
    return Listing([] if call.options.get("latest") else _sliced(ids, now_members), frozen)


def _wanted_ids(call: Call) -> set[str]:
    written = call.options["filter"]
    if not re.fullmatch(r"\s*id eq '[^']+'(?:\s+or\s+id eq '[^']+')*\s*", written):
        raise bad_request("Only filtering by id is supported with delta.", "Request_UnsupportedQuery")
    return set(re.findall(r"'([^']+)'", written))


def _sliced(ids: list[str], members: dict[str, tuple[str, ...]]) -> list[Entry]:
    """Large groups come in several entries, each with a part of the members, as Graph sends them."""
    if not members:
        return list(ids)
    return [
        (group, start) for group in ids for start in range(0, max(1, len(members.get(group, ()))), MEMBERS_PER_ENTRY)
    ]


def _continued(call: Call, kind: str, token: str) -> Listing:
    if token.lower() == "latest":
        call.options["latest"] = "true"
        return _started(call, kind)
    known = decode(token)
    if known.get("k") != kind or known.get("i") != call.tenant.id:
        raise bad_request("Badly formed token.", "Request_BadRequest")
    position, snapshot, select = int(known["p"]), str(known["m"]), str(known["s"])
    age = call.world.clock.now().timestamp() - float(known["t"])
    lost = bool(snapshot) and snapshot not in call.pages.snapshots
    if known["e"] != call.pages.epoch or age > LIFETIME.total_seconds() or lost:
        again = {"Location": f"{call.root}/{kind}s/delta?$select={select}"}
        raise GraphError(410, "syncStateNotFound", "The sync state was not found. Start a new sync.", again)
    changed = dict.fromkeys(c.object_id for c in call.tenant.changes[position:] if c.kind == kind)
    before = call.pages.snapshots.get(snapshot, {})
    after = _updated(call, before, list(changed)) if snapshot else {}
    newer = call.pages.remember_members(after) if snapshot else ""
    frozen = {"select": select, "kind": kind, "members": newer, "before": snapshot}
    frozen["token"] = _token(call, kind, select, newer)
    return Listing(list(changed), frozen)


def _updated(call: Call, before: dict[str, tuple[str, ...]], changed: list[str]) -> dict[str, tuple[str, ...]]:
    after = dict(before)
    for group_id in changed:
        group = call.tenant.groups.get(group_id)
        if group is None:
            after.pop(group_id, None)
        else:
            after[group_id] = tuple(group.members)
    return after


def _entry(call: Call, listing: Listing, entry: Entry) -> Properties:
    frozen = listing.frozen
    object_id, start = entry if isinstance(entry, tuple) else (entry, -1)
    if frozen["kind"] == "user":
        user = call.tenant.users.get(object_id)
        return _shown_user(user, frozen) if user is not None else _removed(object_id, "changed")
    group = call.tenant.groups.get(object_id)
    if group is None:
        return _removed(object_id, "deleted")
    names = [name for name in frozen["select"].split(",") if name != "members"]
    found = shown(GROUP, group, names if start <= 0 else ["id"])
    if frozen["members"]:
        found["members@delta"] = _members(call, listing, group, start)
    return found


def _shown_user(user: User, frozen: dict[str, str]) -> Properties:
    return shown(USER, user, frozen["select"].split(","))


def _removed(object_id: str, reason: str) -> Properties:
    return {"id": object_id, "@removed": {"reason": reason}}


def _members(call: Call, listing: Listing, group: Group, start: int) -> JsonValue:
    """A slice of the members in a first round; who came and who went in a later one."""
    now = call.pages.snapshots.get(listing.frozen["members"], {}).get(group.id, ())
    if start >= 0:
        return [_member(call, member) for member in now[start : start + MEMBERS_PER_ENTRY]]
    before = call.pages.snapshots.get(listing.frozen["before"], {}).get(group.id, ())
    had, has = set(before), set(now)
    came: list[JsonValue] = [_member(call, member) for member in now if member not in had]
    went: list[JsonValue] = [
        {**_member(call, member), "@removed": {"reason": "deleted"}} for member in before if member not in has
    ]
    return [*came, *went]


def _member(call: Call, member: str) -> Properties:
    kind = "group" if member in call.tenant.groups else "user"
    return {"@odata.type": f"#microsoft.graph.{kind}", "id": member}
