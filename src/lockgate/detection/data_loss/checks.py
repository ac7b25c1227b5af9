"""Whether a value that has the form really is one: by the rules of python-stdnum, and a few of our own."""

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module

from stdnum import luhn

GROUPS = re.compile(r"^(?:\d{13,19}|\d{4}([ \u00a0-])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ \u00a0-])\d{6}\2\d{4,5})$")
HEALTH_INDUSTRY = "80840"  # ISO/IEC 7812 prefix of the United States' health identifiers (45 CFR 162.406)
_MODULE = re.compile(r"[a-z]{2}_?\.[a-z]+_?|[a-z]+")

Check = Callable[[str], bool]


@cache
def check_named(name: str) -> Check | None:
    """The rule of this name; None when there is none. The empty name is the rule that every value keeps."""
    own = {"": _anything, "payment-card": payment_card, "npi": _npi, "dea": _dea, "password": _password}.get(name)
    if own is not None or not _MODULE.fullmatch(name):
        return own
    try:
        rule: Check = import_module(f"stdnum.{name}").is_valid
    except (ImportError, AttributeError):
        return None
    return rule


def payment_card(written: str) -> bool:
    """A card scheme's range and length, written as people write cards, with a check digit that holds."""
    digits = re.sub(r"\D", "", written)
    shaped = GROUPS.match(written) and scheme(digits) and len(set(digits)) > 1
    return bool(shaped) and bool(luhn.is_valid(digits))


def scheme(digits: str) -> str:
    """The card scheme whose issuer range and length this is (ISO/IEC 7812; the schemes' published ranges), or empty."""
    length, two, three, four = len(digits), int(digits[:2]), int(digits[:3]), int(digits[:4])
    if digits[0] == "4" and length in (13, 16, 19):
        return "Visa"
    if length == 16 and (51 <= two <= 55 or 2221 <= four <= 2720):
        return "Mastercard"
    if length == 15 and two in (34, 37):
        return "American Express"
    if length == 14 and (300 <= three <= 305 or two in (36, 38)):
        return "Diners Club"
    if length == 16 and (four == 6011 or 644 <= three <= 649 or two == 65):
        return "Discover"
    if length == 16 and 3528 <= four <= 3589:
        return "JCB"
    return "UnionPay" if length in (16, 19) and two == 62 else ""


def _anything(value: str) -> bool:
    return bool(value)


def _password(value: str) -> bool:
    """A digit and a letter at least; words of a sentence about passwords have no digit."""
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _npi(value: str) -> bool:
    """Luhn over the number behind its industry prefix (45 CFR 162.406)."""
    return bool(luhn.is_valid(HEALTH_INDUSTRY + value))


def _dea(value: str) -> bool:
    """Sum of digits 1, 3, 5 and twice that of 2, 4, 6; its last digit is the seventh (21 CFR 1301, DEA's manual)."""
    digits = [int(digit) for digit in value[2:]]
    total = sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])
    return total % 10 == digits[6]
