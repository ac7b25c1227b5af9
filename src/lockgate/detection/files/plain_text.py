"""A text as whatever opens it reads it, whatever its bytes look like on the way.

Browsers and script hosts take UTF-16 and UTF-32 by their byte order mark and pass over NUL bytes between tags
(WHATWG Encoding §6, HTML §13.2.5); Office reads the parts of its files in UTF-16 as well (ECMA-376 part 2 §8.1.1.2).
"""

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 400
_SOME = 0.25
"""Share of NUL bytes in one half of the pairs from which a text without a mark is UTF-16."""


def as_read(content: bytes) -> bytes:
    """The text in UTF-8, without mark and NUL bytes; the very same object when it is that already."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _in_utf8(content[len(mark) :], encoding)
    if b"\0" not in content:
        return content
    odd, even = content[1:_SAMPLE:2], content[0:_SAMPLE:2]
    if odd.count(0) > _SOME * len(odd) and not even.count(0):
        return _in_utf8(content, "utf-16-le")
    if even.count(0) > _SOME * len(even) and not odd.count(0):
        return _in_utf8(content, "utf-16-be")
    return content.replace(b"\0", b"")


def _in_utf8(content: bytes, encoding: str) -> bytes:
    text = content if encoding == "utf-8" else content.decode(encoding, "replace").encode()
    return text.replace(b"\0", b"") if b"\0" in text else text
