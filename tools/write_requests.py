"""docs/operations/requests.md: every request that Lockgate sends to Microsoft, recorded on a tour of a tenant.

What stands in the page was sent by the product itself (tests/scenarios/recorded_tour.py); which permission it needs is
declared in lockgate/microsoft365/permissions.py, and a test holds the two against each other.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from lockgate.microsoft365.exchange_client import Json
from lockgate.microsoft365.exchange_roles import role_for
from lockgate.microsoft365.permissions import PURPOSES
from lockgate.model.service_account import ConsentStep
from tests.scenarios.recorded_tour import recorded

FILE = Path(__file__).resolve().parent.parent / "docs" / "operations" / "requests.md"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHOWN = ("$select", "contentType", "Version")  # query parameters whose values say what is read
BEFORE = """<!-- Written by `make docs` from a recorded tour; edit permissions.py and exchange_roles.py. -->

# What Lockgate asks of Microsoft

Every request that Lockgate sends, as it was recorded while it was granted access to a simulated tenant, set it up,
cared for it, repaired it and left it. What differs from tenant to tenant stands in braces. All requests are HTTPS with
an app-only token, except those of the administrator's browser at the end.
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """One kind of request by one of our applications. `parameters` are of the query."""

    step: ConsentStep
    request: str
    parameters: frozenset[str] = field(default_factory=frozenset)


def ours(calls: Iterable[Json], steps: Mapping[str, ConsentStep]) -> Iterator[tuple[ConsentStep, Json]]:
    """The calls that carry a token of one of our applications."""
    for call in calls:
        step = steps.get(str(call["detail"].get("app_id", "")))
        if step is not None:
            yield step, call


def kinds(calls: Iterable[Json], steps: Mapping[str, ConsentStep]) -> list[Sent]:
    """Every kind of request once, with all query parameters that were seen."""
    found: dict[tuple[ConsentStep, str], set[str]] = {}
    for step, call in ours(calls, steps):
        target = urlsplit(str(call["target"]).partition("#")[0])
        query = {f"{name}={value}" if name in SHOWN else name for name, value in parse_qsl(target.query)}
        found.setdefault((step, f"{call['method']} {_general(target.path)}"), set()).update(query)
    return [Sent(step, request, frozenset(query)) for (step, request), query in sorted(found.items())]


def cmdlets(calls: Iterable[Json], steps: Mapping[str, ConsentStep]) -> dict[str, list[str]]:
    """Every cmdlet of Exchange with all parameters that were seen."""
    found: dict[str, set[str]] = {}
    for _, call in ours(calls, steps):
        if cmdlet := call["detail"].get("cmdlet"):
            given = call["detail"]["body"]["CmdletInput"]["Parameters"]
            found.setdefault(cmdlet, set()).update(given)
    return {name: sorted(parameters) for name, parameters in sorted(found.items(), key=_by_noun)}


def permission_of(sent: Sent) -> str:
    """The permission that the step declares for a request; raises LookupError when none does."""
    for permission, use in PURPOSES[sent.step].items():
        if sent.request in use.requests:
            return permission
    raise LookupError(f"{sent.step} declares no permission for {sent.request}")


def document(calls: list[Json], steps: Mapping[str, ConsentStep]) -> str:
    """The whole page."""
    lines = [BEFORE, "## Requests and the permission that each needs", ""]
    lines += ["| Application | Request | Query | Permission |", "|---|---|---|---|"]
    for one in kinds(calls, steps):
        query = ", ".join(f"`{name}`" for name in sorted(one.parameters))
        lines.append(f"| {APPLICATIONS[one.step]} | `{one.request}` | {query} | `{permission_of(one)}` |")
    lines += ["", "## What each permission is for", ""]
    lines += [
        f"- `{name}` ({APPLICATIONS[step]}): {use.purpose}."
        for step in PURPOSES
        for name, use in PURPOSES[step].items()
    ]
    lines += ["", "## Cmdlets of Exchange Online", "", CMDLETS, "", "| Cmdlet | Parameters | Role |", "|---|---|---|"]
    for name, parameters in cmdlets(calls, steps).items():
        lines.append(f"| `{name}` | {', '.join(f'`{one}`' for one in parameters)} | {role_for(name)} |")
    lines += ["", "## Tokens and sign-in", "", *_sign_in(calls, steps), ""]
    return "\n".join(lines)


APPLICATIONS = {
    ConsentStep.MAIL_FLOW: "Lockgate",
    ConsentStep.DIRECTORY: "Lockgate Directory",
    ConsentStep.ACTIVITY: "Lockgate Activity",
}
CMDLETS = (
    "Sent by `InvokeCommand`, anchored at the organisation's system mailbox. The role is Exchange's management role\n"
    "that allows the cmdlet; Exchange administrator contains all of them ([a narrower set](narrow-role.md)). With\n"
    "which values each is sent, the plan shows before anything is changed."
)


def _sign_in(calls: Iterable[Json], steps: Mapping[str, ConsentStep]) -> list[str]:
    tokens: set[str] = set()
    pages: set[str] = set()
    for call in calls:
        if call["surface"] != "login":
            continue
        path, body = urlsplit(call["target"]), call["detail"].get("body")
        request = f"`{call['method']} {_general(path.path)}`"
        if path.path.endswith("/token") and isinstance(body, dict) and body.get("client_id") in steps:
            names = ", ".join(f"`{name}`" for name in sorted(body))
            tokens.add(f"- {request} with {names}; `grant_type={body['grant_type']}`, `scope={body['scope']}`")
        elif call["method"] == "GET" and path.path.endswith(("adminconsent", "authorize")):
            names = ", ".join(f"`{name}`" for name in sorted(dict(parse_qsl(path.query))))
            pages.add(f"- {request} with {names}, by the administrator's browser")
        elif call["method"] == "GET" and ("keys" in path.path or "openid-configuration" in path.path):
            tokens.add(f"- {request}, to verify who has signed in")
    return [*sorted(tokens), *sorted(pages)]


def _general(path: str) -> str:
    """The path with what differs from tenant to tenant in braces."""
    parts = [_general_part(part) for part in path.split("/")]
    for before, name in (("messages", "{message}"), ("audit", "{content}"), ("mailFolders", "{folder}")):
        if before in parts[:-1]:
            parts[parts.index(before) + 1] = name
    return "/".join(parts)


def _general_part(part: str) -> str:
    if "@" in part or "%40" in part:
        return "{mailbox}"
    return "{tenant}" if GUID.fullmatch(part) else part


def _by_noun(item: tuple[str, set[str]]) -> tuple[str, str]:
    verb, _, noun = item[0].partition("-")
    return noun, verb


if __name__ == "__main__":
    record = recorded()
    FILE.write_text(document(record.calls, record.steps), encoding="utf-8")
    sys.exit(0)
