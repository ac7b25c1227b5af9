"""Turns what a caller sent for one parameter into the value that a cmdlet works with, or refuses it.

Types that are not listed are texts.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from m365_simulator.exchange_admin.cmdlet_table import Parameter
from m365_simulator.exchange_admin.enumerations import ENUMERATIONS
from m365_simulator.exchange_admin.failures import TRANSFORMATION, CmdletFailure
from m365_simulator.world import JsonValue

HASHTABLE_TYPE = "#Exchange.GenericHashTable"
_CANONICAL = {name: {word.lower(): word for word in words.split()} for name, words in ENUMERATIONS.items()}
_CLEARABLE_ENUMERATIONS = {"TlsAuthLevel", "MessageType", "FromUserScope", "ToUserScope", "Importance"}
_VALUE_TYPES = {"Boolean", "SwitchParameter", "Int32", "UInt32", "Guid"}
_SIZE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(B|KB|MB|GB)?\b", re.IGNORECASE)
_FACTORS = {"b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}


def convert(parameter: Parameter, value: JsonValue) -> JsonValue:
    """The value in its canonical form. Raises CmdletFailure as PowerShell's argument transformation does."""
    kind = parameter.type_name
    if kind.endswith("[]") or kind in {"MultiValuedProperty", "ProxyAddressCollection"}:
        return _many(parameter, kind.removesuffix("[]"), value)
    if value is None:
        return _cleared(parameter)
    if kind in _CANONICAL:
        return _enumerated(parameter, kind, value)
    return _CONVERSIONS.get(kind, _text)(parameter, value)


def _refusal(parameter: Parameter, value: JsonValue, why: str = "") -> CmdletFailure:
    text = (
        f"Cannot process argument transformation on parameter '{parameter.name}'. "
        f'Cannot convert value "{value}" to type "{parameter.type_name}".'
    )
    return CmdletFailure(TRANSFORMATION, f"{text} {why}".strip())


def _cleared(parameter: Parameter) -> JsonValue:
    kind = parameter.type_name
    refuses = (
        kind in {"Boolean", "SwitchParameter", "Int32", "UInt32", "Guid", "SmtpAddress"} and not parameter.required
    )
    if kind == "Boolean" and parameter.name == "TNEFEnabled":
        return None
    if (refuses and kind != "SmtpAddress") or (kind in _CANONICAL and kind not in _CLEARABLE_ENUMERATIONS):
        raise _refusal(parameter, None, "A value of this type can't be null.")
    return None


def _enumerated(parameter: Parameter, kind: str, value: JsonValue) -> JsonValue:
    found = _CANONICAL[kind].get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        allowed = ", ".join(_CANONICAL[kind].values())
        raise _refusal(parameter, value, f"Specify one of the following enumerator names and try again: {allowed}")
    return found


def _boolean(parameter: Parameter, value: JsonValue) -> bool:
    if isinstance(value, bool):
        return value
    if value in (0, 1):
        return value == 1
    raise _refusal(parameter, value, "Boolean parameters accept only Boolean values and numbers.")


def _switch(parameter: Parameter, value: JsonValue) -> bool:
    if isinstance(value, bool):
        return value
    raise _refusal(parameter, value)


def _integer(parameter: Parameter, value: JsonValue) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value.strip()):
        return int(value)
    raise _refusal(parameter, value, "Input string was not in a correct format.")


def _unlimited(parameter: Parameter, value: JsonValue) -> int | str:
    if isinstance(value, str) and value.lower() == "unlimited":
        return "Unlimited"
    return _integer(parameter, value)


def _guid(parameter: Parameter, value: JsonValue) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise _refusal(parameter, value, "Guid should contain 32 digits with 4 dashes.") from None


def _moment(parameter: Parameter, value: JsonValue) -> str:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise _refusal(parameter, value, "The string was not recognized as a valid DateTime.") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _scl(parameter: Parameter, value: JsonValue) -> str:
    level = _integer(parameter, value)
    if not -1 <= level <= 9:
        raise _refusal(parameter, value, "The SCL must be -1 or a number from 0 to 9.")
    return str(level)


def _address(parameter: Parameter, value: JsonValue) -> str:
    written = _text(parameter, value)
    local, at, domain = written.rpartition("@")
    if not (local and at and domain) or any(character.isspace() for character in written):
        raise _refusal(parameter, value, "It isn't a valid SMTP address.")
    return written


def _size(parameter: Parameter, value: JsonValue) -> str:
    found = _SIZE.match(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None
    if found is None:
        raise _refusal(parameter, value)
    octets = int(float(found[1]) * _FACTORS[(found[2] or "B").lower()])
    unit = next(name for name in ("gb", "mb", "kb", "b") if octets >= _FACTORS[name] or name == "b")
    return f"{octets / _FACTORS[unit]:.4g} {unit.upper()} ({octets:,} bytes)"


def _text(parameter: Parameter, value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise _refusal(parameter, value)


def _many(parameter: Parameter, element: str, value: JsonValue) -> JsonValue:
    if value is None:
        return []
    single = Parameter(
        parameter.name, "String" if element in {"MultiValuedProperty", "ProxyAddressCollection"} else element
    )
    if isinstance(value, dict) and element != "Hashtable":
        return _edit(parameter, single, value)
    listed = value if isinstance(value, list) else [value]
    return [convert(single, item) for item in listed if item is not None]


def _edit(parameter: Parameter, single: Parameter, value: dict[str, JsonValue]) -> JsonValue:
    """`{"@odata.type": "#Exchange.GenericHashTable", "Add": [...], "Remove": [...]}` for multi-valued properties."""
    sides = {key.lower(): item for key, item in value.items() if key != "@odata.type"}
    if parameter.type_name != "MultiValuedProperty" or value.get("@odata.type") != HASHTABLE_TYPE or not sides:
        raise _refusal(parameter, "System.Collections.Hashtable", f"Its @odata.type must be {HASHTABLE_TYPE}.")
    if not sides.keys() <= {"add", "remove"}:
        raise _refusal(parameter, ", ".join(sides), "Only Add and Remove are allowed.")
    lists = {side: _many(Parameter(parameter.name, "String[]"), "String", item) for side, item in sides.items()}
    return {"Add": lists.get("add", []), "Remove": lists.get("remove", []), "element": single.type_name}


def _as_it_is(parameter: Parameter, value: JsonValue) -> JsonValue:
    del parameter
    return value


_CONVERSIONS: dict[str, Callable[[Parameter, JsonValue], JsonValue]] = {
    "Boolean": _boolean,
    "SwitchParameter": _switch,
    "Int32": _integer,
    "UInt32": _integer,
    "Unlimited": _unlimited,
    "Guid": _guid,
    "DateTime": _moment,
    "SclValue": _scl,
    "SmtpAddress": _address,
    "ByteQuantifiedSize": _size,
    "Hashtable": _as_it_is,
    "PSCredential": _as_it_is,
}
