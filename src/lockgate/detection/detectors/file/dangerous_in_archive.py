"""A file that runs when it is opened lies inside an archive, a disk image, a document or a message, however deep.

Why it matters: packing is how such files get past filters that look at attachment names only; the deeper, the surer.
One that is named in an archive which cannot be opened counts as well.
Known false positives: software sent to a customer as a ZIP file.
References: MITRE ATT&CK T1027.015, T1566.001.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.files.danger import dangerous_kind, dangerous_name
from lockgate.detection.files.kinds import Family
from lockgate.detection.files.unpacking import File, Why
from lockgate.model.findings import Category, Evidence

OWN_PARTS = (Family.EXECUTABLE, Family.INSTALLER)
"""A program or an installer consists of programs; it is named itself."""


@detector("file.dangerous-in-archive", Category.FILE, weight=3.0, about=File)
def dangerous_in_archive(content: Content) -> Iterator[Outcome]:
    for file in content.files:
        container = file.container
        if container is None or container.family in OWN_PARTS:
            continue
        if dangerous_kind(file.kind, file.name):
            yield Found(
                f"{file.where} is of the kind {file.kind.id}, which runs when it is opened",
                (Evidence(file.where, file.name),),
                strength=1.0 + 0.2 * max(0, file.depth - 1),
                labels=(f"file-danger:{file.kind.id}", f"file-type:{file.kind.id}"),
            )
    for item in content.unpacked.unopened:
        if item.why in (Why.ENCRYPTED, Why.UNSUPPORTED) and dangerous_name(item.name):
            extension = item.name.rpartition(".")[2].lower()
            yield Found(
                f"{item.where} is named like a file that runs, and cannot be looked into",
                (Evidence(item.where, item.name),),
                strength=1.2,
                labels=(f"file-danger:{extension}",),
            )
