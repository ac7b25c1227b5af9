"""What a reader does not see is told from what is seen, however the style hides it."""

import pytest

from lockgate.mime.html_text import read_html
from lockgate.mime.parser import parse


@pytest.mark.parametrize(
    "style",
    [
        "display:none", "DISPLAY : none", r"d\69splay:none", "display:/**/none", "visibility:hidden", "opacity:0",
        "opacity:0.01", "font-size:0", "font-size:1px", "color:transparent", "color:rgba(0,0,0,0)",
        "color:rgb(0 0 0 / 0%)", "transform:scale(0)", "clip-path:inset(100%)", "position:absolute;left:-9999px",
        "text-indent:-9999px", "transform:translateX(-9999px)", "max-height:0;overflow:hidden",
        "width:1px;height:1px;overflow:hidden", "color:#fff", "color:#fdfdfd", "color:#000;background:#000",
        "background-color:#123456;color:#123457", "-webkit-text-fill-color:transparent", "mso-hide:all",
        "content-visibility:hidden", "filter:opacity(0)",
    ],
)  # fmt: skip
def test_a_style_that_hides(style: str) -> None:
    read = read_html(f"<div><p>seen</p><p style='{style}'>salt</p></div>")
    assert (read.visible, read.hidden) == ("seen", "salt")


@pytest.mark.parametrize(
    "style",
    [
        "color:#000", "opacity:0.9", "font-size:12px", "color:#fff;background:#000", "color:rgb(255,0,0)",
        "color:rgba(0,0,0,0.87)", "height:10px;overflow:hidden", "transform:scale(0.5)", "color:#fff;background:url(x)",
    ],
)  # fmt: skip
def test_a_style_that_hides_nothing(style: str) -> None:
    assert "salt" in read_html(f"<div><p>seen</p><p style='{style}'>salt</p></div>").visible


@pytest.mark.parametrize(
    "sheet",
    [
        ".x{display:none}",
        "div .x{display:none}",
        "div > p.x {visibility:hidden}",
        "#q{opacity:0}",
        "p.x,a{clip:rect(0)}",
    ],
)
def test_a_rule_of_a_style_sheet_that_hides(sheet: str) -> None:
    assert read_html(f"<style>{sheet}</style><div><p>seen</p><p class=x id=q>salt</p></div>").visible == "seen"


def test_letters_in_the_colour_of_a_table_cell() -> None:
    row = "<td style='color:#222'>salt</td><td style='color:#eee'>seen</td>"
    assert read_html(f"<table bgcolor='#222222'><tr>{row}</tr></table>").visible == "seen"


LURE = "Please verify your account, otherwise the access to all of your mails will be closed within one day for ever"


def test_what_only_outlook_shows_is_seen_and_said() -> None:
    html = f"<p>Hello</p><!--[if mso]><p>{LURE}</p><a href='https://collect.example/x'>go</a><![endif]-->"
    message = parse(b"Content-Type: text/html\r\n\r\n" + html.encode())
    assert "verify your account" in message.visible_text
    assert [link.url for link in message.links] == ["https://collect.example/x"]
    assert "mime.text-for-outlook" in {defect.id for defect in message.defects}


def test_what_outlook_does_not_show_is_an_ordinary_text() -> None:
    read = read_html(f"<p>Hello</p><!--[if !mso]><!--><p>{LURE}</p><!--<![endif]-->")
    assert LURE in read.visible
    assert read.defects == ()
