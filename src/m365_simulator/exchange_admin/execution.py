"""One InvokeCommand from its JSON to its result: lookup, RBAC, parameter checks, the cmdlet, the audit record."""

from dataclasses import dataclass
from http import HTTPStatus

from m365_simulator.exchange_admin import cmdlets as implementations
from m365_simulator.exchange_admin import policy_defaults, rule_propagation
from m365_simulator.exchange_admin.audit import record
from m365_simulator.exchange_admin.authorisation import Refusal, hidden_parameters, may_run
from m365_simulator.exchange_admin.cmdlet_table import COMMON, Cmdlet, Parameter, cmdlets
from m365_simulator.exchange_admin.failures import (
    BINDING,
    COMMAND_NOT_FOUND,
    INVALID_OPERATION,
    CmdletFailure,
    plain_body,
)
from m365_simulator.exchange_admin.invocation import Caller, Invocation
from m365_simulator.exchange_admin.object_store import singleton
from m365_simulator.exchange_admin.organisation import flag
from m365_simulator.exchange_admin.parameter_types import convert
from m365_simulator.world import JsonValue, Properties, Tenant, World

DEFAULT_RESULTS = 1000
WRITING_VERBS = {"New", "Set", "Remove", "Add", "Update", "Enable", "Disable", "Validate"}
# Get- cmdlets whose ResultSize is a limit of their own.
OWN_RESULT_SIZE = {"Get-MessageTraceV2"}


@dataclass(frozen=True, slots=True)
class Result:
    """What the cmdlet returned."""

    value: list[Properties]
    warnings: list[str]


def execute(world: World, tenant: Tenant, caller: Caller, command: JsonValue) -> Result | Refusal:
    """Runs `CmdletInput`. Raises CmdletFailure when the cmdlet refuses; Refusal when RBAC does."""
    name, sent = _parsed(command)
    cmdlet = cmdlets().get(name.lower())
    if cmdlet is None:
        raise CmdletFailure(
            COMMAND_NOT_FOUND,
            f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program.",
        )
    if not may_run(caller, cmdlet):
        words = f"User is not allowed to call {cmdlet.name}"
        return Refusal(HTTPStatus.UNAUTHORIZED, plain_body("Unauthorized", words))
    parameters = bound(cmdlet, sent, hidden_parameters(caller))
    call = Invocation(world, tenant, caller, cmdlet.name, parameters)
    _check_customization(call, cmdlet)
    return _run(call, cmdlet)


def _run(call: Invocation, cmdlet: Cmdlet) -> Result:
    writes = cmdlet.verb in WRITING_VERBS
    pretends = call.parameters.get("WhatIf") is True
    for name in [name for name in call.parameters if name.lower() in COMMON]:
        del call.parameters[name]
    if writes and pretends:
        return Result([], [])
    if writes and cmdlet.name.endswith("-TransportRule"):
        rule_propagation.remember(call.world, call.tenant)
    value = implementations.ALL[cmdlet.name.lower()](call)
    if writes:
        record(call)
    if "resultsize" in cmdlet.parameters:
        value = _limited(call, cmdlet, value)
    return Result(value, call.warnings)


def _limited(call: Invocation, cmdlet: Cmdlet, value: list[Properties]) -> list[Properties]:
    wanted = call.parameters.get("ResultSize", DEFAULT_RESULTS)
    if cmdlet.name in OWN_RESULT_SIZE or not isinstance(wanted, int) or len(value) <= wanted:
        return value
    call.warnings.append(
        "There are more results available than are currently displayed. To view them, increase the value for the "
        "ResultSize parameter."
    )
    return value[:wanted]


def _parsed(command: JsonValue) -> tuple[str, Properties]:
    if not isinstance(command, dict) or not isinstance(command.get("CmdletName"), str):
        raise CmdletFailure(BINDING, "CmdletInput with a CmdletName is missing from the request body.")
    parameters = command.get("Parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise CmdletFailure(BINDING, "Parameters must be an object.")
    return str(command["CmdletName"]), {k: v for k, v in (parameters or {}).items() if k != "@odata.type"}


def bound(cmdlet: Cmdlet, sent: Properties, hidden: frozenset[str] = frozenset()) -> Properties:
    """The parameters under their own names with checked values. Raises CmdletFailure as PowerShell's binder does."""
    found: Properties = {}
    for name, value in sent.items():
        key = name.lower()
        parameter = cmdlet.parameters.get(key) if key not in hidden else None
        if parameter is None and key in COMMON:
            parameter = Parameter({"whatif": "WhatIf"}.get(key, name), COMMON[key])
        if parameter is None:
            raise CmdletFailure(BINDING, f"A parameter cannot be found that matches parameter name '{name}'.")
        found[parameter.name] = convert(parameter, value)
    missing = [p.name for p in cmdlet.parameters.values() if p.required and found.get(p.name) in (None, "", [])]
    if missing:
        names = " ".join(missing)
        raise CmdletFailure(
            BINDING, f"Cannot process command because of one or more missing mandatory parameters: {names}."
        )
    return found


def _check_customization(call: Invocation, cmdlet: Cmdlet) -> None:
    config = singleton(call, "OrganizationConfig", policy_defaults.ORGANIZATION_CONFIG)
    if cmdlet.needs_customization and flag(config, "IsDehydrated"):
        raise CmdletFailure(
            INVALID_OPERATION,
            "The command you tried to run isn't currently allowed in your organization. To run this command, you "
            "first need to run the command: Enable-OrganizationCustomization.",
        )
