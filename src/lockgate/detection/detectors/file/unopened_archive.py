"""An archive was not looked into: it is beyond the limits, damaged, or of a kind that cannot be opened here.

Why it matters: what nobody looked at may be anything. Reaching a limit makes the inspection incomplete, because nothing
passes for clean that was not seen; a recognised archive of a rare kind is named so that a policy can stop it.
Known false positives: very large archives; RAR files, whose compression is not opened.
References: OWASP, "Zip bomb"; CWE-409.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, Unfinished, detector
from lockgate.detection.files.unpacking import File, Why
from lockgate.model.findings import Category, Evidence

STRENGTHS = {Why.LIMIT: 2.0, Why.DAMAGED: 0.5, Why.UNSUPPORTED: 1.0}


@detector("file.unopened-archive", Category.FILE, weight=1.0, about=File)
def unopened_archive(content: Content) -> Iterator[Outcome]:
    for item in content.unpacked.unopened:
        if item.why is Why.ENCRYPTED:
            continue
        yield Found(
            f"{item.where} was not looked into: {item.detail}",
            (Evidence(item.where, item.detail),),
            STRENGTHS[item.why],
            (f"file-unopened:{item.why}", f"file-type:{item.kind.id}"),
        )
        yield Unfinished(f"{item.where}: {item.detail}", essential=item.why is Why.LIMIT)
