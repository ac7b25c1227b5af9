"""Passwords worth trying on a locked file: what the mail itself says, then the few that malware and tools always use.

Whoever mails a locked file must tell its reader the password. In practice it stands in the same mail: behind a word for
"password" in some language, or by itself in quotation marks. Order matters, because slow formats allow few tries.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST = 60
TEXT_LIMIT = 20_000
LONGEST = 64
FEW = 4


class Source(StrEnum):
    """Where a password is from."""

    MAIL = "mail"
    USUAL = "usual"


@dataclass(frozen=True, slots=True)
class Password:
    """One candidate. Its text is never part of a finding: an honest one opens an honest document."""

    text: str
    source: Source


_WORDS = (
    # English, German, French, Spanish, Portuguese, Italian, Dutch
    "password", "passwd", "passcode", "passphrase", "pass ?code", "pass ?word", "pwd", "pw", "pass", "pin", "code",
    "passwort", "kennwort", "zugangscode", "mot de passe", "mdp", "code secret", "contraseña", "contrasena", "clave",
    "senha", "palavra[- ]passe", "parola d'ordine", "parola chiave", "wachtwoord", "toegangscode",
    # Nordic, Baltic
    "lösenord", "losenord", "adgangskode", "kodeord", "passord", "salasana", "lykilorð", "parole", "slaptažodis",
    "parool",
    # Central and Eastern Europe, Turkish, Greek
    "hasło", "haslo", "heslo", "jelszó", "jelszo", "geslo", "lozinka", "šifra", "parolă", "parola", "şifre", "sifre",
    "пароль", "парола", "лозинка", "пароля", "κωδικός", "κωδικος",
    # Asia and the Middle East
    "密码", "密碼", "解压码", "解壓密碼", "パスワード", "パス", "暗証番号", "비밀번호", "암호", "mật khẩu", "รหัสผ่าน",
    "kata sandi", "sandi", "पासवर्ड", "סיסמה", "סיסמא", "كلمة المرور", "كلمة السر", "رمز",
)  # fmt: skip
_LINK = (
    r"is|was|are|for|to|of|the|this|that|file|archive|attachment|attached|document|zip|rar|pdf|open|opening|unlock|ist|"
    r"lautet|für|fur|zum|die|das|der|datei|anhang|archiv|dokument|est|pour|le|la|du|fichier|es|de|el|del|para|archivo|"
    r"é|do|da|o|arquivo|per|il|file|is|voor|het|bestand|to|do|pliku|jest|pro|je|är|för|till|er|til|on|для|к|от|архива|"
    r"файла|是|は|です|：|为|為|below|here|follows|following"
)
_SAID = re.compile(
    rf"(?<![^\W_])(?:{'|'.join(_WORDS)})(?![^\W_])(?:\s*\([^()\n]{{0,30}}\))?"
    rf"((?:[ \t]+(?:{_LINK})\b){{0,6}})[ \t]*([:=\-–—>：＝]{{0,3}})\s{{0,40}}([^\s]{{2,{LONGEST}}})",
    re.IGNORECASE,
)
_CJK = re.compile(
    rf"(?:密码|密碼|解压码|解壓密碼|パスワード|暗証番号|비밀번호|암호)[是为為はㅣ:：=\s]{{0,4}}([!-~]{{2,{LONGEST}}})"
)
_QUOTED = re.compile(r"[\"'“”„«»‘’`\[<(]([!-~]{3,40})[\"'“”«»‘’`\]>)]")
_ALONE = re.compile(r"(?m)^[ \t]*([!-~]{4,32})[ \t]*$")
_TRIM = "\"'“”„«»‘’`.,;:!?()[]<>*_。、」「"
OPENS_BY_ITSELF = "VelvetSweatshop"
"""Office tries it without asking, and nothing else does."""
USUAL = (
    OPENS_BY_ITSELF, "infected", "1234", "123456", "12345", "password", "123", "0000", "1111", "123456789",
    "12345678", "malware", "virus", "admin", "test", "abc123", "secret", "Password1", "qwerty", "2024", "2025", "2026",
    "111111", "000000", "666666", "4321", "777", "321", "invoice", "pass",
)  # fmt: skip


def candidates(texts: Iterable[str], names: Iterable[str] = ()) -> tuple[Password, ...]:
    """Passwords in the order to try them. `texts` are what the reader reads; `names` those of the files."""
    found: dict[str, Source] = {}
    for text in texts:
        for word in _said(text[:TEXT_LIMIT]):
            found.setdefault(word, Source.MAIL)
    said = list(found)[: MOST - len(USUAL)]
    kept = dict.fromkeys(said, Source.MAIL)
    for word in USUAL:
        kept.setdefault(word, Source.USUAL)
    for name in names:
        kept.setdefault(name.rpartition("/")[2].partition(".")[0][:LONGEST], Source.USUAL)
    return tuple(Password(text, source) for text, source in kept.items() if text)


def tries(found: Sequence[Password], *, slow: bool, office: bool) -> Iterator[Password]:
    """The candidates in order; for formats that are slow on purpose only a few of the usual ones."""
    usual = 0
    for password in found:
        if password.text == OPENS_BY_ITSELF and not office:
            continue
        usual += password.source is Source.USUAL
        if not slow or usual <= FEW or password.source is Source.MAIL:
            yield password


def speaks_of_one(text: str) -> str:
    """The word for "password" in the text, or an empty text. Single short words in passing do not count."""
    match = _SAID.search(text[:TEXT_LIMIT]) or _CJK.search(text[:TEXT_LIMIT])
    return match.group()[: match.start(1) - match.start()].strip() if match else ""


def _said(text: str) -> Iterator[str]:
    """Strong signs first: a separator behind the word, then a connecting word, then text that stands by itself."""
    weak: list[str] = []
    for match in _SAID.finditer(text):
        word = match.group(3)
        shapes = (word.strip(_TRIM), word.strip(_TRIM[:12]), word)
        if match.group(2) or match.group(1).strip() or any(letter.isdigit() for letter in word):
            yield from shapes
        else:
            weak.extend(shapes)
    for match in _CJK.finditer(text):
        yield match.group(1).strip(_TRIM)
        yield match.group(1)
    if _KEYWORD.search(text):
        yield from (match.group(1) for match in _QUOTED.finditer(text))
        yield from (match.group(1) for match in _ALONE.finditer(text))
    yield from weak


_KEYWORD = re.compile("|".join(_WORDS), re.IGNORECASE)
