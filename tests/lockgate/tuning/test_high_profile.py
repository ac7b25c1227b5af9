"""High-profile people: written as lines, kept in versions, and what gateways guard within a second."""

import pytest

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.engine import inspect
from lockgate.mime.parser import parse
from lockgate.model.errors import InvalidInput
from lockgate.model.facts import ProtectedIdentities, ProtectedPerson
from lockgate.model.high_profile import HighProfile
from lockgate.tuning.high_profile import as_lines, checked, people_from
from tests.lockgate.detection.messages import facts

LINES = "Ada Byron <ada@contoso.com> <ada.byron@home.example>\nRobert King"
ADA = ProtectedPerson("Ada Byron", frozenset({"ada@contoso.com", "ada.byron@home.example"}))
LETTER = b"From: Ada Byron <ceo@%s>\r\nTo: tom@contoso.com\r\nSubject: Hello\r\n\r\nAre you at your desk?\r\n"


def found(domain: bytes, *exceptions: str) -> set[str]:
    guarded = ProtectedIdentities((ADA,), frozenset({"contoso.com"}), frozenset(exceptions))
    report = inspect(parse(LETTER % domain), facts(guarded), default_catalogue())
    return {finding.detector for finding in report.findings}


def test_people_are_lines_with_every_address_of_theirs() -> None:
    ada, robert = people_from("\n  " + LINES.replace("ada@", "ADA@") + "\n\n")
    assert ada == ADA and robert == ProtectedPerson("Robert King", frozenset())
    assert people_from(as_lines((ada, robert))) == (ada, robert)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (HighProfile(people=people_from("Ada <ada@contoso.com>")), "needs a first and a last name"),
        (HighProfile(people=people_from("Ada Byron <ada>")), "'ada' is not an e-mail address"),
        (HighProfile(exceptions=("partner.example",)), "is not an e-mail address"),
        (HighProfile(domains=("partner",)), "'partner' is not a domain"),
        (HighProfile(domains=tuple(f"d{number}.example" for number in range(101))), "at most 100 domains"),
    ],
)
def test_what_is_wrong_is_said(wanted: HighProfile, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        checked(wanted)


def test_a_name_from_outside_is_found_unless_its_address_is_an_exception() -> None:
    assert "impersonation.protected-person" in found(b"evil.example")
    assert "impersonation.protected-person" not in found(b"partner.example", "ceo@partner.example")
