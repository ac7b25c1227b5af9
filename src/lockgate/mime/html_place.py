"""Where the visible part of an HTML body begins, so that something can be put on top of it."""

import re

_TAG = re.compile(r"<(/?)(body|html|head|!doctype|style|script|title|\?xml|meta|link|base)\b", re.IGNORECASE)


def top_of_body(html: str) -> int:
    """The position behind the opening body tag that counts, or where a browser would open one itself.

    A tag inside a comment (also a conditional one of Outlook), a style sheet, a script or a title does not count.
    """
    position = 0
    place = 0
    while position < len(html):
        comment = html.find("<!--", position)
        found = _TAG.search(html, position)
        if found is None or (0 <= comment < found.start()):
            if comment < 0:
                break
            end = html.find("-->", comment + 4)
            if end < 0:
                break
            position = end + 3
            if found is None:
                break
            continue
        close = _tag_end(html, found.end())
        if close < 0:
            break
        name = found.group(2).lower()
        if name == "body" and not found.group(1):
            return close
        if name in {"style", "script", "title"} and not found.group(1):
            raw_end = html.lower().find(f"</{name}", close)
            close = close if raw_end < 0 else raw_end
        if html[place : found.start()].strip() and not _only_comments(html[place : found.start()]):
            break
        place = position = close
    return place


def _only_comments(text: str) -> bool:
    return not re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).strip()


def _tag_end(html: str, position: int) -> int:
    """Behind the `>` of a tag; one inside a quoted attribute does not count."""
    quote = ""
    for at in range(position, min(len(html), position + 20_000)):
        char = html[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and html[at - 1] in "= \t\r\n":
            quote = char
        elif char == ">":
            return at + 1
    return -1
