"""An archive or document needs a password, so nobody on the way can look into it.

Why it matters: malware is mailed with its password in the text for exactly this reason. When the text gives the
password away, the encryption protects nothing and only hides.
Known false positives: confidential documents from payroll, law firms, doctors and banks.
References: MITRE ATT&CK T1027.013; APPNOTE 6.3.10 §4.4.4; MS-OFFCRYPTO.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, Unfinished, detector
from lockgate.detection.files import kinds, pdf
from lockgate.detection.files.kinds import Family
from lockgate.detection.files.unpacking import Why
from lockgate.model.findings import Category, Evidence

_PASSWORD = re.compile(
    r"\b(?:password|passcode|passwort|kennwort|mot de passe|contraseña|senha|wachtwoord|hasło|пароль|parola)\b"
    r"(?: (?:is|for|to|ist|lautet|est|es|é|to jest)\b[^:]{0,30})? ?[:=] ?\S{3,30}"
)


@detector("file.encrypted-archive", Category.FILE, weight=1.0)
def encrypted_archive(content: Content) -> Iterator[Outcome]:
    archives: dict[str, str] = {}
    for item in content.unpacked.unopened:
        if item.why is Why.ENCRYPTED:
            archives.setdefault(item.where.partition(" > ")[0], item.name)
    for file in content.files:
        if file.kind is kinds.ENCRYPTED_OFFICE:
            archives.setdefault(file.where, file.name)
        if (
            file.kind.family is Family.PDF
            and pdf.facts(file.content).encrypted
            and not pdf.facts(file.content).readable
        ):
            archives.setdefault(file.where, file.name)
    told = _PASSWORD.search(content.words) if archives else None
    for where, name in archives.items():
        evidence = (Evidence(where, name), *((Evidence("text", told.group()),) if told else ()))
        why = f"{where} needs a password" + (", which the text gives away" if told else "")
        yield Found(why, evidence, 2.0 if told else 1.0, ("file:encrypted",))
        yield Unfinished(f"{where} is encrypted and was not looked into", essential=False)
