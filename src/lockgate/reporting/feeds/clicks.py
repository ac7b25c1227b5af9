"""A click in the shapes of feeds: JSON with `"event": "click"`, OCSF HTTP Activity, and a line of CEF."""

import json
from collections.abc import Iterator

from lockgate import __version__
from lockgate.model.clicks import Click, ClickOutcome
from lockgate.reporting.exported_lists import click_json
from lockgate.reporting.feeds.cef import cef_line
from lockgate.reporting.feeds.shapes import Shape

HTTP_ACTIVITY, NETWORK, GET, HEAD, POST = 4002, 4, 3, 4, 6  # OCSF 1.3
METHODS = {"GET": GET, "HEAD": HEAD, "POST": POST}
ALLOWED, BLOCKED, ALERTED = 1, 2, 19  # disposition_id of the security control profile
DISPOSITION = {
    ClickOutcome.REDIRECTED: ALLOWED, ClickOutcome.WENT_ON: ALLOWED, ClickOutcome.WARNED: ALERTED,
    ClickOutcome.BLOCKED: BLOCKED, ClickOutcome.EXPIRED: BLOCKED,
}  # fmt: skip
MOVED = 302
STATUS = {
    ClickOutcome.REDIRECTED: MOVED, ClickOutcome.WENT_ON: MOVED, ClickOutcome.WARNED: 200, ClickOutcome.BLOCKED: 403,
    ClickOutcome.EXPIRED: 410,
}  # fmt: skip
SEVERITY = {
    ClickOutcome.REDIRECTED: 1, ClickOutcome.EXPIRED: 1, ClickOutcome.WARNED: 3, ClickOutcome.BLOCKED: 4,
    ClickOutcome.WENT_ON: 4,
}  # fmt: skip
CEF_SEVERITY = {1: 1, 3: 5, 4: 8}


def click_texts(shape: Shape, click: Click) -> Iterator[str]:
    """The click in this shape."""
    match shape:
        case Shape.JSON:
            yield json.dumps({"event": "click", **click_json(click)}, ensure_ascii=False)
        case Shape.OCSF:
            yield json.dumps(http_activity(click), ensure_ascii=False)
        case Shape.CEF:
            yield _cef(click)


def http_activity(click: Click) -> dict[str, object]:
    """One OCSF event."""
    activity = METHODS.get(click.method, 99)
    moved = STATUS[click.outcome] == MOVED
    return {
        "metadata": {
            "version": "1.3.0",
            "uid": click.id,
            "profiles": ["security_control", "host"],
            "product": {"name": "Lockgate", "vendor_name": "Lockgate", "version": __version__},
            "tenant_uid": click.tenant_id,
        },
        "class_uid": HTTP_ACTIVITY,
        "class_name": "HTTP Activity",
        "category_uid": NETWORK,
        "activity_id": activity,
        "type_uid": HTTP_ACTIVITY * 100 + activity,
        "time": int(click.at.timestamp() * 1000),
        "severity_id": SEVERITY[click.outcome],
        "disposition_id": DISPOSITION[click.outcome],
        "action_id": 2 if DISPOSITION[click.outcome] == BLOCKED else 1,
        "actor": {"user": {"email_addr": click.rcpt_to, "uid": click.reader}},
        "src_endpoint": {"ip": click.client},
        "dst_endpoint": {"hostname": click.host},
        "http_request": {
            "http_method": click.method,
            "user_agent": click.agent,
            "url": {"url_string": click.address, "hostname": click.host},
        },
        "http_response": {"code": 303 if moved and activity == POST else STATUS[click.outcome]},
        "message": "; ".join(click.reasons) or click.trouble,
        "unmapped": {"outcome": click.outcome, "verdict": click.verdict, "message_id": click.message_id},
    }


def _cef(click: Click) -> str:
    severity = CEF_SEVERITY[SEVERITY[click.outcome]]
    fields = {
        "rt": int(click.at.timestamp() * 1000),
        "externalId": click.id,
        "act": click.outcome,
        "reason": "; ".join(click.reasons) or click.trouble,
        "duser": click.rcpt_to,
        "src": click.client,
        "request": click.address,
        "dhost": click.host,
        "requestMethod": click.method,
        "requestClientApplication": click.agent,
        "cs1Label": "verdict", "cs1": click.verdict,
        "cs6Label": "tenant", "cs6": click.tenant_id,
        "cs2Label": "message", "cs2": click.message_id,
    }  # fmt: skip
    return cef_line(f"click.{click.outcome}", f"link {click.outcome}", severity, fields)
