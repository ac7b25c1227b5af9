"""The unified audit log's record of a cmdlet that changed something: RecordType 1, ExchangeAdmin (§5.3)."""

from m365_simulator.exchange_admin.invocation import Invocation
from m365_simulator.exchange_admin.object_store import shelf
from m365_simulator.world import AuditRecord, JsonValue, Properties

CONTENT_TYPE = "Audit.Exchange"
_APPLICATION, _ADMIN = 5, 2


def record(call: Invocation) -> None:
    """Appends the record, unless the organisation has switched the audit log off."""
    config = shelf(call.tenant, "AdminAuditLogConfig").get("Default", {})
    if config.get("UnifiedAuditLogIngestionEnabled") is False and call.cmdlet != "Set-AdminAuditLogConfig":
        return
    entry = AuditRecord(CONTENT_TYPE, call.now, {})
    entry.body = _body(call, entry.id)
    call.tenant.audit.append(entry)


def _body(call: Invocation, record_id: str) -> Properties:
    domain = next((domain.name for domain in call.tenant.domains.values() if domain.is_initial), call.tenant.id)
    parameters: list[JsonValue] = [
        {"Name": name, "Value": _written(value)} for name, value in call.parameters.items() if value is not None
    ]
    return {
        "Id": record_id,
        "RecordType": 1,
        "CreationTime": call.now.strftime("%Y-%m-%dT%H:%M:%S"),
        "Operation": call.cmdlet,
        "OrganizationId": call.tenant.id,
        "OrganizationName": domain,
        "UserType": _APPLICATION if call.caller.app_only else _ADMIN,
        "UserKey": call.caller.object_id,
        "UserId": call.caller.audit_name,
        "AppId": call.caller.app_id,
        "Workload": "Exchange",
        "ResultStatus": "True",
        "ObjectId": call.touched or call.text("Identity") or call.text("Name"),
        "ExternalAccess": False,
        "OriginatingServer": "SIM01A001 (15.20.0000.000)",
        "ClientIP": "192.0.2.10",
        "Parameters": parameters,
    }


def _written(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    if isinstance(value, dict):
        sides = ((side, value.get(side)) for side in ("Add", "Remove"))
        return "; ".join(f"{side}: {', '.join(map(str, items))}" for side, items in sides if isinstance(items, list))
    return str(value)
