"""An XML file declares entities that unfold into each other, or that read a file or an address.

Why it matters: a kilobyte of such declarations unfolds into gigabytes in the program that reads it, and an external
entity makes the reader's program fetch something. Documents have no use for either; Office forbids declarations at all.
Known false positives: technical documentation in DocBook or TEI, which uses entities for its chapters.
References: CWE-776 (entity expansion), CWE-611 (external entities); ECMA-376 part 2 §8.1.1.2; XML 1.0 §4.2.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.files import kinds
from lockgate.detection.files.kinds import Family
from lockgate.detection.files.unpacking import File
from lockgate.model.findings import Category, Evidence

LIMIT = 200_000
SEVERAL = 3
_ENTITY = re.compile(
    rb"<!ENTITY\s+(?:%\s+)?[\w.:-]{1,100}\s+(?:(SYSTEM|PUBLIC)\s|[\"']([^\"']{0,20000}))", re.IGNORECASE
)
_REFERENCE = re.compile(rb"[&%][\w.:-]{1,100};")


@detector("file.xml-entities", Category.FILE, weight=2.0, about=File)
def xml_entities(content: Content) -> Iterator[Outcome]:
    for file in content.files:
        if not _is_xml(file):
            continue
        found = list(_ENTITY.finditer(file.text[:LIMIT]))
        nested = [match for match in found if match.group(2) and _REFERENCE.search(match.group(2))]
        external = [match for match in found if match.group(1)]
        what = "unfold into each other" if len(nested) >= SEVERAL else "are read from elsewhere" if external else ""
        if what:
            shown = (nested if len(nested) >= SEVERAL else external)[0].group()[:150].decode("latin-1")
            yield Found(f"{file.where} declares entities that {what}", (Evidence(file.where, shown),))


def _is_xml(file: File) -> bool:
    inside_office = file.container is not None and file.container.family is Family.OFFICE
    return file.kind in (kinds.XML, kinds.SVG, kinds.OFFICE_XML) or (
        inside_office and file.name.endswith((".xml", ".rels"))
    )
