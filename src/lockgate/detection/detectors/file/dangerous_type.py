"""A file is of a kind that runs something when it is opened, told by its content.

Why it matters: programs, scripts, shortcuts, disk images, OneNote files and installers have next to no honest use as
mail attachments, and each of them has carried waves of malware. A policy can stop them by label `file-danger:<kind>`.
Known false positives: developers and administrators who mail scripts or installers.
References: MITRE ATT&CK T1566.001; Microsoft, "Blocked attachments in Outlook".
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.files.danger import dangerous_kind
from lockgate.detection.files.unpacking import File
from lockgate.model.findings import Category, Evidence


@detector("file.dangerous-type", Category.FILE, weight=2.5, about=File)
def dangerous_type(content: Content) -> Iterator[Outcome]:
    for file in content.files:
        if file.container is None and dangerous_kind(file.kind, file.name):
            yield Found(
                f"{file.where} is of the kind {file.kind.id}, which runs when it is opened",
                (Evidence(file.where, file.name or file.kind.id),),
                labels=(f"file-danger:{file.kind.id}", f"file-type:{file.kind.id}"),
            )
