"""Accounts that somebody else may use, in the activity feed (microsoft-365.md §5.3): inbox rules and sign-ins; pure.

Whoever has taken an account over makes rules that send mail on, or keep answers out of sight; and signs in from where
its owner is not. Records name no place, so networks stand for places: the first half of an IPv4 address, the first
quarter of an IPv6 one. Two are everyday (office and telephone), so three within an hour are the sign.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

from pydantic import TypeAdapter, ValidationError

from lockgate.model.risk import AccountSign, Sign

CONTENT_TYPES = ("Audit.Exchange", "Audit.AzureActiveDirectory")
EXCHANGE_ADMIN, SIGN_IN = 1, 15  # RecordType
FORWARDING = {"ForwardTo": "forwards to", "ForwardAsAttachmentTo": "forwards to", "RedirectTo": "redirects to"}
OUT_OF_SIGHT = ("rss", "archive", "conversation history", "junk email", "deleted items")  # folders that nobody opens
NETWORKS = 3
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Parameter:
    Name: str = ""  # the names on the wire
    Value: str = ""


@dataclass(frozen=True, slots=True)
class _Record:
    Id: str = ""
    RecordType: int = 0
    Operation: str = ""
    CreationTime: str = ""
    UserId: str = ""
    ClientIP: str = ""
    Parameters: tuple[_Parameter, ...] = ()

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.CreationTime).replace(tzinfo=UTC)


RECORD = TypeAdapter(_Record)


def signs_in(records: Iterable[dict[str, object]], tenant_id: str) -> list[AccountSign]:
    """The signs among audit records; unreadable records are left out."""
    known = list(_readable(records))
    return [*_inbox_rules(known, tenant_id), *_places(known, tenant_id)]


def _readable(records: Iterable[dict[str, object]]) -> Iterator[_Record]:
    for one in records:
        try:
            record = RECORD.validate_python(one)
            _ = record.at
        except (ValidationError, ValueError):
            continue
        yield record


def _inbox_rules(records: Iterable[_Record], tenant_id: str) -> Iterator[AccountSign]:
    for one in records:
        verb, _, noun = one.Operation.partition("-")
        if one.RecordType != EXCHANGE_ADMIN or noun != "InboxRule" or verb not in ("New", "Set"):
            continue
        said = {parameter.Name: parameter.Value for parameter in one.Parameters}
        if does := ", ".join(_deeds(said)):
            name = said.get("Name") or said.get("Identity", "")
            detail = f"The inbox rule '{name[:60]}' {does}."
            yield AccountSign(one.Id, tenant_id, one.at, Sign.INBOX_RULE, one.UserId.lower(), detail)


def _deeds(said: dict[str, str]) -> Iterator[str]:
    for name, words in FORWARDING.items():
        if said.get(name):
            yield f"{words} {said[name][:120]}"
    if said.get("DeleteMessage", "").lower() in ("true", "$true"):
        yield "deletes mail"
    folder = said.get("MoveToFolder", "")
    if folder.lower().rpartition(":\\")[2].startswith(OUT_OF_SIGHT):
        yield f"moves mail to {folder[:60]}"


def _places(records: Iterable[_Record], tenant_id: str) -> Iterator[AccountSign]:
    """At most one for each person and hour of the clock."""
    by_person: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for one in records:
        if one.RecordType == SIGN_IN and one.Operation == "UserLoggedIn" and (network := _network(one.ClientIP)):
            by_person[one.UserId.lower()].append((one.at, network))
    for person, logins in by_person.items():
        told: set[str] = set()
        for at, _ in sorted(logins):
            networks = sorted({network for then, network in logins if at - HOUR <= then <= at})
            identity = f"{person}/{at:%Y%m%d%H}"
            if len(networks) >= NETWORKS and identity not in told:
                told.add(identity)
                detail = f"Signed in from {len(networks)} networks within an hour: {', '.join(networks)[:200]}."
                yield AccountSign(identity, tenant_id, at, Sign.PLACES, person, detail)


def _network(client: str) -> str:
    """The network of `1.2.3.4`, `1.2.3.4:5` or `[::1]:5`; empty for anything else."""
    text = client.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    return str(ip_network(f"{address}/{16 if address.version == 4 else 32}", strict=False))
