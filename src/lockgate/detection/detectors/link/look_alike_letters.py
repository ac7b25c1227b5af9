"""A link's host is spelled with letters of another script that look like Latin ones.

Why it matters: `pаypal.com` with a Cyrillic letter reads as PayPal's address and is another.
Known false positives: honest internationalised names in one script are not counted.
References: Unicode UTS #39 (confusables); RFC 5891; MITRE ATT&CK T1583.001.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.targets import readable
from lockgate.detection.text import LOOK_ALIKES, mixes_scripts
from lockgate.model.findings import Category, Evidence


@detector("link.look-alike-letters", Category.PHISHING, weight=4.0)
def look_alike_letters(content: Content) -> Iterator[Outcome]:
    for target in content.web_targets:
        if "xn--" not in target.host:
            continue
        shown = readable(target.host)
        for name in shown.split("."):
            whole_disguise = not name.isascii() and name.translate(LOOK_ALIKES).isascii() and len(name) > 2
            if mixes_scripts(name) or whole_disguise:
                yield Found(
                    f"the host {target.host} is shown as {shown}, with letters that only look like Latin ones",
                    (Evidence(target.where, f"{shown} ({target.host})"),),
                )
                break
