"""What files truly are, and what is in them, within limits; nothing that was not opened goes unnamed."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.detection.files import office
from lockgate.detection.files.identify import extension, identify
from lockgate.detection.files.kinds import MAGIC
from lockgate.detection.files.unpacking import Limits, Unpacked, Why, unpack
from lockgate.model.message import Part
from tests.lockgate.detection.sample_files import EICAR, build


def part(name: str, content: bytes) -> Part:
    return Part("2", "application/octet-stream", "", "attachment", name, "", "base64", content, 0, 0, len(content))


def opened(name: str, expression: str, limits: Limits | None = None) -> Unpacked:
    return unpack([part(name, build(expression))], limits)


@pytest.mark.parametrize(
    ("expression", "name", "kind"),
    [
        ("exe", "invoice.pdf", "exe"),
        ("pdf()", "a.bin", "pdf"),
        ("zip(a.txt=text(x))", "a.docx", "zip"),
        ("docx()", "a.zip", "word"),
        ("xlm", "a.xlsx", "office-with-macros"),
        ("text(hello)", "a.txt", "text"),
        ("text(hello)", "a.js", "script"),
        ("text(<html><body>x</body></html>)", "a.hta", "hta"),
        ("script", "notes.txt", "text"),
        ("script", "notes", "script"),
        ("text(<svg xmlns='x'></svg>)", "a.png", "svg"),
        ("iso", "a.pdf", "iso"),
        ("onenote", "a", "onenote"),
        ("lnk", "a.txt", "lnk"),
    ],
)
def test_content_decides_what_a_file_is(expression: str, name: str, kind: str) -> None:
    assert identify(build(expression), name).id == kind


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.EXE", "exe"), ("a.exe. . ", "exe"), ("a.tar.gz", "gz"), ("C:\\x.y\\a", ""), ("a.pdf\u202e", "pdf"), ("", "")],
)
def test_an_extension_is_what_windows_takes_for_it(name: str, expected: str) -> None:
    assert extension(name) == expected


def test_an_archive_in_archives_of_every_kind_is_opened() -> None:
    found = opened("a.zip", "zip(b.7z=7z(c.tar=tar(d.gz=gz(e.com=eicar))),f.xz=xz(g=text(x)),h.bz2=bz2(i=text(y)))")
    assert found.unopened == ()
    assert any(file.content == EICAR.encode() and file.depth == 4 for file in found.files)
    assert any(file.where.endswith("a.zip > b.7z > c.tar > d.gz > d") for file in found.files)


@pytest.mark.parametrize(
    ("expression", "limits", "why", "says"),
    [
        ("zip(b.zip=zip(c.zip=zip(d=text(x))))", Limits(depth=2), Why.LIMIT, "more than 2 containers"),
        ("zip(a=text(x),b=text(x),c=text(x))", Limits(files=2), Why.LIMIT, "more than 2 files"),
        ("bomb", Limits(total_bytes=10_000_000), Why.LIMIT, "more than 10 MB"),
        ("bomb", Limits(), Why.LIMIT, "times its size"),
        ("locked-zip(a.exe=exe)", Limits(), Why.ENCRYPTED, "password"),
        ("locked-7z(a.txt=text(x))", Limits(), Why.ENCRYPTED, "password"),
        ("chm", Limits(), Why.UNSUPPORTED, "recognised"),
        ("rar", Limits(), Why.DAMAGED, ""),
    ],
)
def test_what_is_not_opened_is_named(expression: str, limits: Limits, why: Why, says: str) -> None:
    found = opened("a.zip", expression, limits)
    assert [item.why for item in found.unopened][:1] == [why]
    assert says in found.unopened[0].detail


def test_the_name_of_a_locked_entry_is_known() -> None:
    assert opened("a.zip", "locked-zip(setup.exe=exe)").unopened[0].name == "setup.exe"


def test_a_cut_archive_is_damaged_not_absent() -> None:
    whole = build("7z(a.txt=text(hello))")
    assert unpack([part("a.7z", whole[:-10])]).unopened[0].why is Why.DAMAGED
    stream = build("gz(a=text(hello))")
    assert unpack([part("a.gz", stream[:6])]).unopened[0].why is Why.DAMAGED


def test_a_zip_with_rubbish_in_front_is_still_opened() -> None:
    stream = io.BytesIO(b"PK rubbish that a self-extractor would have")
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("a.exe", build("exe"))
    assert any(file.kind.id == "exe" for file in unpack([part("a.zip", stream.getvalue())]).files)


@given(st.sampled_from([magic for _, magic, _ in MAGIC]) | st.just(b"PK\x03\x04"), st.binary(max_size=300))
def test_hostile_bytes_behind_any_magic_number_never_raise(magic: bytes, rest: bytes) -> None:
    found = unpack([part("a", magic + rest)])
    assert len(found.files) >= 1


def damaged(archive: bytes, name: str) -> bytes:
    """The archive with the second half of one file's compressed bytes made nonsense; its directory stays as it is."""
    with zipfile.ZipFile(io.BytesIO(archive)) as read:
        item = read.getinfo(name)
    end = item.header_offset + 30 + len(item.filename) + item.compress_size
    half = item.compress_size // 2
    return archive[: end - half] + b"\xff" * half + archive[end:]


def packed(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("[Content_Types].xml", b"<Types/>")
    return made.getvalue()


def test_a_damaged_macro_sheet_is_a_macro_sheet_and_a_damaged_type_no_surprise() -> None:
    """What a fuzz run found: the decompressor's own error."""
    sheet, numbers = "xl/macrosheets/sheet1.xml", " ".join(map(str, range(4_000))).encode()
    found = office.macros(damaged(packed(sheet, numbers), sheet), "a.xlsm")
    assert found is not None and found.present and found.kind == office.EXCEL_4 and not found.suspicious
    assert identify(damaged(packed("mimetype", numbers), "mimetype"), "a.zip").id == "excel"
