"""Somebody outside who calls himself the helpdesk wants to see or steer the reader's screen.

Why it matters: after hundreds of newsletters at once ("mail bombing") help is welcome; the tool is genuine, and
ransomware follows within hours.
Known false positives: support of a program's maker in an open case; those who wrote here before are not counted.
References: Microsoft, "Threat actors misusing Quick Assist" (2024); Sophos, STAC5143 and STAC5777; MITRE ATT&CK T1219.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.lures import is_stranger
from lockgate.detection.organisations import label
from lockgate.detection.text import AnyOf
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence

_TOOL = re.compile(
    r"\bquick ?assist\b|\bschnellhilfe\b|\bremotehilfe\b|\bassistance rapide\b|\basistencia rápida\b|"
    r"\bassistenza rapida\b|"
    r"\bassistência rápida\b|\bsnelle hulp\b|\bszybka pomoc\b|\brychlá pomoc\b|\bsnabbhjälp\b|"
    r"クイック ?アシスト|快速助手|"
    r"\bany ?desk\b|\bteam ?viewer\b|\brust ?desk\b|\bscreen ?connect\b|\bultra ?viewer\b|\bsupremo\b|"
    r"\bzoho assist\b|"
    r"\bsplashtop\b|\blogmein\b|\b(?:ctrl|strg)\s?\+\s?win\s?\+\s?q\b|"
    r"\b(?:accept|take|answer|nehmen sie|acceptez|acepte|accetti|aceite|accepteer|odbierz|přijměte|"
    r"svara på)\b.{0,24}\bteams\b"
)
_SIGNS = AnyOf(
    "assist", "schnellhilfe", "remotehilfe", "asistencia", "snelle hulp", "szybka pomoc", "rychlá pomoc", "snabbhjälp",
    "アシスト", "助手", "anydesk", "any desk", "rustdesk", "rust desk", "viewer", "screenconnect", "screen connect",
    "supremo", "splashtop", "logmein", "win+q", "win + q", " teams",
)  # fmt: skip
_HELPDESK = re.compile(
    r"\bhelp ?-?desk\b|\bservice ?-?desk\b|\bit[- ]?(?:support|team|abteilung|service|dept|department|security|"
    r"afdeling|dział|"
    r"oddělení|avdelning)|\btech(?:nical)? support\b|\bsupport informatique\b|\bservice informatique\b|"
    r"\bsoporte\b|\bsistemas\b|"
    r"\bassistenza tecnica\b|\bsupporto it\b|\bsuporte\b|\bdział it\b|\bit oddělení\b|"
    r"情報システム|ヘルプデスク|サポート|信息技术|"
    r"技术支持|it部"
)
_PRETEXT = re.compile(
    r"\bnewsletters?\b|\bsign-?ups\b|\bspam\b|\bflood|\bsubscriptions?\b|\banmeldung|\binscriptions\b|"
    r"\bsuscripciones\b|"
    r"\biscrizioni\b|\bsubscrições\b|\baanmeldingen\b|\bzapis|\bodběr|\bprenumeration|メルマガ|迷惑メール|垃圾邮件|订阅|"
    r"\bmalware\b|\bvirus|\btrojan|\bhacke|\binfected\b|\bwirus|\bviren\b|ウイルス|病毒"
)


@detector("fraud.remote-helper", Category.FRAUD, weight=2.4, direction=Direction.INBOUND)
def remote_helper(content: Content, origin: Origin, history: SenderHistory | None) -> Iterator[Outcome]:
    words = content.fresh[:6_000]
    tool = _TOOL.search(words) if _SIGNS.is_in(words) else None
    desk = _HELPDESK.search(words) if tool else None
    if tool is None or desk is None or not is_stranger(content, origin, history):
        return
    author = content.header_from
    name = author.display_name.lower()
    ours = any(label(domain) in name for domain in origin.internal_domains)
    pretext = _PRETEXT.search(words)
    strength = 0.7 + (0.5 if covers("free_mail", author.domain) else 0.0) + (0.5 if ours else 0.0)
    strength += 0.6 if pretext else 0.0
    evidence = [Evidence("text", tool.group()), Evidence("text", desk.group())]
    evidence += [Evidence("text", pretext.group())] if pretext else []
    yield Found("a helpdesk from outside wants to see the reader's screen", tuple(evidence), round(strength, 2))
