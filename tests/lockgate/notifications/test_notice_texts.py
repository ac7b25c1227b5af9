"""Texts with tokens: the same words in every language, refused when a token does not exist, harmless when filled."""

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lockgate.model.end_user import LANGUAGES
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Verdict
from lockgate.model.notice import Audience, NoticeFacts, Outcome
from lockgate.notifications.notices.rendering import Speaker, Told
from lockgate.notifications.notices.settings import NoticeRule, NoticeSettings, NoticeText, judged
from lockgate.notifications.notices.texts import words
from lockgate.notifications.notices.tokens import OF_MANY, TOKENS
from lockgate.notifications.ports import Home

NASTY = NoticeFacts(
    "m1", Direction.INBOUND, datetime(2026, 1, 2, 3, 4, tzinfo=UTC), 'Eve" onclick="x <eve@evil.example>',
    ("ada@contoso.example",), "{{link}} <script>alert(1)</script>\r\nBcc: all@contoso.example", Verdict.FRAUD,
    ("One <b>reason</b>.", "Another."), Outcome.MONITORED, "Strict", "",
)  # fmt: skip
HOME = Home("t", "Contoso", ZoneInfo("Europe/Berlin"), "https://console.example/mine")
TEXT = {"subject": "{{subject}}", "subject_many": "{{count}}", "text": "{{ reasons }} {{time}}"}


def say(text: NoticeText, *known: NoticeFacts, audience: Audience = Audience.ADMINISTRATORS) -> Told:
    said = words("en")
    return Speaker("Held", audience, HOME, "https://console.example", said, text).say(known, len(known))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word_and_only_tokens_that_exist(language: str) -> None:
    ours, english = words(language).known, words("en").known
    assert {key: set(value) if isinstance(value, dict) else str for key, value in ours.items()} == {
        key: set(value) if isinstance(value, dict) else str for key, value in english.items()
    }
    assert set(ours["verdicts"]) == set(Verdict) and set(ours["outcomes"]) == set(Outcome)
    for audience in Audience:
        text = words(language).text(audience)
        told = Speaker("N", audience, HOME, "https://c", words(language), text).say([NASTY], 1)
        assert "{{" not in told.text.replace(NASTY.subject.splitlines()[0], "") and told.subject


def test_a_strangers_words_stay_words() -> None:
    html = '<p onclick="run()">{{sender}} {{subject}}</p><a href="{{link}}">look</a><a href="javascript:x">no</a>'
    html += (
        '<img src="https://leak.example/x"><style>p{}</style><div style="position:fixed;color:red">{{reasons}}</div>'
    )
    told = say(NoticeText(**TEXT, html=html), NASTY)
    assert told.subject == "{{link}} <script>alert(1)</script> Bcc: all@contoso.example", "one line"
    assert "&lt;script&gt;" in told.html and "{{link}}" in told.html, "a value is not looked into for tokens"
    assert '<a href="https://console.example/trace/m1">look</a><a>no</a>' in told.html
    for word in ("<script", 'onclick="run', "javascript", "<img", "<style", "position"):
        assert word not in told.html
    assert "One &lt;b&gt;reason&lt;/b&gt;.<br>Another." in told.html and "color:red" in told.html
    assert told.text == "One <b>reason</b>.\nAnother. 2026-01-02 04:04 CET"


def test_people_are_led_to_their_own_page_and_administrators_to_the_trace() -> None:
    text = NoticeText(**TEXT | {"text": "{{link}} {{rule}}"})
    assert say(text, NASTY).text == "https://console.example/trace/m1 –"
    assert say(text, NASTY, audience=Audience.RECIPIENT).text == "https://console.example/mine –"
    assert say(text, NASTY, NASTY).subject == "2"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"text": "{{sendr}}"}, r"There is no token \{\{sendr\}\}\. There are: \{\{organisation\}\}, .*\{\{link\}\}\."),
        ({"subject": "{{count}}"}, r"There is no token \{\{count\}\}"),
        ({"subject_many": "{{subject}}"}, r"There are: \{\{count\}\}, \{\{organisation\}\}, \{\{notification\}\}\."),
        ({"text": "{{sender} and {{subject}}"}, r"no token|stands alone"),
        ({"text": "}} {{"}, "stands alone"),
        ({"html": '<a href="{{subject}}">x</a>'}, r"\{\{subject\}\} cannot stand inside a tag"),
        ({"text": ""}, "text: "),
    ],
)
def test_what_no_letter_could_say_is_refused_when_it_is_saved(changed: dict[str, str], sentence: str) -> None:
    template = {"id": "t", "name": "T", "texts": {"en": TEXT | changed}}
    with pytest.raises(InvalidInput, match=sentence):
        judged(NoticeSettings, {"templates": [template]})


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"administrators": []}, "choose who is told"),
        ({"outcomes": []}, "nobody wants a letter for every message"),
        ({"events": 5}, "need minutes too"),
        ({"filters": ["nonsense"]}, "there is no filter 'nonsense'"),
        ({"administrators": ["a@b, c@d"]}, "'a@b, c@d' is no address"),
        ({"administrators": ["The desk"]}, "there is no group 'The desk', which 'R' names"),
        ({"minutes": 100_000}, "minutes"),
        ({"templates": {"sender": "lost"}}, "there is no template 'lost'"),
    ],
)
def test_a_notification_that_cannot_be_is_refused(changed: dict[str, object], sentence: str) -> None:
    rule = {"id": "r", "name": "R", "outcomes": ["quarantined"], "administrators": ["A@b.example"]}
    assert judged(NoticeRule, rule).administrators == ("a@b.example",)
    with pytest.raises(InvalidInput, match=sentence):
        judged(NoticeSettings, {"rules": [rule | changed]})


def test_the_documentation_lists_the_tokens_that_exist() -> None:
    page = (Path(__file__).parents[3] / "docs" / "notifications.md").read_text(encoding="utf-8")
    written = dict(re.findall(r"^\| `\{\{(\w+)\}\}` \| (.*?) \|$", page, re.MULTILINE))
    assert written == TOKENS | OF_MANY
