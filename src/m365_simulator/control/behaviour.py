"""How the simulation behaves: faults, switches, its clock, its network and DNS, and PIM per tenant."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body
from pydantic import BaseModel

from m365_simulator.control.json_values import JsonValue, Properties
from m365_simulator.control.lookup import tenant_named
from m365_simulator.fault_injection import KINDS
from m365_simulator.world import AuditRecord, Fault, World

Surface = Literal["login", "graph", "exchange", "activity", "portal", "webmail", "smtp"]


class NewFault(BaseModel):
    """`match` is a glob on the target (path, query, and `#cmdlet` for Exchange); `remaining` -1 is for ever."""

    surface: Surface
    kind: str
    match: str = "*"
    parameters: dict[str, JsonValue] = {}
    remaining: int = 1


class DnsRecord(BaseModel):
    """`texts` as in a zone file, TXT without quotes; an empty list removes the record."""

    name: str
    type: str
    texts: list[str]


class Happening(BaseModel):
    """One record of the unified audit log; Id, time and organisation are added."""

    content_type: str
    fields: dict[str, JsonValue]


class Pim(BaseModel):
    """Whether Privileged Identity Management is on."""

    enabled: bool


class TimeStep(BaseModel):
    """How far to move the clock of the simulation forward."""

    advance_seconds: float


def routes(world: World) -> APIRouter:
    """Faults, PIM, switches, and what surrounds the tenants."""
    router = APIRouter()

    @router.get("/faults")
    def faults() -> list[Properties]:
        """Every fault, used up ones included."""
        return [_shown(fault) for fault in world.faults]

    @router.post("/faults", status_code=201)
    def add_fault(fault: NewFault) -> Properties:
        """Arm a fault; the first armed one that matches is taken."""
        if fault.surface != "smtp" and fault.kind not in KINDS:
            raise ValueError(f"no such fault kind: {fault.kind}")
        world.faults.append(Fault(fault.surface, fault.match, fault.kind, dict(fault.parameters), fault.remaining))
        return _shown(world.faults[-1])

    @router.delete("/faults", status_code=204)
    def clear_faults() -> None:
        """Disarm everything."""
        world.faults.clear()

    @router.post("/tenants/{tenant}/audit", status_code=201)
    def happened(tenant: str, happening: Happening) -> Properties:
        """Something that people of the tenant did and that nothing else here does, as its audit log tells it."""
        now = world.clock.now()
        record = AuditRecord(happening.content_type, now, {})
        times: Properties = {"Id": record.id, "CreationTime": now.strftime("%Y-%m-%dT%H:%M:%S")}
        owner = tenant_named(world, tenant)
        record.body = {**times, "OrganizationId": owner.id, **happening.fields}
        owner.audit.append(record)
        return record.body

    @router.post("/tenants/{tenant}/pim", status_code=204)
    def set_pim(tenant: str, pim: Pim) -> None:
        """Switch Privileged Identity Management on or off."""
        tenant_named(world, tenant).pim_enabled = pim.enabled

    router.include_router(_switch_routes(world))
    router.include_router(_surroundings_routes(world))
    return router


def _switch_routes(world: World) -> APIRouter:
    router = APIRouter()

    @router.get("/switches")
    def switches() -> Properties:
        """What differs from the defaults in coverage.md."""
        return world.switches

    @router.post("/switches")
    def set_switches(values: Annotated[dict[str, JsonValue], Body()]) -> Properties:
        """Set switches; null goes back to the default."""
        for name, value in values.items():
            world.switches[name] = value
            if value is None:
                del world.switches[name]
        return world.switches

    return router


def _surroundings_routes(world: World) -> APIRouter:
    router = APIRouter()

    @router.post("/time")
    def advance(step: TimeStep) -> Properties:
        """Move the clock; answers the new present."""
        world.clock.offset_seconds += step.advance_seconds
        return {"now": world.clock.now().isoformat(), "offset_seconds": world.clock.offset_seconds}

    @router.get("/time")
    def time() -> Properties:
        """The present of the simulation."""
        return {"now": world.clock.now().isoformat(), "offset_seconds": world.clock.offset_seconds}

    @router.post("/network")
    def set_network(hosts: Annotated[dict[str, tuple[str, int] | None], Body()]) -> dict[str, tuple[str, int]]:
        """Say where port 25 of host names really is; null removes a name."""
        for host, place in hosts.items():
            world.network.pop(host.lower(), None)
            if place is not None:
                world.network[host.lower()] = place
        return world.network

    @router.post("/dns")
    def set_dns(records: list[DnsRecord]) -> dict[str, list[str]]:
        """Publish or remove DNS records; answers all records beyond those of the tenants themselves."""
        for record in records:
            key = (record.name.lower().rstrip("."), record.type.upper())
            world.dns[key] = record.texts
            if not record.texts:
                del world.dns[key]
        return {f"{name} {type_}": texts for (name, type_), texts in world.dns.items()}

    return router


def _shown(fault: Fault) -> Properties:
    return {
        "surface": fault.surface,
        "match": fault.match,
        "kind": fault.kind,
        "parameters": fault.parameters,
        "remaining": fault.remaining,
    }
