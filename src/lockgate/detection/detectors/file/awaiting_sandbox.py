"""A file of the message is still in the sandbox, or the sandbox gave up on it.

Why it matters: nothing passes that was not judged. The message is held until the verdict is there: then it is released
by itself, or kept.
Known false positives: none, it is no suspicion; everything of a kind that is worth running waits once.
References: settings `scanners.sandbox`; design rule "a failure is a finding".
"""

from collections.abc import Iterator

from lockgate.detection.detector import Found, Outcome, Unfinished, detector
from lockgate.model.findings import Category, Evidence, Failure
from lockgate.model.scans import SandboxedFile, SandboxScan, SandboxState


@detector("file.awaiting-sandbox", Category.FILE, weight=0.0)
def awaiting_sandbox(scan: SandboxScan) -> Iterator[Outcome]:
    for file in scan.files:
        if file.state is SandboxState.PENDING:
            yield _found(file, f"{file.where} is in the sandbox")
            yield Unfinished(f"{file.where} is in the sandbox", Failure.PENDING)
        elif file.state is SandboxState.FAILED:
            yield _found(file, f"the sandbox has no verdict on {file.where}")
            yield Unfinished(f"the sandbox has no verdict on {file.where}: {file.detail}", Failure.LIMIT)


def _found(file: SandboxedFile, explanation: str) -> Found:
    return Found(explanation, (Evidence(file.where, file.sha256),), labels=(f"sandbox:{file.state}",))
