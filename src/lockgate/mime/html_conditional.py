"""What stands in conditional comments: Outlook for Windows shows it, every other client takes it for a comment."""

import re

MAX_TEXT = 200_000
NEW_WORDS = 15  # buttons and spacers for Outlook repeat what others see; this many further words are another letter

_OPEN = re.compile(r"<!--\[if\s([^\]]{1,80})\]>", re.IGNORECASE)
_END = "<![endif]-->"
_TAG = re.compile(r"<[^<>]{0,2000}>")
_WORD = re.compile(r"[^\W\d_]{3,}")


def for_outlook(html: str) -> str:
    """The markup that Outlook adds, joined; empty for nearly all mail. One pass."""
    pieces: list[str] = []
    position = size = 0
    while size < MAX_TEXT:
        found = _OPEN.search(html, position)
        end = html.find(_END, found.end()) if found is not None else -1
        if found is None or end < 0:
            break
        if "!mso" not in found.group(1).lower().replace(" ", ""):
            pieces.append(html[found.end() : end])
            size += end - found.end()
        position = end + len(_END)
    return "\n".join(pieces)


def adds_words(markup: str, visible: str) -> bool:
    """Whether the markup says something that the rest does not say."""
    text = _TAG.sub(" ", markup)
    return len(set(_WORD.findall(text)) - set(_WORD.findall(visible))) >= NEW_WORDS
