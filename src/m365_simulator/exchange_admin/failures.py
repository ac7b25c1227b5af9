"""How a cmdlet fails, in the shapes that the admin API returns (microsoft-365.md §3.1).

`details[0].message` is `<id>|<.NET type>|<text>`: the text after the last bar is what a person reads.
"""

import hashlib
from http import HTTPStatus

from m365_simulator.world import JsonValue, Properties

VALIDATION = "Microsoft.Exchange.Management.Tasks.ValidationException"
NOT_FOUND = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
AMBIGUOUS = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectAmbiguousException"
BINDING = "System.Management.Automation.ParameterBindingException"
TRANSFORMATION = "System.Management.Automation.ParameterBindingTransformationException"
COMMAND_NOT_FOUND = "System.Management.Automation.CommandNotFoundException"
ALREADY_EXISTS = "Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException"
MEMBER_EXISTS = "Microsoft.Exchange.Management.Tasks.MemberAlreadyExistsException"
MEMBER_NOT_FOUND = "Microsoft.Exchange.Management.Tasks.MemberNotFoundException"
INVALID_OPERATION = "Microsoft.Exchange.Management.Tasks.InvalidOperationException"
NEEDS_MANAGER = "Microsoft.Exchange.Configuration.Tasks.OperationRequiresGroupManagerException"
ODATA = "Microsoft.Exchange.Admin.OData.Core.ODataServiceException"


class CmdletFailure(Exception):
    """A cmdlet threw. `kind` is the full .NET type name of what it threw."""

    def __init__(self, kind: str, text: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.status = status


def invalid(text: str) -> CmdletFailure:
    """A parameter's value breaks one of Exchange's rules."""
    return CmdletFailure(VALIDATION, text)


def not_found(identity: str) -> CmdletFailure:
    """No object has this identity."""
    server = "SIM01A001.PROD.OUTLOOK.COM"
    text = f"The operation couldn't be performed because object '{identity}' couldn't be found on '{server}'."
    return CmdletFailure(NOT_FOUND, text, HTTPStatus.NOT_FOUND)


def body(failure: CmdletFailure) -> Properties:
    """The whole JSON body of the answer."""
    code = "NotFound" if failure.status == HTTPStatus.NOT_FOUND else "BadRequest"
    mark = "Ex" + hashlib.sha256(failure.kind.encode()).hexdigest()[:6].upper()
    detail: JsonValue = {"code": "Context", "target": "", "message": f"{mark}|{failure.kind}|{failure.text}"}
    inner: JsonValue = {
        "message": "Error executing cmdlet",
        "type": ODATA,
        "stacktrace": "",
        "internalexception": {"message": failure.text, "type": failure.kind, "stacktrace": ""},
    }
    error: Properties = {
        "code": code,
        "message": "Error executing cmdlet",
        "details": [detail],
        "innererror": inner,
        "@adminapi.warnings": [],
    }
    return {"error": error}


def plain_body(code: str, text: str) -> Properties:
    """A failure of the service rather than of a cmdlet: no details."""
    return {"error": {"code": code, "message": text}}
