"""Where the fuzzer starts: messages and files that the tests make, and the corpus when it is on the machine."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from tests.lockgate.detection import sample_files

ROOT = Path(__file__).parents[2]
LARGEST = 6_000
ARCHIVES = {"parser": "robust/robust.tar.xz", "inspection": "robust/robust.tar.xz", "documents": "attach/attach.tar.xz",
            "containers": "attach/attach.tar.xz", "kinds": "attach/attach.tar.xz"}  # fmt: skip


def write(target: str, folder: Path) -> int:
    """Put the seeds of a target into `folder`; how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, content in enumerate(_seeds(target), 1):
        (folder / f"seed-{count:05}").write_bytes(content)
    return count


def _seeds(target: str) -> Iterator[bytes]:
    made = _messages() if target in ("parser", "inspection") else _files()
    prefix = b"\x00" if target == "documents" else b""
    for content in (*made, *_corpus(ARCHIVES[target])):
        if len(content) <= LARGEST:
            yield prefix + content


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


def _corpus(archive: str) -> Iterator[bytes]:
    path = Path(os.environ.get("LOCKGATE_CORPUS", ROOT.parent / "shared" / "corpus")) / archive
    if not path.exists():
        return
    with tarfile.open(path) as opened:
        for member in opened:
            stream = opened.extractfile(member) if member.isfile() else None
            if stream is not None:
                yield stream.read()
