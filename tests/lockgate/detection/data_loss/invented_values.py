"""Invented values of every identifier that ships, and near misses, from a seed.

A value of a number with check digits is found by trying random ones of its form, with the rule of python-stdnum as the
judge; a near miss has the form and the words, and check digits that do not hold.
"""

import random
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lockgate.detection.data_loss.catalogue import shipped_catalogue
from lockgate.detection.data_loss.checks import check_named
from lockgate.model.data_loss import Expression

TRIES = 20_000
# Forms: d digit, A letter, and `{...}` a choice; a date is YYMMDD or DDMMYY. Everything else stands for itself.
FORMS: dict[str, str] = {
    "al.nipt": "{J|K|L}ddddddddA",
    "ar.dni": "dd.ddd.ddd",
    "ar.cuit": "20-dddddddd-d",
    "at.vnr": "dddd DDMMYY",
    "au.tfn": "ddd ddd ddd",
    "be.nn": "YY.MM.DD-ddd.dd",
    "bg.egn": "YYMMDDdddd",
    "br.cpf": "ddd.ddd.ddd-dd",
    "ca.sin": "{1|2|4|5|7}dd ddd ddd",
    "ch.ssn": "756.dddd.dddd.dd",
    "cl.rut": "dd.ddd.ddd-d",
    "cn.ric": "110101YYYYMMDDdddd",
    "cr.cpf": "1-0ddd-0ddd",
    "cu.ni": "YYMMDDddddd",
    "cz.rc": "YYMMDD/dddd",
    "de.idnr": "dd ddd ddd ddd",
    "dk.cpr": "DDMMYY-dddd",
    "do.cedula": "001-ddddddd-d",
    "ec.ci": "{0|1}{1|2|3|4}0ddddddd",
    "ee.ik": "3YYMMDDdddd",
    "es.dni": "ddddddddA",
    "es.nie": "XdddddddA",
    "fi.hetu": "DDMMYY-dddA",
    "fr.nir": "1YYMMdddddddddd",
    "gb.nhs": "ddd ddd dddd",
    "gr.amka": "DDMMYYddddd",
    "hr.oib": "ddddddddddd",
    "id.nik": "317101DDMMYYdddd",
    "ie.pps": "dddddddA",
    "il.idnr": "ddddddddd",
    "in.aadhaar": "{2|3|4|5}ddd dddd dddd",
    "in.pan": "ACUPAddddA",
    "is.kennitala": "DDMMYY-ddd9",
    "it.codicefiscale": "AAAAAAYY{B|C|D|E|H|L|M}DDH501A",
    "jp.in": "dddd-dddd-dddd",
    "kr.rrn": "YYMMDD-1dddddd",
    "lt.asmens": "3YYMMDDdddd",
    "lv.pk": "DDMMYY-1dddd",
    "mx.curp": "BOXW310820HNERXNdd",
    "my.nric": "YYMMDD-01-dddd",
    "nl.bsn": "ddddddddd",
    "no.fodselsnummer": "DDMMYYddddd",
    "nz.ird": "{5|6|7}d-ddd-ddd",
    "pe.cui": "ddddddddd",
    "pk.cnic": "{1|2|3}dddd-ddddddd-d",
    "pl.pesel": "YYMMDDddddd",
    "pt.nif": "{1|2}dddddddd",
    "pt.cc": "dddddddddZZd",
    "ro.cnp": "1YYMMDD40dddd",
    "ru.inn": "dddddddddddd",
    "se.personnummer": "YYMMDD-dddd",
    "si.emso": "DDMM9YY50dddd",
    "sk.rc": "YYMMDD/dddd",
    "th.pin": "{1|3}dddddddddddd",
    "tr.tckimlik": "{1|2|3}dddddddddd",
    "ua.rntrc": "dddddddddd",
    "us.ssn": "{2|3|4|5}dd-dd-dddd",
    "us.itin": "9dd-70-dddd",
    "us.npi": "1ddddddddd",
    "us.dea": "BAddddddd",
    "uy.rut": "21dddddd001d",
    "za.idnr": "YYMMDD5ddd08d",
    "iban": "DEdddddddddddddddddddd",
    "us.rtn": "0ddddddd0",
    "payment-card": "4ddddddddddddddd",
}


@dataclass(frozen=True, slots=True)
class Invented:
    """One value in its sentence; `true` says whether it is one."""

    identifier: str
    sentence: str
    true: bool


def invented(seed: int, each: int) -> Iterator[Invented]:
    """`each` true values and as many near misses of every number that has check digits."""
    dice = random.Random(seed)
    for name in FORMS:
        for _ in range(each):
            yield Invented(name, sentence(dice, name), true=True)
            if name not in NO_NEAR_MISS:
                yield Invented(name, sentence(dice, name, true=False), true=False)


def sentence(dice: random.Random, name: str, *, true: bool = True) -> str:
    """A sentence with a value of this identifier, or with a near miss."""
    identifier = shipped_catalogue().identifiers[name]
    assert isinstance(identifier, Expression)
    holds = check_named(identifier.check)
    assert holds is not None, name
    word = plain_word(identifier.words[0]) if identifier.words else "number"
    return f"Her {word} is {_tried(dice, FORMS[name], holds, wanted=true)} as agreed."


# Numbers whose form is their only rule.
NO_NEAR_MISS = frozenset(
    {"al.nipt", "cu.ni", "ar.dni", "cr.cpf", "in.pan", "us.ssn", "us.itin", "id.nik", "my.nric", "pk.cnic"}
)


def _tried(dice: random.Random, form: str, holds: Callable[[str], bool], *, wanted: bool) -> str:
    for _ in range(TRIES):
        value = _filled(dice, form)
        if holds(value) is wanted:
            return value
    raise AssertionError(f"no value of the form {form}")


def _filled(dice: random.Random, form: str) -> str:
    dates = {
        "YYYY": f"{dice.randrange(1950, 2000)}",
        "YY": f"{dice.randrange(50, 99):02}",
        "MM": f"{dice.randrange(1, 13):02}",
    }
    text = re.sub(r"\{([^}]+)\}", lambda found: dice.choice(found.group(1).split("|")), form)
    for letters, value in (*dates.items(), ("DD", f"{dice.randrange(1, 29):02}")):
        text = text.replace(letters, value) if letters in form else text
    return "".join(_drawn(dice, letter) if letter in "dA" else letter for letter in text)


def _drawn(dice: random.Random, letter: str) -> str:
    return dice.choice(string.digits) if letter == "d" else dice.choice(string.ascii_uppercase)


def plain_word(expression: str) -> str:
    """A text that an expression of the catalogue matches: its optional letters and alternatives taken away."""
    text = re.sub(r"\\b", "", expression)
    text = re.sub(r"\(\?:([^()|]*)(?:\|[^()]*)?\)\??", r"\1", text)
    text = re.sub(r"\[([^\]])[^\]]*\]", r"\1", text)
    text = text.replace("\\.?", "").replace("\\.", ".").replace(" ?", " ")
    return re.sub(r"(.)\?", r"\1", text)
