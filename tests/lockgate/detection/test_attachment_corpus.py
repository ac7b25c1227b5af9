"""Every file of the corpus of documents, read where it lies, does what the table says; what is clean stays clean.

The passwords are those that the files' projects document. Skipped where the corpus is not on the machine.
"""

import fnmatch
import os
import tarfile
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import pytest

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.engine import inspect
from lockgate.mime.parser import parse
from lockgate.model.findings import Category, Failure, Report, Verdict
from tests.lockgate.detection.messages import facts

CORPUS = Path(os.environ.get("LOCKGATE_CORPUS", Path(__file__).parents[4] / "shared" / "corpus"))
ARCHIVE = CORPUS / "attach" / "attach.tar.xz"
pytestmark = pytest.mark.skipif(not ARCHIVE.exists(), reason="the corpus is not on this machine")

CLEAN: tuple[str, ...] = ()
EXPECTED: tuple[tuple[str, tuple[str, ...]], ...] = (
    # the first pattern that fits; a name with `!` makes the verdict malware
    ("oletools/encrypted/autostart-*", ("file.unlocked", "malware.office-macros!")),
    ("oletools/encrypted/dde-*", ("file.unlocked", "malware.dde-command!")),
    ("oletools/encrypted/encrypted.*", ("file.encrypted-archive",)),
    ("oletools/basic/encrypted.docx", ("file.encrypted-archive",)),
    ("oletools/excel4-macros/*", ("malware.office-macros!",)),
    ("oletools/msodde/harmless*", CLEAN),
    ("oletools/msodde/*.zip", ("file.unlocked", "malware.dde-command!")),
    ("oletools/msodde/*", ("malware.dde-command!",)),
    ("oletools/ooxml/dde-in-word2003.xml.zip", ("file.unlocked", "malware.dde-command!")),
    ("oletools/ooxml/dde-*", ("malware.dde-command!",)),
    ("oletools/ooxml/harmless*", CLEAN),
    ("oletools/oleform/*", ("malware.office-macros",)),
    ("oletools/olevba/*", ("malware.office-macros",)),
    ("oletools/oleobj/embedded-*", CLEAN),
    ("oletools/oleobj/external_link/*", ("malware.office-fetches!",)),
    ("oletools/oleobj/sample_with_*", ("malware.embedded-program!",)),
    ("oletools/rtfobj/issue_185.rtf.zip", ("file.unlocked",)),
    ("oletools/rtfobj/*", ("malware.exploit-object!",)),
    ("oletools/other/*", CLEAN),
    ("oletools/basic/*", CLEAN),
    ("msoffcrypto/outputs/*", CLEAN),
    ("msoffcrypto/inputs/plain.*", CLEAN),
    ("msoffcrypto/inputs/*", ("file.unlocked",)),
    ("tnef/*", CLEAN),
    ("yenc/*", CLEAN),
)


@cache
def corpus() -> dict[str, bytes]:
    with tarfile.open(ARCHIVE) as archive:
        opened = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        return {name.removeprefix("./"): file.read() for name, file in opened.items() if file is not None}


def judge(name: str, text: str) -> Report:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ada@sender.example", "tom@contoso.com", "Minutes"
    message.set_content(text)
    leaf = name.rpartition("/")[2]
    message.add_attachment(corpus()[name], maintype="application", subtype="octet-stream", filename=leaf)
    return inspect(parse(message.as_bytes()), facts(), default_catalogue())


def text_for(name: str) -> str:
    if name.startswith("msoffcrypto/inputs"):
        return f"Password: {'123456789012345' if 'xor' in name else 'Password1234_'}"
    return "Password: infected-test" if name.endswith(".zip") else "See you on Monday."


def expected(name: str) -> tuple[str, ...]:
    return next(wanted for pattern, wanted in EXPECTED if fnmatch.fnmatch(name, pattern))


def names() -> list[str]:
    return sorted(corpus()) if ARCHIVE.exists() else []


@pytest.mark.parametrize("name", names())
def test_a_file_of_the_corpus_is_found_for_what_it_is(name: str) -> None:
    report = judge(name, text_for(name))
    assert not [gap for gap in report.incomplete if gap.failure is Failure.CRASHED]
    wanted = expected(name)
    found = {finding.detector for finding in report.findings}
    assert {one.rstrip("!") for one in wanted} <= found, report.findings
    if any(one.endswith("!") for one in wanted):
        assert report.verdict is Verdict.MALWARE
    if wanted == CLEAN:
        assert not [one for one in report.findings if one.category in (Category.MALWARE, Category.FILE)]


def test_the_attachments_of_winmail_dat_are_seen() -> None:
    from lockgate.detection.content import Content
    from lockgate.mime.parser import parse

    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ada@sender.example", "tom@contoso.com", "Minutes"
    message.set_content("See the file.")
    message.add_attachment(
        corpus()["tnef/two-files.tnef"], maintype="application", subtype="ms-tnef", filename="winmail.dat"
    )
    files = Content(parse(message.as_bytes())).files
    assert {"AUTHORS", "README"} <= {file.name for file in files}
