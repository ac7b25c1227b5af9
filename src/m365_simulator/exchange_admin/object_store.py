"""Finding, making and changing configuration objects, with the properties that every object has."""

from datetime import datetime

from m365_simulator.exchange_admin.failures import ALREADY_EXISTS, CmdletFailure, invalid, not_found
from m365_simulator.exchange_admin.invocation import Invocation, edited
from m365_simulator.world import Properties, Tenant, new_guid

NAME_LIMIT = 64


def shelf(tenant: Tenant, noun: str) -> dict[str, Properties]:
    """All objects of a noun by GUID (or name); made on first use."""
    return tenant.exchange.objects.setdefault(noun, {})


def stamp(moment: datetime) -> str:
    """A date as the admin API writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def find(tenant: Tenant, noun: str, identity: str) -> Properties | None:
    """The object with this GUID, name or identity, or None."""
    wanted = identity.strip().lower()
    for candidate in shelf(tenant, noun).values():
        names = (candidate.get("Guid"), candidate.get("Name"), candidate.get("Identity"))
        if any(isinstance(name, str) and name.lower() == wanted for name in names):
            return candidate
    return None


def required(call: Invocation, noun: str) -> Properties:
    """The object that `Identity` names. Raises CmdletFailure (404) when there is none."""
    identity = call.identity or ""
    found = find(call.tenant, noun, identity)
    if found is None:
        raise not_found(identity)
    call.touched = str(found.get("Name") or found.get("Identity") or identity)
    return found


def create(call: Invocation, noun: str, properties: Properties) -> Properties:
    """Stores a new object under a new GUID and returns it. Raises CmdletFailure for a bad or used name."""
    name = str(properties.get("Name") or "")
    check_name(call, noun, name)
    guid, now = new_guid(), stamp(call.now)
    made: Properties = {
        **properties,
        "Identity": name,
        "Guid": guid,
        "Id": name,
        "WhenCreated": now,
        "WhenCreatedUTC": now,
        "WhenChanged": now,
        "WhenChangedUTC": now,
        "OrganizationId": call.tenant.id,
        "IsValid": True,
        "ObjectState": "Unchanged",
    }
    shelf(call.tenant, noun)[guid] = made
    call.touched = name
    return made


def check_name(call: Invocation, noun: str, name: str, own_guid: str = "") -> None:
    """Names are 1 to 64 characters and unique within a noun."""
    if not name.strip():
        raise invalid("The property value is invalid. The value can't be empty. Property Name: Name")
    if len(name) > NAME_LIMIT:
        raise invalid(f"The name is too long: {len(name)} characters; the maximum length is {NAME_LIMIT}.")
    other = next((o for o in shelf(call.tenant, noun).values() if str(o.get("Name", "")).lower() == name.lower()), None)
    if other is not None and other.get("Guid") != own_guid:
        raise CmdletFailure(
            ALREADY_EXISTS, f"An object named '{name}' of type {noun} already exists in the organization."
        )


def merged(existing: Properties, call: Invocation, skip: frozenset[str] = frozenset({"Identity"})) -> Properties:
    """What the object would be with the call's parameters applied (Add/Remove tables included)."""
    changes = {name: edited(existing.get(name), value) for name, value in call.parameters.items() if name not in skip}
    return {**existing, **changes}


def commit(call: Invocation, existing: Properties, changed: Properties) -> None:
    """Makes the change real and dates it."""
    existing.update(changed)
    now = stamp(call.now)
    existing.update({"WhenChanged": now, "WhenChangedUTC": now})
    if existing.get("Name") and "Identity" in existing and existing.get("Identity") != "Default":
        existing.update({"Identity": existing["Name"], "Id": existing["Name"]})


def delete(call: Invocation, noun: str, existing: Properties) -> None:
    """Takes the object away."""
    objects = shelf(call.tenant, noun)
    for key in [key for key, value in objects.items() if value is existing]:
        del objects[key]


def singleton(call: Invocation, noun: str, defaults: Properties) -> Properties:
    """The `Default` object of a noun, made with its defaults when nobody has touched it; what is set wins."""
    objects = shelf(call.tenant, noun)
    present = objects.get("Default")
    if present is None or "Guid" not in present:
        now = stamp(call.now)
        made: Properties = {
            "Name": "Default",
            "Identity": "Default",
            "Guid": new_guid(),
            "WhenCreated": now,
            "WhenChanged": now,
            **defaults,
            **(present or {}),
        }
        objects["Default"] = made
        return made
    for name, value in defaults.items():
        present.setdefault(name, value)
    return present
