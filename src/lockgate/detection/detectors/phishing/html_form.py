"""An attached HTML file asks for a password or sends a form away.

Why it matters: the sign-in page comes with the mail, so there is no link to check; browsers open it as a local file.
Known false positives: saved pages and forms of authorities (rare; they ask for no password).
References: MITRE ATT&CK T1566.001, T1056.003.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.files.kinds import Family
from lockgate.detection.files.unpacking import File
from lockgate.model.findings import Category, Evidence

LIMIT = 1_000_000
_PASSWORD = re.compile(rb"type\s*=\s*[\"']?password", re.IGNORECASE)
_FORM = re.compile(rb"<form\b[^>]{0,500}\baction\s*=\s*[\"']?\s*(https?://[^\s\"'>]{4,300})", re.IGNORECASE)
_HIDDEN_CODE = re.compile(
    rb"eval\s*\(|unescape\s*\(|document\.write\s*\(|atob\s*\(|String\.fromCharCode|<meta[^>]{0,100}http-equiv=.?refresh"
    rb"|(?:window\.|document\.|top\.)?location(?:\.href|\.replace|\.assign)?\s*[=(]",
    re.IGNORECASE,
)


@detector("phishing.html-form", Category.PHISHING, weight=3.5, about=File)
def html_form(content: Content) -> Iterator[Outcome]:
    for file in content.files:
        if file.kind.family is not Family.HTML or (file.container and file.container.family is Family.OFFICE):
            continue
        head = file.text[:LIMIT]
        form, code = _FORM.search(head), _HIDDEN_CODE.search(head)
        if _PASSWORD.search(head):
            shown = form.group(1).decode("latin-1") if form else "a password field"
            yield Found(f"{file.where} asks for a password", (Evidence(file.where, shown),), 1.4)
        elif code:
            excerpt = head[code.start() : code.start() + 80].decode("latin-1")
            yield Found(
                f"{file.where} runs a script or leads elsewhere by itself", (Evidence(file.where, excerpt),), 0.9
            )
        elif form:
            yield Found(
                f"{file.where} sends a form away", (Evidence(file.where, form.group(1).decode("latin-1")),), 0.6
            )
