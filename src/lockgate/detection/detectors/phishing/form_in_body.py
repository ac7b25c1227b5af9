"""The message itself holds a form with fields to fill in.

Why it matters: a form in the mail sends what is typed to whoever wrote it; honest senders link to their site.
Known false positives: "accelerated mobile pages" mail and very old newsletters with a search field.
References: MITRE ATT&CK T1056.003; WHATWG HTML §4.10.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.organisations import same_organisation
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_FORM = re.compile("<(?i:form)")
_PASSWORD = re.compile(r"<input\b[^>]{0,300}type\s*=\s*[\"']?password", re.IGNORECASE)
_FIELD = re.compile(
    r"<(?:input\b(?![^>]{0,300}type\s*=\s*[\"']?(?:hidden|submit|button|image))|textarea\b)", re.IGNORECASE
)
_ACTION = re.compile(r"<form\b[^>]{0,500}\baction\s*=\s*[\"']?\s*https?://([^\s\"'>/:]{3,200})", re.IGNORECASE)


@detector("phishing.form-in-body", Category.PHISHING, weight=2.0)
def form_in_body(message: Message, content: Content) -> Iterator[Outcome]:
    html = message.html[:500_000]
    if not _FORM.search(html):
        return
    action = _ACTION.search(html)
    if _PASSWORD.search(html):
        yield Found("the message has a field for a password", (Evidence("html", "input type=password"),), 1.6)
    elif action and _FIELD.search(html) and not same_organisation(action.group(1), content.header_from.domain):
        yield Found(
            f"the message has a form that goes to {action.group(1)}", (Evidence("html", action.group(1)),), 0.15
        )
