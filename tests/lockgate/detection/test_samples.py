"""Every detector has samples with a hit and a near miss, and does on them what they say; ordinary mail passes."""

from pathlib import Path

import pytest

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.engine import inspect
from lockgate.model.findings import Category, Failure, Report, Verdict
from tests.lockgate.detection.samples import Sample, read

HERE = Path(__file__).parent
CATALOGUE = default_catalogue()
SAMPLES = {path.stem: read(path) for path in sorted((HERE / "samples").glob("*.samples"))}
HAM = [(path.stem, sample) for path in sorted((HERE / "ham").glob("*.samples")) for sample in read(path)]


def judge(sample: Sample) -> Report:
    report = inspect(sample.message, sample.facts, CATALOGUE, content=sample.content)
    crashed = [gap for gap in report.incomplete if gap.failure is Failure.CRASHED]
    assert not crashed
    return report


def test_every_detector_has_a_hit_and_a_near_miss() -> None:
    for detector in CATALOGUE.detectors:
        kinds = {sample.expected for sample in SAMPLES.get(detector.id, [])}
        assert kinds == {"hit", "miss"}, f"{detector.id} needs samples/{detector.id}.samples with a hit and a miss"


def test_no_samples_of_detectors_that_are_gone() -> None:
    assert set(SAMPLES) <= {detector.id for detector in CATALOGUE.detectors}


@pytest.mark.parametrize("identity", SAMPLES)
def test_a_detector_does_what_its_samples_say(identity: str) -> None:
    for sample in SAMPLES[identity]:
        found = {finding.detector: finding for finding in judge(sample).findings}
        assert (identity in found) == (sample.expected == "hit"), f"{identity}: {sample.title}: {sorted(found)}"
        if identity in found:
            assert found[identity].evidence, sample.title
            assert all(len(piece.excerpt) <= 200 for piece in found[identity].evidence)


@pytest.mark.parametrize(("file", "sample"), HAM, ids=lambda value: value if isinstance(value, str) else value.title)
def test_ordinary_business_mail_passes(file: str, sample: Sample) -> None:
    report = judge(sample)
    reasons = [(finding.detector, finding.weight) for finding in report.findings]
    assert report.verdict in (Verdict.CLEAN, Verdict.BULK), f"{report.score} {reasons}"


def test_evidence_never_shows_a_whole_card_number() -> None:
    for sample in SAMPLES["dlp.template"]:
        for finding in judge(sample).findings:
            if finding.category is Category.DLP:
                shown = "".join(piece.excerpt for piece in finding.evidence)
                assert "4111111111111111" not in shown.replace(" ", "")
