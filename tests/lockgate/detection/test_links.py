"""Links wherever they are: inside other links, in Office files, calendars and PDF text, with what stood in front."""

import base64
import time

import pytest

from lockgate.detection.content import Content
from lockgate.detection.redirects import inner_addresses
from lockgate.detection.targets import Target
from lockgate.mime.parser import parse
from lockgate.model.message import LinkSource
from tests.lockgate.detection import sample_files
from tests.lockgate.detection.messages import content, message

FIELD = "<w:instrText> HYPERLINK &quot;https://collect.test/a&quot; </w:instrText>"
FOLDED = "BEGIN:VCALENDAR\r\nDESCRIPTION:Join https://collect.te\r\n st/a now\r\nEND:VCALENDAR\r\n"


def hosts(found: Content) -> set[str]:
    return {target.host for target in found.web_targets}


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("a.docx", f"docx(word/document.xml=text({FIELD}))"),
        ("a.rtf", 'text({\\rtf1 {\\field{\\*\\fldinst HYPERLINK "https://collect.test/a"}}})'),
        ("a.ics", f"text({FOLDED})"),
        ("a.pdf", "pdf(uri https://collect.test/a)"),
        ("a.html", "text(<html><form action='https://collect.test/a'><input name=p></form></html>)"),
        ("a.txt", "text(See https://collect.test/a for more)"),
        ("a.png", "qr(https://collect.test/a)"),
        ("b.png", "qr(collect.test/a)"),
        ("c.pdf", "qr-page(https://collect.test/a)"),
    ],
)
def test_links_of_attachments_are_seen(name: str, expression: str) -> None:
    assert "collect.test" in hosts(content((name, expression)))


def test_a_rewriter_inside_an_attachment_is_taken_off_and_both_addresses_are_shown() -> None:
    written = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fcollect.test%2Fa"
    (target,) = content(("a.txt", f"text(See {written})")).web_targets
    assert target.host == "collect.test"
    assert target.evidence.excerpt == f"https://collect.test/a written as {written}"


def test_a_picture_inside_an_address_is_read() -> None:
    code = base64.b64encode(sample_files.build("qr(https://collect.test/a)")).decode()
    head = b"From: a@sender.example\r\nContent-Type: text/html\r\n\r\n"
    shown = Content(parse(head + f'<img src="data:image/png;base64,{code}">'.encode()))
    assert [target.link.source for target in shown.web_targets] == [LinkSource.QR_CODE]


def test_redirect_and_target_are_both_judged() -> None:
    found = Content(message("See https://shop.example/out?url=https%3A%2F%2Fcollect.test%2Fa"))
    assert [(target.host, target.via) for target in found.web_targets] == [
        ("shop.example", ""),
        ("collect.test", "shop.example"),
    ]
    assert isinstance(found.web_targets[1], Target)


@pytest.mark.parametrize("piece", ["https://", "aHR0c", "%2568", "68747470", "https%3A%2F%2F", "=http:/"])
def test_hostile_addresses_take_no_time(piece: str) -> None:
    began = time.process_time()
    for _ in range(20):
        inner_addresses("https://a.example/?q=" + piece * (3_900 // len(piece)))
        inner_addresses.cache_clear()
    assert time.process_time() - began < 1.0
