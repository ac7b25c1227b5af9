"""/users and /groups: lists, single objects, members and transitive members (microsoft-365.md §2.1, §2.2)."""

from collections.abc import Iterable, Mapping
from typing import TypeVar, cast
from urllib.parse import quote

from starlette.responses import PlainTextResponse, Response

from m365_simulator.exchange_admin.recipient_index import find_recipient
from m365_simulator.graph.call import Call, answer, collection
from m365_simulator.graph.directory_shapes import (
    GROUP,
    GROUP_DEFAULT,
    USER,
    USER_BASIC,
    USER_DEFAULT,
    Shape,
    chosen,
    shown,
    value_of,
)
from m365_simulator.graph.errors import GraphError, bad_request, not_found
from m365_simulator.graph.filters import Lookup, parse
from m365_simulator.graph.pages import Entry, Listing, encode
from m365_simulator.world import Group, JsonValue, Properties, User

PAGE, LARGEST_PAGE = 100, 999
_WIDER_USER = {"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
T = TypeVar("T", User, Group)
Directory = Mapping[str, User] | Mapping[str, Group]


async def users(call: Call) -> Response:
    """GET /users."""
    names = _user_names(call)
    return _listed(call, "users", USER, call.tenant.users, names)


async def groups(call: Call) -> Response:
    """GET /groups."""
    names = chosen(GROUP, call.select, GROUP_DEFAULT, "group")
    return _listed(call, "groups", GROUP, call.tenant.groups, names)


async def count_users(call: Call) -> Response:
    """GET /users/$count."""
    return _count(call, USER, call.tenant.users)


async def count_groups(call: Call) -> Response:
    """GET /groups/$count."""
    return _count(call, GROUP, call.tenant.groups)


def _count(call: Call, shape: Shape[T], home: Mapping[str, T]) -> Response:
    if not _eventual(call):
        raise bad_request("$count is not currently supported.")
    return PlainTextResponse(str(len(_matching(call, shape, home))))


async def user(call: Call) -> Response:
    """GET /users/{id or userPrincipalName}."""
    found = shown(USER, call.user(), _user_names(call))
    return answer({"@odata.context": f"{call.root}/$metadata#users/$entity", **found})


async def group(call: Call) -> Response:
    """GET /groups/{id}."""
    names = chosen(GROUP, call.select, GROUP_DEFAULT, "group")
    found = shown(GROUP, group_in_path(call), names)
    return answer({"@odata.context": f"{call.root}/$metadata#groups/$entity", **found})


async def members(call: Call) -> Response:
    """GET /groups/{id}/members."""
    return _members(call, group_in_path(call).members)


async def transitive_members(call: Call) -> Response:
    """GET /groups/{id}/transitiveMembers: nested groups and everybody in them, each once."""
    if "skiptoken" in call.options:
        return _members(call, [])
    found: dict[str, None] = {}
    waiting = [*group_in_path(call).members]
    while waiting:
        member = waiting.pop(0)
        if member not in found:
            found[member] = None
            nested = call.tenant.groups.get(member)
            waiting += nested.members if nested is not None else []
    return _members(call, list(found))


def group_in_path(call: Call) -> Group:
    """The group that the path names. Raises GraphError 404."""
    found = call.tenant.groups.get(call.part("group").lower())
    if found is None:
        raise not_found(call.part("group"))
    return found


def next_link(call: Call, word: str, offset: int, marker: str = "$skiptoken") -> str:
    """A link to the rest, with the options that the first page had."""
    kept = {f"${name}": value for name, value in call.options.items() if name in {"select", "top", "filter", "count"}}
    options = "&".join(f"{name}={quote(value)}" for name, value in kept.items())
    path = call.request.url.path
    url = call.request.url
    return f"{url.scheme}://{url.netloc}{path}?{options + '&' if options else ''}{marker}={encode(w=word, o=offset)}"


def _user_names(call: Call) -> list[str]:
    names = chosen(USER, call.select, USER_DEFAULT, "user")
    if call.permissions & _WIDER_USER or call.claims.upn:
        return names
    return [name for name in names if name in USER_BASIC]


def _eventual(call: Call) -> bool:
    return call.header("consistencylevel").lower() == "eventual"


def _listed(call: Call, name: str, shape: Shape[T], home: Mapping[str, T], names: list[str]) -> Response:
    word, listing, offset = _opened(call, shape, home)
    size = call.top(PAGE, LARGEST_PAGE)
    page = listing.entries[offset : offset + size]
    value: list[JsonValue] = [shown(shape, item, names) for entry in page if (item := home.get(str(entry))) is not None]
    more = offset + size < len(listing.entries)
    link = next_link(call, word or call.pages.start(listing), offset + size) if more else ""
    wants_count = call.options.get("count") == "true" and _eventual(call)
    context = f"{name}({','.join(names)})" if call.select else name
    return collection(call, context, value, link, len(listing.entries) if wants_count else -1)


def _opened(call: Call, shape: Shape[T], home: Mapping[str, T]) -> tuple[str, Listing, int]:
    if "skiptoken" in call.options:
        return call.pages.resume(call.options["skiptoken"])
    for option in ("orderby", "search", "expand", "skip"):
        if option in call.options:
            raise bad_request(f"${option} is not simulated for this collection.", "Request_UnsupportedQuery")
    return "", Listing(_matching(call, shape, home)), 0


def _matching(call: Call, shape: Shape[T], home: Mapping[str, T]) -> list[Entry]:
    written = call.options.get("filter", "")
    if not written:
        return list(home)
    filtered = parse(written)
    if filtered.advanced and not (_eventual(call) and "count" in call.options):
        text = "Unsupported or invalid query filter clause specified: it needs ConsistencyLevel: eventual and $count."
        raise GraphError(400, "Request_UnsupportedQuery", text)
    if filtered.equal is not None and filtered.equal[0].lower() in {"id", "userprincipalname", "mail"}:
        found = find_recipient(call.tenant, filtered.equal[1])
        candidates: Iterable[User | Group] = [found] if found is not None and found.id in home else []
    else:
        candidates = home.values()
    return [item.id for item in candidates if filtered.matches(_lookup(shape, item))]


def _lookup(shape: Shape[T], item: User | Group) -> Lookup:
    return lambda name: value_of(shape, cast(T, item), name)


def _members(call: Call, ids: list[str]) -> Response:
    kind = call.request.path_params.get("kind", "")
    if "skiptoken" in call.options:
        word, listing, offset = call.pages.resume(call.options["skiptoken"])
    else:
        word, listing, offset = "", Listing([member for member in ids if _is_kind(call, member, kind)]), 0
    size = call.top(PAGE, LARGEST_PAGE)
    page = listing.entries[offset : offset + size]
    value: list[JsonValue] = [item for entry in page if (item := _member(call, str(entry), bool(kind))) is not None]
    more = offset + size < len(listing.entries)
    link = next_link(call, word or call.pages.start(listing), offset + size) if more else ""
    wants_count = call.options.get("count") == "true" and _eventual(call)
    return collection(call, "directoryObjects", value, link, len(listing.entries) if wants_count else -1)


def _is_kind(call: Call, member: str, kind: str) -> bool:
    match kind.removeprefix("microsoft.graph."):
        case "":
            return True
        case "user":
            return member in call.tenant.users
        case "group":
            return member in call.tenant.groups
        case unknown:
            raise bad_request(f"Resource not found for the segment '{unknown}'.", "BadRequest")


def _member(call: Call, member: str, typed: bool) -> Properties | None:
    """A member with its type; a selected property that its type lacks is left out."""
    user, group = call.tenant.users.get(member), call.tenant.groups.get(member)
    if user is not None:
        names = [n for n in call.select if n in USER] if call.select else USER_DEFAULT
        kind, found = "user", shown(USER, user, list(dict.fromkeys(["id", *names])))
    elif group is not None:
        names = [n for n in call.select if n in GROUP] if call.select else GROUP_DEFAULT
        kind, found = "group", shown(GROUP, group, list(dict.fromkeys(["id", *names])))
    else:
        return None
    return found if typed else {"@odata.type": f"#microsoft.graph.{kind}", **found}
