"""Changes to a message that touch only the bytes they name. What may not be changed is a value, not an error."""

import binascii

from lockgate.mime.disclaimers import add_disclaimer
from lockgate.mime.edits import NotChanged, why_untouchable
from lockgate.mime.encoded_words import decode_words
from lockgate.mime.headers import RawField, scan
from lockgate.mime.parser import parse

__all__ = ["NotChanged", "add_disclaimer", "tag_subject"]

WORD_BYTES = 45  # of UTF-8 in one encoded word: with its frame it stays below 75 characters (RFC 2047 §2)
LINE = 78


def tag_subject(content: bytes, prefix: str) -> bytes | NotChanged:
    """The same bytes with `prefix` and a blank in front of the subject; a message without Subject gets one.

    Only the topmost Subject field is touched, and its own bytes stay behind the prefix. A subject that begins with
    the prefix already comes back as it is. Never raises.
    """
    if reason := why_untouchable(parse(content)):
        return NotChanged(reason)
    shown = " ".join("".join(char if char.isprintable() else " " for char in prefix).split())
    shown = shown.encode("utf-8", "ignore").decode("utf-8")
    if not shown:
        return NotChanged("the prefix is empty")
    header = scan(content)
    subject = next((field for field in header.fields if field.name == "subject"), None)
    end = b"\r\n" if b"\r\n" in content[: header.body_start] or b"\n" not in content else b"\n"
    if subject is None:
        return b"Subject: " + _words(shown, end) + end + content
    if decode_words(header.value("subject") or "").startswith(shown):
        return content
    return _tagged(content, subject, shown, end)


def _tagged(content: bytes, subject: RawField, shown: str, end: bytes) -> bytes:
    value = content[subject.value_start : subject.end]
    text = value.lstrip(b" \t\r\n")
    if not text:
        line_end = value[len(value.rstrip(b"\r\n")) :]
        return content[: subject.value_start] + b" " + _words(shown, end) + line_end + content[subject.end :]
    at = subject.end - len(text)
    if shown.isascii():
        tag = shown.encode("ascii")
    elif not text.isascii() and _is_utf8(text):
        tag = shown.encode("utf-8")  # an internationalised header already (RFC 6532)
    else:
        # Blanks between two encoded words are not shown (RFC 2047 §6.2): there the blank goes into the word.
        tag = _words(shown + " " if text.startswith(b"=?") else shown, end)
    first_line = len(text.partition(b"\n")[0])
    last_line = len(tag.rpartition(b"\n")[2])
    fold = len("Subject: ") + last_line + first_line > LINE
    return content[: subject.value_start] + b" " + tag + (end + b" " if fold else b" ") + content[at:]


def _words(text: str, end: bytes) -> bytes:
    """ASCII as it is; anything else as encoded words, none of which splits a character."""
    if text.isascii():
        return text.encode("ascii")
    chunks: list[bytes] = [b""]
    for char in text:
        raw = char.encode("utf-8", "ignore")
        if len(chunks[-1]) + len(raw) > WORD_BYTES:
            chunks.append(b"")
        chunks[-1] += raw
    return (end + b" ").join(b"=?utf-8?B?" + binascii.b2a_base64(chunk, newline=False) + b"?=" for chunk in chunks)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
