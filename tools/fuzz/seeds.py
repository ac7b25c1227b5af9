"""Where the fuzzer starts: messages and files that the tests make, and the corpus when it is on the machine."""

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import segno

from lockgate.detection.files.containers.registry import READERS
from lockgate.detection.files.identify import identify
from lockgate.learning.templates import templates
from tests.lockgate.detection import sample_files
from tools.fuzz.focus import OPENERS

ROOT = Path(__file__).parents[2]
MAIL = frozenset({"parser", "inspection", "headers", "structure", "pages", "encodings"})


def write(target: str, folder: Path, longest: int) -> int:
    """Put the seeds of a target into `folder`, none above `longest` bytes; how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, content in enumerate(_seeds(target, longest), 1):
        (folder / f"seed-{count:05}").write_bytes(content)
    return count


def _seeds(target: str, longest: int) -> Iterator[bytes]:
    if target in OWN:
        yield from (content[: longest - 1] for content in OWN[target]())
        return
    made = _messages() if target in MAIL else _files()
    archive = "robust/robust.tar.xz" if target in MAIL else "attach/attach.tar.xz"
    for content in (*made, *_corpus(archive)):
        if target == "headers":
            content = content[: longest - 2]  # noqa: PLW2901 - its first fields
        if len(content) < longest:
            yield _choice(target, content) + content


def _choice(target: str, content: bytes) -> bytes:
    """What stands in front of an input that begins with a choice: for a container the number of its reader."""
    if target == "readers":
        opener = READERS.get(identify(content))
        return bytes([OPENERS.index(opener) if opener else 0])
    return b"\x00" if target in ("documents", "encodings", "papers", "headers") else b""


def _drawings() -> Iterator[bytes]:
    """Small codes in every form that a program draws them in."""
    for version in (2, 3):
        code = segno.make("https://a.example/", version=version, error="l")
        for options in (
            {"omitsize": True},
            {"svgns": False, "xmldecl": False},
            {"unit": "mm", "draw_transparent": True},
        ):
            drawn = io.BytesIO()
            code.save(drawn, kind="svg", **options)
            yield drawn.getvalue()


def _words() -> Iterator[bytes]:
    """Some of the invented mail's sentences, in all its languages."""
    for number, template in enumerate(templates()):
        if number % 10 == 0:
            yield "\n".join([template.subject, *(line.text for line in template.lines)]).encode()


def _messages() -> Iterator[bytes]:
    yield from (path.read_bytes() for path in sorted((ROOT / "tests/lockgate/mime/samples").glob("*.eml")))
    for name in ("zip", "eml", "tnef", "rtf"):
        raw = b"From: a@b.example\r\nSubject: x\r\n\r\nPassword: Winter-77\r\n"
        yield sample_files.with_attachments(raw, [("a", f"{name}(b.txt=text(hello))")])


def _files() -> Iterator[bytes]:
    for name in sample_files.CONTAINERS:
        yield sample_files.build(f"{name}(a.txt=text(hello))")
    for name in sample_files.FILES:
        if name != "bomb":
            yield sample_files.build(f"{name}()")


OWN = {"drawings": _drawings, "words": _words}


def _corpus(archive: str) -> Iterator[bytes]:
    path = Path(os.environ.get("LOCKGATE_CORPUS", ROOT.parent / "shared" / "corpus")) / archive
    if not path.exists():
        return
    with tarfile.open(path) as opened:
        for member in opened:
            stream = opened.extractfile(member) if member.isfile() else None
            if stream is not None:
                yield stream.read()
