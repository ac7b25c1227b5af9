"""Lockgate as a contestant: the code of the mail path in this process, with a model trained for the comparison."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.detection.peers import Scored
from lockgate.commands.inspect import judge_bytes
from lockgate.detection.classifier import model as classifier
from lockgate.detection.content import Content
from lockgate.learning.material import Labelled
from lockgate.learning.training import Example, train
from lockgate.mime.parser import parse
from lockgate.model.envelope import Direction
from lockgate.model.findings import Report

FIRMS = frozenset(
    ("contoso", "fabrikam", "litware", "litwareinc", "northwind", "northwindtraders", "proseware", "adatum", "tailspin",
     "adventure-works", "tailspintoys", "woodgrovebank", "margiestravel", "lucernepublishing", "wingtip", "wingtiptoys")
)  # fmt: skip
"""Names of the invented organisations that the mail of the comparison is for."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of one message, and the milliseconds by stage."""

    scored: Scored
    report: Report
    stages: dict[str, float]


def model_for(place: Path, examples: Sequence[Example], left_out: frozenset[str], name: str) -> Path:
    """A model of what may be learnt from, and of nothing that is measured on."""
    used = [one for one in examples if not one.held_out and one.source not in left_out]
    file = place / f"{name}.bin"
    file.write_bytes(classifier.pack(train(used)))
    return file


def judge_all(model: Path, asked: Sequence[Labelled]) -> list[Judged]:
    """Every message, one after the other, on one processor."""
    classifier.use(model)
    for one in asked[:50]:  # compilers and caches have seen mail before it is timed
        judge(one)
    found = [judge(one) for one in asked]
    classifier.use(None)
    return found


def own_domains(one: Labelled) -> frozenset[str]:
    """The domains of the organisation that the message is for: every installation knows its own."""
    domains = {mailbox.domain for mailbox in parse(one.content).to}
    return frozenset(domain for domain in domains if domain.partition(".")[0] in FIRMS)


def judge(one: Labelled) -> Judged:
    """One message, by the model in use."""
    ours = own_domains(one)
    started = time.process_time()
    report = judge_bytes(one.content, Direction.INBOUND, ours)
    whole = (time.process_time() - started) * 1000
    before = time.process_time()
    message = parse(one.content)
    parsed = time.process_time()
    content = Content(message)
    _ = content.words, content.targets, content.files  # what the classifier shares with the detectors
    prepared = time.process_time()
    _ = content.classified
    classified = (time.process_time() - prepared) * 1000
    parsing = (parsed - before) * 1000
    stages = {
        "parsing": parsing,
        "classifier": classified,
        "detectors": max(0.0, whole - parsing - classified),
        "all": whole,
    }
    return Judged(Scored(report.score, whole), report, stages)
