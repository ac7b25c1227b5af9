"""Changes to a message that touch only the bytes they name. What may not be changed is a value, not an error."""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lockgate.mime.active_content import sanitise
from lockgate.mime.attachments import replace_attachments
from lockgate.mime.disclaimers import add_disclaimer
from lockgate.mime.edits import NotChanged, why_untouchable
from lockgate.mime.encoded_words import decode_words
from lockgate.mime.headers import RawField, scan
from lockgate.mime.link_rewriting import replace_links
from lockgate.mime.parser import parse
from lockgate.mime.signed_links import Written
from lockgate.model.decision import Changes
from lockgate.model.message import Message

__all__ = ["Changed", "NotChanged", "add_disclaimer", "make_changes", "tag_subject"]

WORD_BYTES = 45  # of UTF-8 in one encoded word: with its frame it stays below 75 characters (RFC 2047 §2)
LINE = 78
NO_LINKS: Mapping[Written, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Changed:
    """A changed copy. `notes` say what was done and what not; `unsafe` why a change that protects was not possible."""

    content: bytes
    notes: tuple[str, ...]
    unsafe: str = ""
    links: int = 0  # how many were replaced


def make_changes(
    content: bytes, changes: Changes, links: Mapping[Written, str] = NO_LINKS, message: Message | None = None
) -> Changed:
    """The copy that a decision asks for, with the addresses of `links` in the places of its links. Never raises.

    What protects comes first, and is all or nothing: with `unsafe` the copy must not be used. A notice or a tag that
    may not be added (signed, encrypted, calendar) is left out, and links that cannot be replaced stay.
    `message` is the content as it was parsed, where somebody has it.
    """
    notes: list[str] = []
    received = content
    for name, protect in (("attachments replaced", _replace), ("active content taken out", _sanitise)):
        made = protect(content, changes)
        if isinstance(made, NotChanged):
            return Changed(content, (f"not changed: {made.reason}",), made.reason)
        if made != content:
            notes.append(name)
        content = made
    for name, add in (("notice added", _notice), ("subject tagged", _tag)):
        wanted = add(content, changes)
        if isinstance(wanted, NotChanged):
            notes.append(f"no {name}: {wanted.reason}")
        elif wanted != content:
            notes.append(name)
            content = wanted
    count = 0
    if links:
        content, count = _relinked(content, links, notes, message if content is received else None)
    return Changed(content, tuple(notes), links=count)


def _relinked(
    content: bytes, links: Mapping[Written, str], notes: list[str], message: Message | None
) -> tuple[bytes, int]:
    try:
        made = replace_links(content, links, message)
    except Exception as error:  # noqa: BLE001 - mail goes on with its own links, whatever was wrong with ours
        made = NotChanged(f"{type(error).__name__}: {error}"[:200])
    if isinstance(made, NotChanged):
        notes.append(f"no link replaced: {made.reason}")
        return content, 0
    notes += [f"links left as they are in {why}" for why in made.left[:5]]
    if made.count:
        notes.append(f"{made.count} links replaced; a signature of the sender (DKIM) no longer fits the body")
    return made.content, made.count


def _replace(content: bytes, changes: Changes) -> bytes | NotChanged:
    if not changes.replace:
        return content
    if reason := why_untouchable(parse(content)):
        return NotChanged(reason)
    return replace_attachments(content, changes.replace, changes.replacement)


def _sanitise(content: bytes, changes: Changes) -> bytes | NotChanged:
    if not changes.sanitise:
        return content
    if reason := why_untouchable(parse(content)):
        return NotChanged(reason)
    return sanitise(content, changes.sanitise)


def _notice(content: bytes, changes: Changes) -> bytes | NotChanged:
    text = "\n\n".join(part for part in (changes.banner, changes.disclaimer) if part)
    return add_disclaimer(content, text) if text else content


def _tag(content: bytes, changes: Changes) -> bytes | NotChanged:
    return tag_subject(content, changes.subject_prefix) if changes.subject_prefix else content


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
