"""Data is found wherever a message carries it: fields, body, Office, OpenDocument, PDF, archives, mail in mail, and
labels.
"""

import io
import zipfile
from collections.abc import Callable
from email.message import EmailMessage

import pikepdf
import pytest

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.data_loss.own_rules import own_rules
from lockgate.detection.engine import inspect
from lockgate.mime.parser import parse
from lockgate.model.envelope import Direction
from lockgate.model.facts import Facts, Origin

CARDS = "Card number 4111 1111 1111 1111, card number 5555 5555 5555 4444, card number 3782 822463 10005."
LABEL = "MSIP_Label_11111111-2222-3333-4444-555555555555_Name"
BOARD = """
[[property]]
id = "own.label"
name = "Label of the board"
field = "MSIP_Label_*_Name"
pattern = "Board"

[[property]]
id = "own.project"
name = "Project"
field = "Project"
pattern = "Falcon"

[[template]]
id = "own.board"
name = "Board"
ways = [["own.label"], ["own.project"]]
"""
ORIGIN = Origin(Direction.OUTBOUND, "ada@contoso.com", ("tom@partner.example",), frozenset({"contoso.com"}))
OOXML = "http://schemas.openxmlformats.org"
WORD = (
    f'<w:document xmlns:w="{OOXML}/wordprocessingml/2006/main">'
    "<w:body><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:body></w:document>"
)
SHEET = f'<sst xmlns="{OOXML}/spreadsheetml/2006/main"><si><t>%s</t></si></sst>'
SLIDE = (
    f'<p:sld xmlns:p="{OOXML}/presentationml/2006/main" xmlns:a="{OOXML}/drawingml/2006/main">'
    "<a:p><a:r><a:t>%s</a:t></a:r></a:p></p:sld>"
)
OASIS = "urn:oasis:names:tc:opendocument:xmlns"
OPEN = (
    f'<office:document-content xmlns:office="{OASIS}:office:1.0" xmlns:text="{OASIS}:text:1.0">'
    "<office:body><text:p>%s</text:p></office:body></office:document-content>"
)
CUSTOM = (
    f'<Properties xmlns="{OOXML}/officeDocument/2006/custom-properties" xmlns:vt="{OOXML}/officeDocument/2006/'
    'docPropsVTypes"><property pid="2" name="%s"><vt:lpwstr>%s</vt:lpwstr></property></Properties>'
)


def zipped(*entries: tuple[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return made.getvalue()


def office(part: str, body: str, *more: tuple[str, str]) -> bytes:
    types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    return zipped(("[Content_Types].xml", types), (part, body), *more)


def open_document(kind: str) -> bytes:
    return zipped(("mimetype", f"application/vnd.oasis.opendocument.{kind}"), ("content.xml", OPEN % CARDS))


def pdf() -> bytes:
    document, made = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    document.pages[0].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=document.make_indirect(font)))
    document.pages[0].Contents = document.make_stream(f"BT /F1 12 Tf 10 100 Td ({CARDS}) Tj ET".encode())
    document.save(made)
    return made.getvalue()


def mail(subject: str = "Papers", body: str = "Please see the file.", **fields: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Ada <ada@contoso.com>", "tom@partner.example", subject
    for name, value in fields.items():
        made[name] = value
    made.set_content(body)
    return made


def carrying(name: str, content: bytes) -> EmailMessage:
    made = mail()
    made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made


def in_mail_in_mail() -> EmailMessage:
    outer, middle = mail(), mail("Forwarded")
    middle.add_attachment(mail(body=CARDS))
    outer.add_attachment(middle)
    return outer


PLACES: dict[str, Callable[[], EmailMessage]] = {
    "subject": lambda: mail(CARDS),
    "body": lambda: mail(body=CARDS),
    "another field": lambda: mail(Comments=CARDS),
    "text file": lambda: carrying("a.csv", CARDS.encode()),
    "docx": lambda: carrying("a.docx", office("word/document.xml", WORD % CARDS)),
    "xlsx": lambda: carrying("a.xlsx", office("xl/sharedStrings.xml", SHEET % CARDS)),
    "pptx": lambda: carrying("a.pptx", office("ppt/slides/slide1.xml", SLIDE % CARDS)),
    "odt": lambda: carrying("a.odt", open_document("text")),
    "ods": lambda: carrying("a.ods", open_document("spreadsheet")),
    "pdf": lambda: carrying("a.pdf", pdf()),
    "docx in zip in zip": lambda: carrying(
        "a.zip", zipped(("b.zip", zipped(("c.docx", office("word/document.xml", WORD % CARDS)))))
    ),
    "mail in mail in mail": in_mail_in_mail,
    "mail saved as a file": lambda: carrying("a.eml", mail(body=CARDS).as_bytes()),
}
LABELLED: dict[str, Callable[[], EmailMessage]] = {
    "document": lambda: carrying(
        "a.docx", office("word/document.xml", WORD % "x", ("docProps/custom.xml", CUSTOM % (LABEL, "Board only")))
    ),
    "property": lambda: carrying(
        "a.xlsx", office("xl/sharedStrings.xml", SHEET % "x", ("docProps/custom.xml", CUSTOM % ("Project", "Falcon")))
    ),
    "field of the mail": lambda: mail(msip_labels=f"{LABEL}=Board only; {LABEL[:-4]}Enabled=True;"),
}


def templates(message: EmailMessage) -> set[str]:
    """The templates that it is a case of, and nothing left out unseen."""
    facts = Facts((ORIGIN, own_rules(BOARD, 1)))
    report = inspect(parse(message.as_bytes()), facts, default_catalogue())
    assert report.is_complete, report.incomplete
    shown = "".join(piece.excerpt for finding in report.findings for piece in finding.evidence)
    assert "4111 1111 1111 1111" not in shown
    return {
        label.partition(":")[2] for finding in report.findings for label in finding.labels if "dlp-template" in label
    }


@pytest.mark.parametrize("place", PLACES)
def test_cards_are_found_in(place: str) -> None:
    assert "pci-dss" in templates(PLACES[place]())


@pytest.mark.parametrize("place", LABELLED)
def test_labels_and_properties_are_found_in(place: str) -> None:
    assert templates(LABELLED[place]()) == {"own.board"}
