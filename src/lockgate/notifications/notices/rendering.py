"""From what is known of messages to the words of one letter. Pure; the same for letters, previews and tests.

Rule: HTML that administrators write passes a cleaner after its values were put in: nothing in it runs, loads or hides.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import nh3

from lockgate.model.notice import Audience, NoticeFacts
from lockgate.notifications.notices.settings import NoticeText
from lockgate.notifications.notices.texts import Words
from lockgate.notifications.notices.tokens import fill, fill_html, without_links
from lockgate.notifications.ports import Home

LISTED = 50  # messages in one letter; the rest are a number
NONE = "–"
BETWEEN, BETWEEN_HTML = "\n\n" + "-" * 40 + "\n\n", '<hr style="border:0;border-top:1px solid #dce1e7;margin:16px 0">'
_TAGS = {
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i", "li", "ol", "p", "pre", "s",
    "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"*": {"style", "align", "dir", "lang"}, "a": {"href"}, "td": {"colspan", "rowspan"}, "table": {"width"}}
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-left", "border-right", "border-top",
    "color", "font-family", "font-size", "font-style", "font-weight", "line-height", "margin", "margin-bottom",
    "margin-top", "padding", "text-align", "text-decoration", "width",
}  # fmt: skip
_WITHOUT_TRACE = {"script", "style", "title", "head", "noscript", "template", "iframe", "object", "svg", "math"}
_ADDRESS = re.compile(r"https?://[^\s<]+")
_LINK = r'<a href="\g<0>" style="color:#066fd1;word-break:break-all">\g<0></a>'


@dataclass(frozen=True, slots=True)
class Told:
    """What a letter says."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says it to whom, and in which words."""

    notification: str
    audience: Audience
    home: Home
    console: str
    words: Words
    text: NoticeText

    def say(self, known: Sequence[NoticeFacts], count: int) -> Told:
        """The letter about `count` messages, of which those in `known` are told one by one."""
        several = [self._values(one) for one in known[:LISTED]]
        parts = [fill(self.text.text, one) for one in several]
        pages = [self._html(one, part) for one, part in zip(several, parts, strict=True)]
        if count > len(several):
            more = self.words.say("more", count=count - len(several))
            parts.append(more)
            pages.append(f"<p>{escape(more)}</p>")
        many = {"count": str(count), "organisation": self.home.name, "notification": self.notification}
        subject = fill(self.text.subject, several[0]) if count == 1 else fill(self.text.subject_many, many)
        return Told(" ".join(subject.split()), BETWEEN.join(parts), BETWEEN_HTML.join(pages))

    def _html(self, values: dict[str, str], text: str) -> str:
        return cleaned(fill_html(self.text.html, values)) if self.text.html.strip() else as_html(text)

    def _values(self, one: NoticeFacts) -> dict[str, str]:
        words, for_administrators = self.words, self.audience is Audience.ADMINISTRATORS
        foreign = {
            "sender": one.sender,
            "recipients": ", ".join(one.recipients),
            "subject": one.subject,
            "reasons": "\n".join(one.reasons) or words.say("reasons_none"),
        }
        own = {
            "organisation": self.home.name,
            "notification": self.notification,
            "direction": words.of("directions", one.direction) if one.direction else NONE,
            "verdict": words.of("verdicts", one.verdict) if one.verdict else NONE,
            "action": words.of("outcomes", one.outcome),
            "policy": one.policy or NONE,
            "rule": one.rule or NONE,
            "time": words.moment(one.at, self.home.zone),
            "message": one.message_id,
            "link": f"{self.console}/trace/{one.message_id}" if for_administrators else self.home.own_page,
        }
        return {name: without_links(value) or NONE for name, value in foreign.items()} | own


def as_html(text: str) -> str:
    """Plain text as HTML: paragraphs, lines, and addresses that can be followed, which only ours are by now."""
    whole = [escape(one.strip()) for one in re.split(r"\n\s*\n", text) if one.strip()]
    linked = [_ADDRESS.sub(_LINK, one) for one in whole]
    return "".join("<p>{}</p>".format(one.replace("\n", "<br>")) for one in linked)


def cleaned(html: str) -> str:
    """HTML without anything that runs, loads or places itself; links lead to the web or to an address only."""
    return nh3.clean(
        html, tags=_TAGS, clean_content_tags=_WITHOUT_TRACE, attributes=_ATTRIBUTES, link_rel=None,
        url_schemes={"http", "https", "mailto"}, filter_style_properties=_STYLES,
    )  # fmt: skip
