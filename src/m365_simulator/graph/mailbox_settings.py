"""/users/{id}/mailboxSettings and inbox rules (`messageRules`); both are kept in the user's `extra`."""

from starlette.responses import Response

from m365_simulator.graph.call import Call, answer, collection, nothing
from m365_simulator.graph.errors import bad_request, item_not_found
from m365_simulator.graph.messages import mailbox
from m365_simulator.world import JsonValue, Properties, new_guid

_DEFAULTS: Properties = {
    "archiveFolder": None,
    "timeZone": "W. Europe Standard Time",
    "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
    "dateFormat": "dd.MM.yyyy",
    "timeFormat": "HH:mm",
    "userPurpose": "user",
    "language": {"locale": "en-US", "displayName": "English (United States)"},
    "automaticRepliesSetting": {
        "status": "disabled",
        "externalAudience": "all",
        "internalReplyMessage": "",
        "externalReplyMessage": "",
    },
}
_STATUSES = {"disabled", "alwaysEnabled", "scheduled"}
RULES = "messageRules"


async def settings(call: Call) -> Response:
    """GET /users/{id}/mailboxSettings."""
    mailbox(call)
    return answer({"@odata.context": f"{call.root}/$metadata#mailboxSettings", **_settings(call)})


def _settings(call: Call) -> Properties:
    user = call.user()
    purpose = {"SharedMailbox": "shared", "RoomMailbox": "room"}.get(user.mailbox_type, "user")
    kept = {name: user.extra[name] for name in _DEFAULTS if name in user.extra}
    return {**_DEFAULTS, **kept, "userPurpose": purpose}


async def change_settings(call: Call) -> Response:
    """PATCH /users/{id}/mailboxSettings; automatic replies really answer (mail flow reads them)."""
    mailbox(call)
    sent, user = call.json(), call.user()
    for name, value in sent.items():
        if name.startswith("@odata"):
            continue
        if name not in _DEFAULTS:
            raise bad_request(f"The property '{name}' does not exist.", "ErrorInvalidProperty")
        if name == "automaticRepliesSetting":
            current = _settings(call)[name]
            whole = {**current, **value} if isinstance(current, dict) and isinstance(value, dict) else {}
            if whole.get("status") not in _STATUSES:
                raise bad_request("The status of automatic replies is invalid.", "ErrorInvalidProperty")
            user.extra[name] = whole
        else:
            user.extra[name] = value
    return answer(_settings(call))


def _rules(call: Call) -> list[JsonValue]:
    mailbox(call)
    kept = call.user().extra.setdefault(RULES, [])
    if not isinstance(kept, list):
        raise item_not_found()
    return kept


def _rule(call: Call) -> Properties:
    for rule in _rules(call):
        if isinstance(rule, dict) and rule.get("id") == call.part("rule"):
            return rule
    raise item_not_found()


async def rules(call: Call) -> Response:
    """GET /users/{id}/mailFolders/inbox/messageRules."""
    return collection(call, f"users('{call.user().id}')/mailFolders('inbox')/messageRules", _rules(call))


async def add_rule(call: Call) -> Response:
    """POST /users/{id}/mailFolders/inbox/messageRules."""
    sent, kept = call.json(), _rules(call)
    if not sent.get("displayName") or not sent.get("actions"):
        raise bad_request("A rule needs displayName and actions.", "ErrorInvalidRequest")
    made: Properties = {
        "id": "AQAAA" + new_guid().replace("-", "")[:12],
        "sequence": len(kept) + 1,
        "conditions": None,
        "exceptions": None,
        "isEnabled": True,
        "hasError": False,
        "isReadOnly": False,
        **sent,
    }
    kept.append(made)
    return answer(made, 201)


async def rule(call: Call) -> Response:
    """GET .../messageRules/{id}."""
    return answer(_rule(call))


async def change_rule(call: Call) -> Response:
    """PATCH .../messageRules/{id}."""
    found = _rule(call)
    found.update({name: value for name, value in call.json().items() if name != "id"})
    return answer(found)


async def delete_rule(call: Call) -> Response:
    """DELETE .../messageRules/{id}."""
    _rules(call).remove(_rule(call))
    return nothing()
