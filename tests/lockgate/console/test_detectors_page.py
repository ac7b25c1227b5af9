"""The catalogue in the console is the code's own, and a message says what its verdict hangs on."""

from lockgate.detection.catalogue import default_catalogue
from lockgate.model.findings import Category, Evidence, Finding, Verdict
from lockgate.model.settling import Settling
from tests.contracts import records
from tests.lockgate.console import seeding
from tests.lockgate.console.running import VIEWER, Console


def test_every_detector_is_listed_with_a_page_of_its_own(console: Console) -> None:
    with console.client(VIEWER) as client:
        listed = client.get("/detectors").text
        page = client.get("/detectors/link.qr-code").text
        missing = client.get("/detectors/no.such")
    assert all(f'href="/detectors/{one.id}"' in listed for one in default_catalogue().detectors)
    assert "drawn by a table" in page and "Known false positives" in page
    assert missing.status_code == 400


def test_a_family_can_be_chosen(console: Console) -> None:
    with console.client(VIEWER) as client:
        text = client.get("/detectors?family=correlation").text
    assert "/detectors/correlation.borrowed-name" in text and "/detectors/link.qr-code" not in text


def test_a_message_says_what_would_change_its_verdict(console: Console) -> None:
    signs = (Finding("link.qr-code", Category.PHISHING, 5.0, "a QR code opens <b>x</b>", (Evidence("html", "x"),)),)
    trace = records.a_trace(verdict=Verdict.PHISHING, findings=signs)
    seeding.settle(console, Settling(trace))
    with console.client(VIEWER) as client:
        text = client.get(f"/trace/{trace.id}").text
    assert "Without “a QR code opens &lt;b&gt;x&lt;/b&gt;” it would be clean." in text
    assert 'href="/detectors/link.qr-code"' in text
