"""The kind of bulk mail is told by its label, which policies can name; none of it is called spam for that."""

from pathlib import Path

import pytest

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.engine import inspect
from lockgate.model.findings import Verdict
from tests.lockgate.detection.samples import Sample, read

SAMPLES = [one for one in read(Path(__file__).parent / "samples" / "bulk.graymail.samples") if one.expected == "hit"]
KINDS = {
    "marketing": "graymail:marketing",
    "newsletter": "graymail:newsletter",
    "social network": "graymail:social",
    "list": "graymail:forum",
    "notice of an order": "graymail:notice",
}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.title)
def test_each_kind_has_its_label_and_is_no_spam(sample: Sample) -> None:
    report = inspect(sample.message, sample.facts, default_catalogue())
    (found,) = [finding for finding in report.findings if finding.detector == "bulk.graymail"]
    assert found.labels == (KINDS[sample.title],)
    assert report.verdict in (Verdict.CLEAN, Verdict.BULK)
