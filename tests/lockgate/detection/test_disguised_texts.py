"""A page or a script stays one for what opens it, however its bytes are written; so it does for us."""

import codecs
from collections.abc import Callable

import pytest

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.engine import inspect
from lockgate.detection.files import kinds
from lockgate.detection.files.identify import identify
from lockgate.detection.files.plain_text import as_read
from lockgate.model.findings import Report
from tests.lockgate.detection import sample_files
from tests.lockgate.detection.messages import facts, message

WAYS: dict[str, Callable[[bytes], bytes]] = {
    "UTF-8 with a mark": lambda text: codecs.BOM_UTF8 + text,
    "UTF-16, least byte first": lambda text: codecs.BOM_UTF16_LE + text.decode().encode("utf-16-le"),
    "UTF-16, most byte first": lambda text: codecs.BOM_UTF16_BE + text.decode().encode("utf-16-be"),
    "UTF-16 without a mark": lambda text: text.decode().encode("utf-16-le"),
    "UTF-32": lambda text: codecs.BOM_UTF32_LE + text.decode().encode("utf-32-le"),
    "NUL bytes in front": lambda text: bytes(9) + text,
    "NUL bytes behind": lambda text: text + bytes(5_000),
    "blanks in front": lambda text: b" \r\n" * 3_000 + text,
    "control characters": lambda text: text + b"\x01\x02",
}
FILES = {
    "page.html": ("smuggler", "malware.html-smuggling"),
    "drawing.svg": ("acting-drawing", "malware.svg-script"),
    "sign-in.htm": ("login", "phishing.html-form"),
    "run.js": ("dropper", "malware.script"),
    "run.ps1": ("fetcher", "malware.script"),
    "notes.hta": ("hta", "file.dangerous-type"),
}


def judged(name: str, content: bytes, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.setitem(sample_files.FILES, "given", lambda _: content)
    return inspect(message("Please see the file.", (name, "given")), facts(), default_catalogue())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FILES)
def test_a_text_is_found_however_it_is_written(name: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made_as, detector = FILES[name]
    report = judged(name, WAYS[way](sample_files.build(made_as)), monkeypatch)
    assert detector in {finding.detector for finding in report.findings}


FRONTS = (b"GIF89a" + bytes(20), b"%PDF-1.4\n", b"PK\x03\x04", b"<!--" + b"x" * 9_000 + b"-->")


@pytest.mark.parametrize("front", FRONTS)
def test_a_browser_shows_a_page_by_its_name(front: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    report = judged("sign-in.html", front + sample_files.build("login"), monkeypatch)
    assert "phishing.html-form" in {finding.detector for finding in report.findings}


def test_a_command_in_a_document_part_of_utf_16_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    part = codecs.BOM_UTF16_LE + sample_files.DDE.encode("utf-16-le")
    document = sample_files.CONTAINERS["docx"]([("word/document.xml", part)])
    assert judged("a.docx", document, monkeypatch).verdict == "malware"


def test_a_document_in_an_archive_behind_a_picture_is_read_as_a_document() -> None:
    report = inspect(message("See it.", ("a.gif", "gif-rar(a.docx=dde)")), facts(), default_catalogue())
    assert report.verdict == "malware"


@pytest.mark.parametrize("content", [b"\x00\x01\x02\x03" * 200, bytes(range(256)) * 20, bytes(400), b""])
def test_what_is_no_text_stays_data(content: bytes) -> None:
    assert identify(content, "a.txt") is kinds.DATA


def test_a_plain_text_is_not_copied() -> None:
    text = b"<html>plain</html>"
    assert as_read(text) is text
