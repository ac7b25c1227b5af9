"""Properties that a document carries, sensitivity labels among them.

Open XML keeps its own in docProps/core.xml and custom.xml (ECMA-376 part 2 §11, part 1 §22.3). Microsoft's labels are
custom properties called `MSIP_Label_<id>_<what>` there, in PDF too (Microsoft Learn, "Microsoft Purview Information
Protection label metadata").
"""

import re
from collections.abc import Mapping
from html import unescape

from lockgate.detection.files import kinds
from lockgate.detection.files.unpacking import File

LIMIT = 200_000  # bytes of one property file
MOST = 200
LENGTH = 500
_CORE = re.compile(r"<(?:dc|cp|dcterms):(\w{1,40})(?:\s[^>]{0,200})?>([^<]{1,2000})<")
_CUSTOM = re.compile(r'<property\b[^>]{0,500}\bname="([^"]{1,255})"[^>]{0,500}>\s{0,50}<vt:\w{1,20}>([^<]{0,2000})<')
NONE: Mapping[str, str] = {}


def file_properties(file: File) -> Mapping[str, str]:
    """Names and values; empty for a file that has none."""
    if file.container is not None and file.container.family is kinds.Family.OFFICE:
        expression = {"docProps/core.xml": _CORE, "docProps/custom.xml": _CUSTOM}.get(file.name)
        return _matches(expression, file.text) if expression else NONE
    return _of_pdf(file.content) if file.kind is kinds.PDF else NONE


def _matches(expression: re.Pattern[str], content: bytes) -> dict[str, str]:
    found = expression.findall(content[:LIMIT].decode("utf-8", "replace"))
    return {unescape(name): unescape(value)[:LENGTH] for name, value in found[:MOST]}


def _of_pdf(content: bytes) -> Mapping[str, str]:
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(content) as document:
            return {name: value[:LENGTH] for name, value in document.get_metadata_dict(skip_empty=True).items()}
    except Exception:  # noqa: BLE001 - hostile bytes; a document that cannot be opened has no properties to us
        return NONE
