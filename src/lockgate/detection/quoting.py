"""Where a message stops saying something of its own and quotes or forwards another."""

import re

READ = 30_000
QUOTE = re.compile(
    r"\n(?:>\s|-{2,}\s?(?:original|forwarded|urspr|message d|mensaje|messaggio|oorspronk|mensagem|元の)|_{20,}\s*$|"
    r"(?:from|von|de|da|van|från|差出人)\s?[:：]\s?\S|"
    r"(?:on|am|le|el|il|op|em|den|dne|dnia)\s.{5,100}(?:wrote|schrieb|écrit|escribió|scritto|schreef|escreveu|skrev|napsal|"
    r"napisał))",
    re.IGNORECASE | re.MULTILINE,
)
"""How programs begin what they quote, after a line break: a search for that is the quickest."""


def begins(text: str) -> int:
    """The place of the first quoted line among the first `READ` characters; the text's length when there is none."""
    found = QUOTE.search("\n" + text[:READ])
    return found.start() if found else len(text)
