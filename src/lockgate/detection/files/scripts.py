"""What a script would do, told from its words: where it runs, what it fetches, starts, hides and keeps.

Only shapes are weighed, never single words: administrators' scripts start programs, and web pages decode texts.
"""

import base64
import binascii
import re
from dataclasses import dataclass

LIMIT = 1_000_000
DEPTH = 2
_WORDS = {
    "host": (
        r"wscript\.", r"activexobject", r"createobject\s*\(", r"getobject\s*\(", r"shell\.application", r"powershell",
        r"system\.management\.automation", r"\bmshta\b", r"<hta:application", r"cmd(?:\.exe)?\s*/[ck]",
    ),
    "fetch": (
        r"xmlhttp", r"winhttp", r"downloadfile", r"downloadstring", r"downloaddata",
        r"invoke-(?:webrequest|restmethod)",
        r"\biwr\b", r"\birm\b", r"urldownloadtofile", r"start-bitstransfer", r"bitsadmin", r"net\.webclient",
        r"certutil[^\n]{0,80}urlcache", r"curl(?:\.exe)?\s+-?[^\n]{0,80}https?:", r"\\\\[\w.\-]{3,60}@(?:ssl|\d+)\\",
        r"mshta(?:\.exe)?\s+[\"']?https?:",
    ),
    "run": (
        r"\.run\s*[(\s\"']", r"shellexecute", r"\.exec\s*\(", r"invoke-expression", r"\biex\b", r"start-process",
        r"rundll32", r"regsvr32", r"\bexecute(?:global)?\s*\(", r"wmic\s+process", r"win32_process", r"\.invoke\s*\(",
        r"msiexec\s+[^\n]{0,20}/i",
    ),
    "write": (
        r"adodb\.stream", r"savetofile", r"createtextfile", r"opentextfile", r"writeallbytes", r"out-file",
        r"set-content",
        r"expand-archive", r"copyhere",
    ),
    "persist": (
        r"currentversion\\run", r"schtasks", r"(?:new|register)-scheduledtask",
        r"\\startup\\", r"reg(?:\.exe)?\s+add",
    ),
    "hide": (
        r"-w(?:indowstyle)?\s+h(?:idden)?\b", r"-nop\b", r"-noprofile\b", r"-ep\s+bypass", r"executionpolicy\s+bypass",
        r"amsi", r"(?:add|set)-mppreference",
    ),
    "encoded": (
        r"-e(?:nc(?:odedcommand)?|c)?\s+[\"']?[a-z0-9+/]{40}", r"frombase64string", r"string\.fromcharcode",
        r"(?:chrw?\s*\(\s*(?:&h)?[0-9a-f]+\s*\)\s*[&+]\s*){5}", r"unescape\s*\(\s*[\"']%", r"strreverse", r"-bxor",
        r"\[char\]\s*\d", r"(?:\\x[0-9a-f]{2}){20}",
    ),
}  # fmt: skip
_GROUPS = {name: re.compile("|".join(words), re.IGNORECASE) for name, words in _WORDS.items()}
_ENCODED = re.compile(
    r"(?:-e(?:nc(?:odedcommand)?|c)?\s+|frombase64string\s*\(\s*)[\"']?([A-Za-z0-9+/=]{40,60000})", re.IGNORECASE
)
_NO_ESCAPES = str.maketrans("", "", "^`")
"""What the command line and PowerShell pass over inside a word."""
_ENCODED_SCRIPT = re.compile(rb"#@~\^[A-Za-z0-9+/]{6}==")
"""Script Encoder of Microsoft: .jse and .vbe."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The groups of signs that a script shows, each with the first words that showed it."""

    signs: tuple[tuple[str, str], ...]

    def __contains__(self, group: str) -> bool:
        return any(name == group for name, _ in self.signs)

    @property
    def strength(self) -> float:
        """0 to 1: how much the signs together are those of a dropper."""
        has = {name for name, _ in self.signs}
        if "fetch" in has and "run" in has and has & {"host", "write", "hide", "encoded"}:
            return 1.0
        if "encoded" in has and "run" in has and "host" in has:
            return 0.9
        if "run" in has and has & {"persist", "hide"} and has & {"host", "encoded", "fetch"}:
            return 0.8
        if has >= {"write", "run"} or has >= {"fetch", "host"} or has >= {"encoded", "run"}:
            return 0.55
        return 0.2 if has & {"run", "fetch", "encoded", "persist"} else 0.0


def behaviour(content: bytes) -> Behaviour:
    """What the script would do; base64 in a PowerShell command line is looked into as well."""
    if _ENCODED_SCRIPT.search(content[:4_096]):
        return Behaviour(
            (("encoded", "Microsoft Script Encoder"), ("run", "an encoded script"), ("host", "Script Host"))
        )
    text = content[:LIMIT].decode("latin-1").translate(_NO_ESCAPES)
    found: dict[str, str] = {}
    for _ in range(DEPTH):
        for name, pattern in _GROUPS.items():
            match = pattern.search(text) if name not in found else None
            if match:
                found[name] = match.group()[:60]
        inner = _decoded(text)
        if not inner:
            break
        text = inner
    return Behaviour(tuple(found.items()))


def _decoded(text: str) -> str:
    match = _ENCODED.search(text)
    if match is None:
        return ""
    try:
        data = base64.b64decode(match.group(1) + "==")
    except (binascii.Error, ValueError):
        return ""
    return data.decode("utf-16-le" if data[1:2] == b"\0" else "latin-1", "replace")
