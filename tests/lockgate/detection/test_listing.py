"""What a message carries is told to policies; labels that filters by name stand on are really given."""

from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from lockgate.detection.catalogue import default_catalogue
from lockgate.detection.data_loss.catalogue import shipped_catalogue
from lockgate.detection.engine import inspect
from lockgate.detection.malware_class import malware_class, threat_labels
from lockgate.model.decision import Fate
from lockgate.model.findings import Maturity
from lockgate.model.policy import Action, ActionKind, Condition, FileCondition, Rule
from lockgate.policy.engine import decide
from lockgate.policy.filters import BY_ID, FILTERS
from tests.lockgate.detection.messages import facts, message
from tests.lockgate.detection.samples import read
from tests.lockgate.policy.test_engine import ADA, inbound, policy

SAMPLES = Path(__file__).parent / "samples"
GIVERS = (
    "bulk.graymail", "impersonation.protected-person", "impersonation.directory-name", "file.encrypted-archive",
    "file.unopened-archive", "file.dangerous-type", "link.qr-code", "link.unrated", "fraud.impostors-wish",
)  # fmt: skip


def test_every_file_is_listed_by_what_it_truly_is_however_deep() -> None:
    letter = message("Hello.", ("photo.jpg", "exe"), ("a.zip", "zip(notes.txt=text(x), in.zip=zip(run.js=script))"))
    found = inspect(letter, facts(), default_catalogue()).files
    assert [(file.name, file.extension, file.kind, file.nested) for file in found] == [
        ("photo.jpg", "jpg", "exe", False),
        ("a.zip", "zip", "zip", False),
        ("notes.txt", "txt", "text", True),
        ("in.zip", "zip", "zip", True),
        ("run.js", "js", "script", True),
    ]
    assert [file.where.partition(" > ")[0] for file in found] == ["part 2 photo.jpg", *["part 3 a.zip"] * 4]


def test_of_an_archive_that_cannot_be_opened_the_names_are_listed() -> None:
    letter = message("Hello.", ("a.zip", "secret-zip(bill.js=text(x))"))
    found = inspect(letter, facts(), default_catalogue()).files
    assert ("bill.js", "js", "", True) in [(file.name, file.extension, file.kind, file.nested) for file in found]
    blocking = Rule("No scripts", Condition(files=FileCondition(extensions=("js",))), (Action(ActionKind.QUARANTINE),))
    report = inspect(letter, facts(), default_catalogue())
    assert decide(report, "ada@contoso.com", ADA, inbound(policy(blocking))).fate is Fate.QUARANTINE


def test_of_many_dangerous_attachments_none_is_left_in_place() -> None:
    letter = message("Hello.", *((f"{number}.exe", "exe") for number in range(20)))
    report = inspect(letter, facts(), default_catalogue())
    rule = Rule("Programs", Condition(findings=("file-danger:*",)), (Action(ActionKind.REPLACE_ATTACHMENTS),))
    decision = decide(report, "ada@contoso.com", ADA, inbound(policy(rule)))
    assert len(decision.changes.replace) == 20


@pytest.mark.parametrize(
    ("threat", "expected"),
    [
        ("Win.Ransomware.Locky-1", "ransomware"), ("Trojan:Win32/Emotet", "trojan"), ("Worm.Mydoom-27", "worm"),
        ("Win32.TrojanSpy.Banker", "spyware"), ("PUA.Win.Tool.Packed-1", "grayware"), ("W97M.Downloader", "trojan"),
        ("Xls.Macro.Generic", "macro"), ("Win.Virus.Sality", "virus"), ("Eicar-Signature", "test"),
        ("Heuristics.Phishing.Email", "phishing"), ("Rtf.Exploit.CVE-2017-11882", "exploit"), ("Something", "other"),
    ],
)  # fmt: skip
def test_a_scanners_name_says_the_class(threat: str, expected: str) -> None:
    assert malware_class(threat) == expected


def test_every_filter_names_what_detection_really_says() -> None:
    """A detector that is renamed or a label that nobody gives any more would make a filter that never applies.

    A filter may need a detector that is switched on first; its title then says so.
    """
    shipped = default_catalogue()
    switched_on = tuple(replace(one, maturity=Maturity.ENFORCED) for one in shipped.detectors)
    catalogue = replace(shipped, detectors=switched_on)
    said = {detector.id for detector in catalogue.detectors} | {"own.some-rule"}
    said.update(f"dlp-template:{template}" for template in shipped_catalogue().templates)
    for giver in GIVERS:
        hits = [one for one in read(SAMPLES / f"{giver}.samples") if one.expected == "hit"]
        for sample in hits[:12]:
            for finding in inspect(sample.message, sample.facts, catalogue, content=sample.content).findings:
                said.update(finding.labels)
    threats = ("a.Ransom", "a.Spy", "a.Worm", "a.Trojan", "a.Virus", "a.Exploit", "a.Macro", "a", "PUA.a")
    said.update(label for threat in threats for label in threat_labels(threat))
    for one in FILTERS:
        assert one.verdicts or one.findings, one.id
        for pattern in one.findings:
            assert any(fnmatchcase(name, pattern) for name in said), f"{one.id}: {pattern}"
    assert len(BY_ID) == len(FILTERS)
