"""Which passwords are refused: too short, too long, too common, or the account's own name.

Rule: length counts, composition does not; what attackers try first is refused (NIST SP 800-63B §5.1.1.2).
"""

import re

SHORTEST = 12
LONGEST = 256
FEWEST_DIFFERENT = 5
COMMON = frozenset(
    """
    password passwort motdepasse contrasena letmein welcome willkommen admin administrator lockgate qwerty qwertyuiop
    qwertz asdfghjkl iloveyou monkey dragon football baseball superman batman princess sunshine master shadow trustno
    whatever changeme changeit default secret access login abc abcdef abcdefgh test testtest letmeinnow
    passwordpassword adminadmin welcomewelcome qwertyqwerty correcthorsebatterystaple summer winter spring autumn
    """.split()  # noqa: SIM905 - a list of fifty quoted words is harder to read and to add to
)
_SUBSTITUTES = str.maketrans("013457@$!", "oieastasi")
_SEQUENCES = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


def problems(password: str, account: str) -> tuple[str, ...]:
    """Everything that speaks against the password, each a sentence; empty when it may be used."""
    found = []
    if len(password) < SHORTEST:
        found.append(f"Use at least {SHORTEST} characters; a sentence of four or five words is good.")
    if len(password) > LONGEST:
        found.append(f"Use at most {LONGEST} characters.")
    if len(set(password)) < FEWEST_DIFFERENT:
        found.append(f"Use at least {FEWEST_DIFFERENT} different characters.")
    if _is_common(password):
        found.append("This is among the passwords that are tried first; choose another.")
    name = account.strip().casefold()
    if len(name) > 2 and name in password.casefold():
        found.append("Leave the account's name out of the password.")
    return tuple(found)


def _is_common(password: str) -> bool:
    folded = password.casefold()
    bare = re.sub(r"[^a-z]", "", folded)
    unmasked = re.sub(r"[^a-z]", "", folded.translate(_SUBSTITUTES))
    trimmed = re.sub(r"[^a-z]", "", re.sub(r"[\d\W_]+$", "", folded).translate(_SUBSTITUTES))
    runs = any(folded[:SHORTEST] in sequence or folded[:SHORTEST][::-1] in sequence for sequence in _SEQUENCES)
    return runs or any(form in COMMON for form in (bare, unmasked, trimmed))
