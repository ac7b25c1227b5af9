"""Malware in every kind of container, alone and in each other, is found; locked ones are opened with what the mail
says; bombs end as findings, soon and with little memory."""

import io
import lzma
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable

import pytest

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.engine import inspect
from lockgate.detection.files.containers import by_libarchive
from lockgate.detection.files.passwords import candidates
from lockgate.detection.files.unpacking import Unpacked, Why, unpack
from lockgate.model.findings import Category, Report, Verdict
from lockgate.model.message import Part
from tests.lockgate.detection.messages import facts, message
from tests.lockgate.detection.sample_files import CONTAINERS, EICAR, build, secret_zip

LARGE = {"dynamic-vhd", "vhdx"}  # do not fit into the small volume that the writer of disks makes
SLOW = {"7z-with-1234"}
LOCKED = {"locked-zip", "locked-7z"}  # with passwords that nobody can know
OPENED = sorted(set(CONTAINERS) - LOCKED)
OUTER = ("zip", "7z", "tar", "rar5", "iso", "cab", "eml", "docx", "secret-zip", "vhd")
HINT = "The password is Winter-77."


def judge(expression: str, text: str = HINT) -> Report:
    return inspect(message(text, ("attached", expression)), facts(), default_catalogue())


def opened(content: bytes, text: str = HINT) -> Unpacked:
    part = Part("2", "application/octet-stream", "", "attachment", "a", "", "base64", content, 0, 0, len(content))
    return unpack([part], passwords=lambda: candidates([text]))


@pytest.mark.parametrize("kind", OPENED)
def test_malware_in_a_container_is_malware(kind: str) -> None:
    assert by_libarchive.library() is not None, "libarchive is missing: run make setup"
    report = judge(f"{kind}(run.com=eicar)")
    assert report.verdict is Verdict.MALWARE, (report.findings, report.incomplete)
    assert report.is_complete


@pytest.mark.parametrize("kind", sorted(set(OPENED) - SLOW))
def test_malware_in_a_container_in_a_container_is_malware(kind: str) -> None:
    for outer in OUTER[: -1 if kind in LARGE else None]:
        found = opened(build(f"{outer}(inner={kind}(run.com=eicar))"))
        assert any(EICAR.encode() in file.content and file.level >= 2 for file in found.files), (outer, found.unopened)


@pytest.mark.parametrize("kind", OPENED)
def test_a_harmless_file_in_a_container_is_no_malware(kind: str) -> None:
    report = judge(f"{kind}(notes.txt=text(We meet on Monday.))")
    assert report.verdict is not Verdict.MALWARE
    assert sum(finding.weight for finding in report.findings if finding.category is Category.MALWARE) < 1


@pytest.mark.parametrize("kind", ["zip", "rar5", "arj", "cab", "7z", "gz"])
def test_a_cut_container_is_never_passed_over_in_silence(kind: str) -> None:
    whole = build(f"{kind}(run.com=eicar)")
    found = opened(whole[: len(whole) * 2 // 3])
    assert found.unopened or any(EICAR.encode() in file.content for file in found.files[1:])


@pytest.mark.parametrize("password", ["Winter-77", "infected"])
def test_older_encryption_of_zip_is_opened_too(password: str) -> None:
    found = opened(secret_zip([("run.com", EICAR.encode())], password, "zipcrypt"))
    assert found.unlocked[0].password.text == password
    assert found.files[1].content == EICAR.encode()


def test_a_password_nobody_gave_is_told_apart_from_damage() -> None:
    locked, damaged = opened(build("secret-zip(a.txt=text(x))"), "no hint"), opened(build("rar"))
    assert {item.why for item in locked.unopened} == {Why.ENCRYPTED}
    assert {item.why for item in damaged.unopened} == {Why.DAMAGED}


def _many_entries() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number}", b"")
    return stream.getvalue()


def _quine_like() -> bytes:
    """Twelve archives, each holding sixteen times the next one: 16 to the power of 12 files."""
    content = b"x" * 1_000
    for _ in range(12):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(16):
                archive.writestr(f"{number}.zip", content)
        content = stream.getvalue()
    return content


def _overlapping() -> bytes:
    """Every entry of the directory names the same 20 MB of zeros."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(20_000_000))
        first = archive.infolist()[0]
        for number in range(500):
            copy = zipfile.ZipInfo(f"b{number}")
            copy.header_offset, copy.CRC, copy.compress_type = first.header_offset, first.CRC, first.compress_type
            copy.compress_size, copy.file_size, copy.filename = first.compress_size, first.file_size, first.filename
            archive.filelist.append(copy)
    return stream.getvalue()


BOMBS: dict[str, Callable[[], bytes]] = {
    "zip of zeros": lambda: build("bomb"),
    "xz of zeros": lambda: lzma.compress(bytes(60_000_000), preset=0),
    "many entries": _many_entries,
    "archives in archives": _quine_like,
    "overlapping entries": _overlapping,
    "long list of small packages": lambda: build("tar(" + ",".join(f"{n}.docx=docx()" for n in range(400)) + ")"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_as_a_finding_and_soon(name: str) -> None:
    content = BOMBS[name]()
    began = time.process_time()
    found = opened(content)
    assert time.process_time() - began < 8
    assert sum(len(file.content) for file in found.files[1:]) <= 150_000_000
    if name != "long list of small packages":
        assert Why.LIMIT in {item.why for item in found.unopened}


def test_memory_stays_within_the_budget_of_one_message() -> None:
    """In a process of its own, whose peak is told by the system."""
    program = (
        "import lzma, resource\n"
        "from tests.lockgate.detection.test_containers import BOMBS, opened\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "bombs = [BOMBS[name]() for name in ('overlapping entries', 'archives in archives')]\n"
        "for bomb in bombs * 2: opened(bomb)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    grown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(grown.stdout) < 500_000, "kilobytes"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
