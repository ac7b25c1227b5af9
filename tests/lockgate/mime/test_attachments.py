"""Attachments exchanged and cleaned: only their own bytes change, and what cannot be done is said."""

import io
import zipfile
from email import message_from_bytes, policy
from email.message import EmailMessage

import pikepdf
import pytest

from lockgate.mime.active_content import clean_file
from lockgate.mime.changes import make_changes
from lockgate.mime.parser import parse
from lockgate.model.decision import Changes
from tests.lockgate.detection.sample_files import build

TYPES = (
    b'<Types><Override PartName="/word/document.xml"'
    b' ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>'
    b'<Override PartName="/word/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
)
RELATIONS = (
    b'<Relationships><Relationship Id="r1" Target="vbaProject.bin"/><Relationship Id="r2" Target="a.xml"/>'
    b"</Relationships>"
)
FIELD = b"<w:document><w:instrText>DDEAUTO c:\\\\cmd.exe</w:instrText><w:t>Hello</w:t></w:document>"


def docm() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("[Content_Types].xml", TYPES)
        package.writestr("word/_rels/document.xml.rels", RELATIONS)
        package.writestr("word/document.xml", FIELD)
        package.writestr("word/vbaProject.bin", b"\xd0\xcf\x11\xe0 macro")
    return stream.getvalue()


def mail(*files: tuple[str, bytes]) -> bytes:
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["Subject"] = "a@example.com", "Files"
    message.set_content("Here they are.\n")
    for name, content in files:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def read(content: bytes) -> list[EmailMessage]:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage) and not message.defects
    return list(message.iter_attachments())


def path_of(content: bytes, name: str) -> str:
    return next(part.path for part in parse(content).parts if part.filename == name)


def test_one_attachment_becomes_a_text_and_all_other_bytes_stay() -> None:
    content = mail(("Grüße.exe", b"MZ program"), ("fine.bin", b"\x00\x01" * 60))
    changes = Changes(replace=(path_of(content, "Grüße.exe"),), replacement="[Attachment Name] is gone.")
    changed = make_changes(content, changes)
    assert not changed.unsafe and changed.notes == ("attachments replaced",)
    gone, fine = read(changed.content)
    assert gone.get_content().strip() == "Grüße.exe is gone."
    assert str(gone.get_filename()).endswith(".exe.txt")
    assert fine.get_content() == b"\x00\x01" * 60
    assert b"MZ program" not in changed.content
    head, _, rest = content.partition(b"--===")
    assert changed.content.startswith(head) and changed.content.endswith(rest[-40:])


def test_a_message_that_is_nothing_but_a_file_keeps_its_header() -> None:
    content = (
        b"From: a@example.com\r\nSubject: One file\r\nContent-Type: application/pdf; name=x.pdf\r\n"
        b"Content-Transfer-Encoding: base64\r\nX-Other: stays\r\n\r\nJVBERi0xLjQK\r\n"
    )
    changed = make_changes(content, Changes(replace=("1",), replacement="gone: [Attachment Name]"))
    message = message_from_bytes(changed.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert (message["Subject"], message["X-Other"]) == ("One file", "stays")
    assert message.get_content().strip() == "gone: x.pdf"


def test_a_file_in_an_attached_message_is_replaced_there() -> None:
    inner = EmailMessage(policy=policy.SMTP)
    inner["Subject"] = "inner"
    inner.set_content("inner text\n")
    inner.add_attachment(b"MZ program", maintype="application", subtype="octet-stream", filename="b.exe")
    outer = EmailMessage(policy=policy.SMTP)
    outer["Subject"] = "outer"
    outer.set_content("outer text\n")
    outer.add_attachment(inner)
    content = outer.as_bytes()
    changed = make_changes(content, Changes(replace=(path_of(content, "b.exe"),), replacement="gone"))
    assert not changed.unsafe
    names = [part.filename for part in parse(changed.content).parts if part.filename]
    assert names == ["b.exe.txt"] and b"inner text" in changed.content


def test_macros_and_fields_go_and_the_document_stays() -> None:
    content = mail(("plan.docm", docm()))
    changed = make_changes(content, Changes(sanitise=(path_of(content, "plan.docm"),)))
    assert not changed.unsafe and changed.notes == ("active content taken out",)
    [attachment] = read(changed.content)
    with zipfile.ZipFile(io.BytesIO(attachment.get_content())) as package:
        assert package.namelist() == ["[Content_Types].xml", "word/_rels/document.xml.rels", "word/document.xml"]
        assert b"macroEnabled" not in package.read("[Content_Types].xml")
        assert b"vbaProject" not in package.read("[Content_Types].xml") + package.read(package.namelist()[1])
        document = package.read("word/document.xml")
    assert b"DDE" not in document and b"Hello" in document


@pytest.mark.parametrize("action", ["javascript", "launch"])
def test_actions_of_a_pdf_go_and_its_pages_stay(action: str) -> None:
    document = pikepdf.new()
    document.add_blank_page()
    code = pikepdf.Dictionary(S=pikepdf.Name("/JavaScript"), JS=pikepdf.String("app.alert(1)"))
    launch = pikepdf.Dictionary(S=pikepdf.Name("/Launch"), F=pikepdf.String("cmd.exe"))
    document.Root.OpenAction = code if action == "javascript" else launch
    document.pages[0].AA = pikepdf.Dictionary(O=launch)
    stream = io.BytesIO()
    document.save(stream)
    cleaned = clean_file(stream.getvalue())
    assert cleaned is not None and "OpenAction" in cleaned.removed
    with pikepdf.open(io.BytesIO(cleaned.content)) as again:
        assert len(again.pages) == 1 and "/OpenAction" not in again.Root and "/AA" not in again.pages[0].obj
    assert b"cmd.exe" not in cleaned.content and b"app.alert" not in cleaned.content


def test_what_cannot_be_cleaned_is_unsafe_and_what_is_clean_stays_as_it_is() -> None:
    content = mail(("a.exe", b"MZ program"), ("fine.docx", build("docx()")))
    unsafe = make_changes(content, Changes(sanitise=(path_of(content, "a.exe"),)))
    assert "cannot be taken out" in unsafe.unsafe and unsafe.content == content
    clean = make_changes(content, Changes(sanitise=(path_of(content, "fine.docx"),)))
    assert not clean.unsafe and clean.content == content


def test_a_signed_message_is_not_touched_and_so_is_unsafe() -> None:
    content = (
        b"From: a@example.com\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b\r\n\r\n'
        b"--b\r\nContent-Type: application/octet-stream; name=a.exe\r\n\r\nMZ\r\n"
        b"--b\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nx\r\n--b--\r\n"
    )
    assert "signed" in make_changes(content, Changes(replace=("1",), replacement="gone")).unsafe
    assert make_changes(content, Changes(subject_prefix="[X]")).content == content
