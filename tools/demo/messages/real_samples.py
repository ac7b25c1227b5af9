"""A few real phishing messages, when a folder with the corpus is there (`LOCKGATE_CORPUS`); none is in the repository.

Chosen in the order of the archive among those that offline inspection calls dangerous, at most one of a campaign: what
the demo proves is that the mail path does with real bytes what `lockgate inspect` says.
"""

import csv
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lockgate.commands.inspect import judge_bytes
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from tools.demo.messages.expectation import DemoMessage, held
from tools.demo.messages.people import TOM

WANTED = 6
CERTAIN = 0.9
"""Scores above this survive what the live path knows in addition (an earlier message of the sender, for example)."""


@dataclass(frozen=True, slots=True)
class _Row:
    """What is needed of a line of the manifest."""

    campaign: str
    mail_from: str


def messages(corpus: Path) -> tuple[DemoMessage, ...]:
    """Up to `WANTED` messages; none when the folder holds no such archive."""
    archive, manifest = corpus / "train" / "train.tar.xz", corpus / "train" / "MANIFEST.tsv"
    if not archive.is_file() or not manifest.is_file():
        return ()
    rows = _rows(manifest)
    chosen: dict[str, DemoMessage] = {}
    for name, content in _members(archive):
        row = rows.get(name)
        if row is None or row.campaign in chosen:
            continue
        report = judge_bytes(content, Direction.INBOUND, frozenset({"contoso.example"}))
        if report.verdict in (Verdict.PHISHING, Verdict.FRAUD) and report.score >= CERTAIN:
            fate = held(TOM, f"judged {report.verdict}")
            message = DemoMessage(f"real-{len(chosen) + 1}", Direction.INBOUND, row.mail_from, content, (fate,))
            if message.internet_message_id:  # by which the trace is found
                chosen[row.campaign] = message
        if len(chosen) == WANTED:
            break
    return tuple(chosen.values())


def _rows(manifest: Path) -> dict[str, _Row]:
    """The phishing messages whose envelope sender is known, by their name in the archive."""
    with manifest.open(encoding="utf-8", newline="") as table:
        return {
            row["path"]: _Row(row["campaign"], row["mailfrom"])
            for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
            if row["label"] == "phish" and row["mailfrom"].isascii() and row["mailfrom"].count("@") == 1
        }


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content with the line ends of the wire."""
    with tarfile.open(archive) as opened:
        for member in opened:
            stream = opened.extractfile(member)
            if stream is not None:
                lines = io.BytesIO(stream.read()).read().replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
                yield member.name, b"\r\n".join(lines)
