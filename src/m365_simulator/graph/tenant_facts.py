"""/domains and /organization (microsoft-365.md §2.2)."""

from starlette.responses import Response

from m365_simulator.graph.call import Call, answer, collection
from m365_simulator.graph.errors import not_found
from m365_simulator.world import Domain, JsonValue, Properties


async def domains(call: Call) -> Response:
    """GET /domains."""
    value: list[JsonValue] = [_selected(call, _domain(domain)) for domain in call.tenant.domains.values()]
    return collection(call, "domains", value)


async def domain(call: Call) -> Response:
    """GET /domains/{name}."""
    found = call.tenant.domains.get(call.part("domain").lower())
    if found is None:
        raise not_found(call.part("domain"))
    return answer({"@odata.context": f"{call.root}/$metadata#domains/$entity", **_selected(call, _domain(found))})


async def organization(call: Call) -> Response:
    """GET /organization: exactly one."""
    verified: list[JsonValue] = [
        {
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": domain.is_default,
            "isInitial": domain.is_initial,
            "name": domain.name,
            "type": "Managed",
        }
        for domain in call.tenant.domains.values()
        if domain.is_verified
    ]
    found: Properties = {
        "id": call.tenant.id,
        "displayName": call.tenant.display_name,
        "createdDateTime": "2024-01-15T09:00:00Z",
        "countryLetterCode": "DE",
        "preferredLanguage": "en",
        "tenantType": "AAD",
        "onPremisesSyncEnabled": None,
        "technicalNotificationMails": [],
        "assignedPlans": [
            {
                "assignedDateTime": "2024-01-15T09:00:00Z",
                "capabilityStatus": "Enabled",
                "service": "exchange",
                "servicePlanId": "efb87545-963c-4e0d-99df-69c6916d9eb0",
            }
        ],
        "verifiedDomains": verified,
    }
    return collection(call, "organization", [_selected(call, found)])


def _domain(domain: Domain) -> Properties:
    return {
        "id": domain.name,
        "authenticationType": "Managed",
        "availabilityStatus": None,
        "isAdminManaged": True,
        "isDefault": domain.is_default,
        "isInitial": domain.is_initial,
        "isRoot": True,
        "isVerified": domain.is_verified,
        "supportedServices": ["Email", "OfficeCommunicationsOnline"] if domain.is_verified else [],
        "passwordValidityPeriodInDays": None,
        "passwordNotificationWindowInDays": None,
        "state": None,
    }


def _selected(call: Call, found: Properties) -> Properties:
    wanted = {name.lower() for name in call.select}
    return {k: v for k, v in found.items() if k.lower() in wanted or k == "id"} if wanted else found
