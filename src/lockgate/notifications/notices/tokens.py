"""The tokens of notification texts: `{{sender}}` and so on, put in as they stand. Nothing is ever carried out.

Rule: a value comes from mail of strangers. In HTML it is escaped and stands in no tag, and no address in it becomes
a link; the one token that may stand in a tag is our own link.
"""

import re
from collections.abc import Iterator, Mapping
from html import escape

LINK = "link"
TOKENS = {
    "organisation": "the organisation's name",
    "notification": "the name of the notification that tells",
    "direction": "whether the message came in or went out",
    "sender": "the author as the message names it, or the envelope's sender",
    "recipients": "the recipients of whom this is told",
    "subject": "the message's subject",
    "verdict": "what the message is held to be, such as phishing",
    "reasons": "why, one sentence for each finding, in English",
    "action": "what became of the message, such as quarantined",
    "policy": "the name of the policy that decided",
    "rule": "the name of the policy's rule",
    "time": "when, in the organisation's time zone",
    "message": "the id of the message in the trace",
    LINK: "for administrators the message in the console; for others their own page, where there is one",
}
OF_MANY = {
    "count": "how many messages the letter is about",
    "organisation": TOKENS["organisation"],
    "notification": TOKENS["notification"],
}
_TOKEN = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_LEFT_OVER = re.compile(r"\{\{|\}\}")


def problems(text: str, known: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each token that does not exist, and for braces that are none."""
    for name in dict.fromkeys(found.strip() for found in _TOKEN.findall(text)):
        if name not in known:
            yield f"There is no token {{{{{name}}}}}. There are: {', '.join(f'{{{{{one}}}}}' for one in known)}."
    if _LEFT_OVER.search(_TOKEN.sub("", text)):
        yield "A token begins with {{ and ends with }}; one of these stands alone."


def problems_in_tags(html: str) -> Iterator[str]:
    """A sentence for each token inside a tag that may not stand there."""
    for found in _TOKEN.finditer(html):
        before = html[: found.start()]
        if before.rfind("<") > before.rfind(">") and found.group(1).strip() != LINK:
            yield f'{found.group(0)} cannot stand inside a tag; only {{{{{LINK}}}}} can, as in <a href="{{{{link}}}}">.'


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its values; a token that does not exist stays as it is."""
    return _TOKEN.sub(lambda found: values.get(found.group(1).strip(), found.group(0)), text)


def fill_html(html: str, values: Mapping[str, str]) -> str:
    """The same for HTML: values are escaped, and lines stay lines."""
    return fill(html, {name: escape(value).replace("\n", "<br>") for name, value in values.items()})


def without_links(value: str) -> str:
    """A stranger's text so that no mail program makes a link of it."""
    return value.replace("://", ": //").replace("www.", "www .")
