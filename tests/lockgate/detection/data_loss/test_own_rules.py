"""An organisation's own rules: their language, and what is refused with a sentence."""

import pytest

from lockgate.detection.data_loss.fingerprints import shingles
from lockgate.detection.data_loss.occurrences import Document
from lockgate.detection.data_loss.own_rules import own_rules
from lockgate.detection.data_loss.search import search_for
from lockgate.model.errors import InvalidInput

PLAN = " ".join(f"step {number} of the secret plan is to move the lock gate by hand" for number in range(60))
RULES = f"""
[[identifier]]
id = "own.customer"
name = "Customer number"
pattern = 'C-(\\d{{16}})'
check = "luhn"
words = ["customer"]

[[keywords]]
id = "own.projects"
name = "Projects"
words = ["Project Falcon", "Project Heron"]
mode = "within"
within = 60

[[property]]
id = "own.label"
name = "Own label"
field = "MSIP_Label_*_Name"
pattern = "Board"

[[fingerprint]]
id = "own.plan"
name = "The plan"
shingles = {sorted(shingles(PLAN))}

[[template]]
id = "own.customers"
name = "Customers"
ways = [["own.customer:2"], ["own.customer", "iban"]]

[[template]]
id = "own.board"
name = "Board"
ways = [["own.projects"], ["own.label"], ["own.plan"]]
"""


def cases(text: str, properties: dict[str, str] | None = None) -> set[str]:
    found = search_for(own_rules(RULES, 1)).cases(Document("text", text, properties or {}))
    return {case.template.id for case in found}


def test_own_identifiers_and_shipped_ones_work_together() -> None:
    assert cases("Customer C-4111111111111111 pays from DE89 3704 0044 0532 0130 00") == {"own.customers"}
    assert cases("Customers C-4111111111111111 and C-5555555555554444") == {"own.customers"}
    assert not cases("Customer C-4111111111111111")
    assert not cases("Customers C-4111111111111112 and C-5555555555554445")
    assert not cases("Parts C-4111111111111111 and C-5555555555554444")


def test_each_kind_makes_a_case() -> None:
    assert cases("project heron follows Project Falcon") == {"own.board"}
    assert cases("", {"MSIP_Label_17_Name": "Board only"}) == {"own.board"}
    assert cases(PLAN[200:2000]) == {"own.board"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[identifier]\n", "not TOML"),
        ("[[identifiers]]\n", "Unknown tables: identifiers"),
        ("[identifier]\nid = 'x'", r"Begin each table with \[\[identifier\]\]"),
        ("[[identifier]]\nid = 'X!'\nname = 'n'\npattern = 'a'", "identifier 'X!': id"),
        ("[[identifier]]\nid = 'x'\nname = 'n'\npattern = '('", "cannot be read"),
        ("[[identifier]]\nid = 'x'\nname = 'n'\npattern = 'a'\ncheck = 'nothing'", "is not a check"),
        ("[[identifier]]\nid = 'iban'\nname = 'n'\npattern = 'a'", "already"),
        ("[[identifier]]\nid = 'x'\nname = 'n'\npattern = 'a'\nnears = 3", "nears"),
        ("[[keywords]]\nid = 'x'\nname = 'n'", "has no words"),
        ("[[fingerprint]]\nid = 'x'\nname = 'n'\ntext = 'too short'", "too short"),
        ("[[template]]\nid = 'x'\nname = 'n'\nways = [['nobody:2']]", "needs 'nobody'"),
        ("[[template]]\nid = 'x'\nname = 'n'\nways = [['iban:none']]", "not a need"),
        ("[[template]]\nid = 'x'\nname = 'n'\nways = [[]]", "every message"),
    ],
)
def test_rules_of_no_use_are_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        own_rules(text, 1)
