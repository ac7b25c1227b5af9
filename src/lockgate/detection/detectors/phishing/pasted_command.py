"""The reader is to open the window for commands and to paste there what a page has put into the clipboard.

Why it matters: "ClickFix": the reader runs the attacker's program with own hands, and no file is there to be searched.
Known false positives: instructions of a helpdesk or of developers; they name the command instead of pasting blindly.
References: Proofpoint, "ClickFix" (2024); Microsoft, "Think before you Click(Fix)" (2025); MITRE ATT&CK T1204.004.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lures import is_stranger
from lockgate.detection.text import AnyOf
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence

_RUN = re.compile(
    r"(?:(?<![a-z])win(?![a-z])|windows|⊞)[^.\n]{0,24}?(?:[+＋&]|\band\b|\bund\b|\bet\b|\by\b|\be\b|"
    r"\ben\b|\bi\b|\ba\b|\boch\b|と|和|キー|键)\s{0,2}[\"'„“»]?[rx](?![a-z])"
    r"|\b(?:powershell|cmd\.exe|command prompt|run dialog|run box|run window|terminal|eingabeaufforderung|ausführen-"
    r"|invite de commandes|símbolo del sistema|prompt dei comandi|opdrachtprompt|wiersz polecenia|příkazový řádek"
    r"|kommandotolk|(?:file|windows|datei|in the|den|im) ?explorer)"
    r"|ファイル名を指定して実行|ターミナル|命令提示符|运行窗口|终端|エクスプローラー|资源管理器"
)
_PASTE = re.compile(
    r"(?<![a-z])(?:ctrl|strg|control|ctl|cmd|command)(?![a-z])\s?(?:key\s?)?[+＋-]?\s?v(?![a-z])|⌘\s?[+]?\s?v(?![a-z])|\bpast(?:e|ing)\b|"
    r"\beinfügen\b|\bfügen sie"
    r"|\bcoll(?:er|ez)\b|\bpeg(?:ar|ue|a)\b|\bincoll(?:a|are|i)\b|\bcol(?:ar|e)\b|\bplakken\b|\bplak\b|"
    r"\bwklej\b|\bvlož(?:te|it)\b"
    r"|\bklistra in\b|貼り付け|粘贴|ペースト"
)
_KEYS = re.compile(
    r"(?<![a-z])(?:ctrl|strg|control|ctl|cmd|command)(?![a-z])\s?(?:key\s?)?[+＋-]?\s?v(?![a-z])|⌘\s?[+]?\s?v(?![a-z])"
)
_COMMAND = re.compile(
    r"powershell(?:\.exe)?\s+-|\biex\b|\biwr\b|\birm\b|mshta\s+https?:|\bcurl\s[^|\n]{3,200}\|\s*(?:ba|z)?sh\b|"
    r"msiexec\s.{0,10}https?:|\bcmd(?:\.exe)?\s*/c\b|rundll32\s"
)
_PLACES = AnyOf(
    "windows", "win+", "win +", "⊞", "powershell", "cmd.exe", "command prompt", "terminal", "run dialog", "run box",
    "run window", "eingabeaufforderung", "ausführen-", "invite de", "símbolo del", "prompt dei", "opdrachtprompt",
    "wiersz", "příkazový", "kommandotolk", "explorer", "エクスプローラー", "ターミナル", "実行", "命令提示符", "运行",
    "终端", "资源管理器",
)  # fmt: skip
_PRESSED = AnyOf(
    "ctrl", "strg", "control", "ctl", "cmd", "command", "⌘", "powershell -", "powershell.exe", "iex", "iwr", "irm",
    "mshta", "curl ", "msiexec", "rundll32",
)  # fmt: skip
"""Without one of each list nothing below is found; nearly all mail is done with that."""
_WINDOWS_KEY = re.compile(r"\bwin|⊞|windows")
READ = 8_000


@detector("phishing.pasted-command", Category.PHISHING, weight=2.8, direction=Direction.INBOUND)
def pasted_command(content: Content, origin: Origin, history: SenderHistory | None) -> Iterator[Outcome]:
    words = content.fresh[:READ]
    if not _PLACES.is_in(words) or not _PRESSED.is_in(words):
        return
    paste = _PASTE.search(words)
    run = _RUN.search(words) if paste else None
    if paste is None or run is None or not is_stranger(content, origin, history):
        return
    by_key = _WINDOWS_KEY.match(run.group()) is not None
    command = _COMMAND.search(words)
    pressed = _KEYS.search(words) is not None
    if not (by_key or pressed or command):
        return
    strength = 1.0 + (0.5 if by_key else 0.0) + (0.6 if pressed else 0.0) + (0.4 if command else 0.0)
    evidence = [Evidence("text", run.group()), Evidence("text", paste.group())]
    evidence += [Evidence("text", command.group())] if command else []
    yield Found("the reader is to paste something where commands are run", tuple(evidence), round(strength, 2))
