"""Rights and their ceilings, the moments of a schedule, signed links, and languages that all say the same things."""

import string
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lockgate.end_users.links import Link, Links
from lockgate.end_users.schedule import last_due
from lockgate.end_users.settings import EndUserSettings
from lockgate.end_users.texts import language_of, texts
from lockgate.model.end_user import (
    ACTS,
    DEFAULTS,
    LANGUAGES,
    Act,
    Frequency,
    Person,
    Reason,
    Right,
    permitted,
    reason_of,
    right_over,
)
from lockgate.storage.vault import open_vault, rotate
from tests.contracts import records

NOW = datetime(2026, 3, 31, 5, 30, tzinfo=UTC)  # a Tuesday, two days after clocks in Berlin went to summer time
BERLIN = EndUserSettings(time_zone="Europe/Berlin", hour=7, working_hours=(9, 13), weekday=0)


@pytest.mark.parametrize(
    ("frequency", "now", "due"),
    [
        (Frequency.DAILY, NOW, datetime(2026, 3, 31, 5, tzinfo=UTC)),
        (Frequency.DAILY, NOW - timedelta(hours=1), datetime(2026, 3, 30, 5, tzinfo=UTC)),
        (Frequency.DAILY, datetime(2026, 3, 28, 7, tzinfo=UTC), datetime(2026, 3, 28, 6, tzinfo=UTC)),
        (Frequency.WEEKLY, NOW, datetime(2026, 3, 30, 5, tzinfo=UTC)),
        (Frequency.WORKING_HOURS, NOW, datetime(2026, 3, 30, 11, tzinfo=UTC)),
        (Frequency.WORKING_HOURS, datetime(2026, 3, 29, 20, tzinfo=UTC), datetime(2026, 3, 27, 12, tzinfo=UTC)),
        (Frequency.OFF, NOW, None),
    ],
)
def test_a_digest_is_due_at_local_hours_in_summer_and_winter(
    frequency: Frequency, now: datetime, due: datetime | None
) -> None:
    assert last_due(BERLIN, frequency, now) == due


def test_malware_is_never_let_out_by_its_recipient_and_phishing_never_without_an_administrator() -> None:
    assert {one: permitted(Reason.MALWARE, one) for one in Right} == {
        Right.NONE: Right.NONE, Right.SEE: Right.SEE, Right.REQUEST: Right.SEE, Right.RELEASE: Right.SEE
    }  # fmt: skip
    assert permitted(Reason.PHISHING, Right.RELEASE) is Right.REQUEST
    with pytest.raises(ValueError, match="at most 'see'"):
        EndUserSettings(rights={**DEFAULTS, Reason.MALWARE: Right.REQUEST})
    assert not ACTS[permitted(Reason.MALWARE, Right.RELEASE)]
    assert Act.RELEASE not in ACTS[permitted(Reason.FRAUD, Right.RELEASE)]


def test_a_spam_message_with_a_harmful_file_counts_as_the_worse_of_both() -> None:
    held = records.a_held(records.a_trace())
    everything = dict.fromkeys(Reason, Right.RELEASE)
    for reasons, reason, right in (
        (("spam.classifier",), Reason.SPAM, Right.RELEASE),
        (("spam.classifier", "file.dangerous-type"), Reason.FILE, Right.RELEASE),
        (("malware.byte-rules", "spam.classifier"), Reason.MALWARE, Right.SEE),
    ):
        one = type(held)(
            **{**{name: getattr(held, name) for name in held.__slots__}, "verdict": "spam", "reasons": reasons}
        )
        assert (reason_of(one), right_over(one, everything)) == (reason, right)


def test_a_link_is_good_for_what_it_says_until_its_end_also_after_a_new_key(tmp_path: Path) -> None:
    links = Links(open_vault(tmp_path / "key"))
    link = Link(records.TENANT, "person", "held-1", NOW + timedelta(days=7))
    token = links.token(link)
    assert links.read(token, NOW) == link
    assert links.read(token, NOW + timedelta(days=7)) is None, "its time is over"
    assert Links(rotate(tmp_path / "key")).read(token, NOW) == link
    assert Links(open_vault(tmp_path / "other")).read(token, NOW) is None, "another installation"
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        found = links.read(changed, NOW)
        assert found in (None, link), "the last letter of base64 has bits that say nothing"
    assert "contoso" not in token


def test_every_language_has_the_same_texts_with_the_same_values() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    english = texts("en").words
    for language in LANGUAGES:
        words = texts(language).words
        assert words.keys() == english.keys(), language
        for key, text in words.items():
            assert text.strip() and fields(text) == fields(english[key]), (language, key)
    wanted = {f"reason_{one}" for one in Reason} | {f"{kind}_{one}" for one in Act for kind in ("act", "done")}
    wanted |= {f"frequency_{one}" for one in Frequency}
    assert wanted <= english.keys()


def test_somebodys_language_is_the_chosen_one_then_the_directorys_then_the_organisations() -> None:
    person = Person(records.TENANT, "p", "Greta", ("g@contoso.example",), "de-AT")
    assert language_of(person, "ja", "fr") == "ja"
    assert language_of(person, "", "fr") == "de"
    assert language_of(Person(records.TENANT, "p", "Ida", ("i@contoso.example",), "da-DK"), "", "fr") == "fr"
