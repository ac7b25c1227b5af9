"""Audit records that the identity side writes: consents, role assignments and sign-ins.

Record types 8 (AzureActiveDirectory) and 15 (AzureActiveDirectoryStsLogon), fields as in microsoft-365.md §5.3.
"""

from m365_simulator.world import AuditRecord, Properties, Tenant, User, World, new_guid

CONTENT_TYPE = "Audit.AzureActiveDirectory"


def directory_event(
    world: World, tenant: Tenant, operation: str, actor: str, target: str, modified: Properties | None = None
) -> None:
    """Something changed in the directory; `modified` is property name -> new value."""
    changes: list[Properties] = [
        {"Name": name, "NewValue": value, "OldValue": ""} for name, value in (modified or {}).items()
    ]
    fields: Properties = {
        "RecordType": 8,
        "Operation": operation,
        "ResultStatus": "Success",
        "ObjectId": target,
        "UserId": actor,
        "UserType": 2,
        "ModifiedProperties": list(changes),
    }
    _append(world, tenant, fields)


def sign_in_event(world: World, tenant: Tenant, user: User, app_id: str, error_number: int) -> None:
    """Somebody signed in (`error_number` 0) or failed to."""
    fields: Properties = {
        "RecordType": 15,
        "Operation": "UserLoginFailed" if error_number else "UserLoggedIn",
        "ResultStatus": "Failed" if error_number else "Success",
        "ObjectId": app_id or "Unknown",
        "UserId": user.user_principal_name,
        "UserType": 0,
        "ApplicationId": app_id,
        "ErrorNumber": str(error_number),
        "LogonError": "InvalidUserNameOrPassword" if error_number == 50126 else "",
        "ClientIP": "192.0.2.200",
        "InterSystemsId": new_guid(),
    }
    _append(world, tenant, fields)


def _append(world: World, tenant: Tenant, fields: Properties) -> None:
    now = world.clock.now()
    record = AuditRecord(CONTENT_TYPE, now, {})
    record.body = {
        "Id": record.id,
        "CreationTime": now.strftime("%Y-%m-%dT%H:%M:%S"),
        "OrganizationId": tenant.id,
        "Workload": "AzureActiveDirectory",
        "UserKey": str(fields.get("UserId", "")),
        **fields,
    }
    tenant.audit.append(record)
