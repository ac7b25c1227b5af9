"""High-profile people: written as lines, kept in versions, and what gateways guard within a second."""

from dataclasses import replace
from pathlib import Path

import pytest

from lockgate.bootstrap.knowledge import own_knowledge
from lockgate.bootstrap.parts import open_parts
from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.engine import inspect
from lockgate.detection.text import full_name
from lockgate.mime.parser import parse
from lockgate.model.directory import CONTACT, DirectoryUser
from lockgate.model.errors import InvalidInput
from lockgate.model.facts import Namesake, Namesakes, ProtectedIdentities, ProtectedPerson
from lockgate.model.findings import Report, Verdict
from lockgate.model.high_profile import HighProfile
from lockgate.settings import Settings
from lockgate.storage.audit import Author
from lockgate.storage.directory import DirectoryStore
from lockgate.tuning.high_profile import as_lines, checked, people_from, save_high_profile
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


def test_everybodys_name_is_guarded_on_wish_but_for_contacts_exceptions_and_namesakes_of_several(
    tmp_path: Path,
) -> None:
    people = [("Mary Jones", "User"), ("Jones Mary", "User"), ("Tom Hall", "User"), ("Prince", "User")]
    users = [
        DirectoryUser(name, name, name, (f"{number}@contoso.com",), mailbox_type=kind)
        for number, (name, kind) in enumerate([*people, ("Tom Hall", CONTACT)])
    ]
    with open_parts(Settings(data_directory=tmp_path)) as parts:
        author = Author("ada", parts.clock())
        with parts.database.write() as unit:
            DirectoryStore(unit, "t").put_users([replace(one, id=str(n)) for n, one in enumerate(users)], 1)
        known = own_knowledge(parts)
        asked = [("mary@mail.example", full_name("Jones, Mary | Sales")), ("tom@mail.example", full_name("TOM HALL"))]
        asked += [("4@contoso.com", full_name("Tom Hall")), ("x@mail.example", full_name("Prince"))]
        assert known.namesakes("t", asked) is None, "nobody asked for it"
        wanted = HighProfile(everybody=True)
        save_high_profile(parts.database, "t", wanted, author, seen=0)
        known.refresh()
        mary, tom = (Namesake("mary@mail.example", "jones mary", 2), Namesake("tom@mail.example", "hall tom", 1))
        assert known.namesakes("t", asked) == Namesakes((mary, tom))
        save_high_profile(parts.database, "t", replace(wanted, exceptions=("tom@mail.example",)), author, seen=1)
        known.refresh()
        assert known.namesakes("t", asked) == Namesakes((mary,))


def test_a_colleagues_name_is_a_doubt_which_a_request_for_money_makes_a_verdict() -> None:
    def judged(body: bytes) -> Report:
        letter = b"From: Mary Jones <mary@mail.example>\r\nTo: tom@contoso.com\r\nSubject: Hello\r\n\r\n" + body
        bearer = Namesakes((Namesake("mary@mail.example", "jones mary", 1),))
        return inspect(parse(letter), facts(bearer), default_catalogue())

    assert judged(b"The minutes of Tuesday are attached. See you on Friday, Mary\r\n").verdict is Verdict.CLEAN
    asks = b"I need you to buy gift cards for a client now, and send me the codes. I am in a meeting.\r\n"
    assert judged(asks).verdict is Verdict.FRAUD
