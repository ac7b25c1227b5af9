"""Rules about files, with exceptions, and switched off: when they apply, what they act on, and how they are said."""

from dataclasses import replace

import pytest

from lockgate.model.decision import Fate
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Report, SeenFile, Verdict
from lockgate.model.policy import Action, ActionKind, Condition, FileCondition, Rule
from lockgate.policy.conditions import files_of
from lockgate.policy.conflicts import conflicts
from lockgate.policy.differences import condition_words
from lockgate.policy.engine import decide
from lockgate.policy.serialisation import from_json, to_json
from lockgate.policy.validation import problems
from tests.lockgate.policy.test_engine import ADA, JUNK, QUARANTINE, TAG, finding, inbound, on, policy, report

PDF = SeenFile("part 2", "Invoice.PDF", "pdf", "pdf", "pdf", nested=False)
ZIP = SeenFile("part 3", "a.zip", "zip", "zip", "archive", nested=False)
EXE = SeenFile("part 3 > a.zip > b.jpg", "b.jpg", "jpg", "exe", "executable", nested=True)
LOCKED = SeenFile("part 4 > c.rar > run.js", "run.js", "js", "", "", nested=True)
CARRIED = replace(report(Verdict.CLEAN), files=(PDF, ZIP, EXE, LOCKED))
REPLACE = Action(ActionKind.REPLACE_ATTACHMENTS)


def rule(files: FileCondition, *actions: Action) -> Rule:
    return Rule("Files", Condition(files=files), actions or (QUARANTINE,))


def names(files: FileCondition) -> list[str]:
    return [file.name for file in files_of(files, CARRIED)]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (FileCondition(kinds=("exe",)), ["b.jpg"]),
        (FileCondition(kinds=("archive",)), ["a.zip"]),
        (FileCondition(extensions=("js", "pdf")), ["Invoice.PDF", "run.js"]),
        (FileCondition(extensions=("js", "pdf"), inside=False), ["Invoice.PDF"]),
        (FileCondition(names=("invoice*",)), ["Invoice.PDF"]),
        (FileCondition(kinds=("exe",), names=("*.rar",)), ["b.jpg"]),
        (FileCondition(kinds=("pdf", "archive"), all_except=True), ["b.jpg", "run.js"]),
        (FileCondition(kinds=("pdf", "archive"), all_except=True, inside=False), []),
    ],
)
def test_a_file_is_told_by_its_true_kind_its_extension_or_its_name(condition: FileCondition, found: list[str]) -> None:
    assert names(condition) == found
    decision = decide(CARRIED, "ada@contoso.com", ADA, inbound(policy(rule(condition))))
    assert (decision.fate is Fate.QUARANTINE) == bool(found)


def test_only_the_attachments_with_such_a_file_are_replaced_and_the_sentence_names_it() -> None:
    found = replace(CARRIED, findings=(finding(labels=("x",)),), verdict=Verdict.PHISHING)
    acting = rule(FileCondition(kinds=("exe",)), REPLACE, Action(ActionKind.ADD_BANNER))
    decision = decide(found, "ada@contoso.com", ADA, inbound(policy(acting)))
    assert decision.changes.replace == ("3",)
    assert "it carries b.jpg (exe) inside another file" in decision.explanation
    assert "it carries b.jpg (exe)" in decision.changes.banner and "a link shows" not in decision.changes.banner


def test_an_exception_keeps_a_rule_from_applying() -> None:
    spam = Rule("Spam", Condition(frozenset({Verdict.SPAM}), unless=("listed:approved*", "own.partner")), (JUNK,))
    for labels, fate in (((), Fate.JUNK), (("listed:approved:p",), Fate.RELAY), (("listed:blocked",), Fate.JUNK)):
        decision = decide(report(Verdict.SPAM, finding(labels=labels)), "a@b.com", ADA, inbound(policy(spam)))
        assert decision.fate is fate


def test_a_rule_that_is_switched_off_neither_acts_nor_conflicts() -> None:
    off = replace(on(Verdict.SPAM, TAG, QUARANTINE), enabled=False)
    decision = decide(report(Verdict.SPAM), "a@b.com", ADA, inbound(policy(off)))
    assert decision.fate is Fate.RELAY and not decision.changes
    assert conflicts(policy(replace(off, enabled=True))) and not conflicts(policy(off))


def test_it_comes_back_from_json_and_an_old_document_without_it_too() -> None:
    files = FileCondition(("exe",), ("iso",), ("a*.zip",), all_except=True, inside=False)
    written = policy(replace(rule(files), when=Condition(files=files, unless=("own.x",)), enabled=False))
    document = to_json(written)
    assert from_json(document) == written
    [old] = document["rules"]  # type: ignore[misc]
    del old["enabled"], old["when"]["files"], old["when"]["unless"]  # type: ignore[has-type]
    [read] = from_json(document).rules
    assert read.enabled and read.when == Condition()
    old["when"]["files"] = {"extensions": [".ISO", "*.img"], "nmaes": []}  # type: ignore[has-type]
    with pytest.raises(InvalidInput, match="unknown keys: nmaes"):
        from_json(document)
    del old["when"]["files"]["nmaes"]  # type: ignore[has-type]
    assert from_json(document).rules[0].when.files == FileCondition(extensions=("iso", "img"))


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (FileCondition(), "Name a kind, an extension or a file name"),
        (FileCondition(extensions=("a b",)), "is not an extension"),
        (FileCondition(names=("*",)), "would match all of them"),
        (FileCondition(kinds=("exe",) * 1_001), "at most 1000"),
    ],
)
def test_a_wrong_file_condition_is_explained(files: FileCondition, says: str) -> None:
    assert any(says in problem for problem in problems(policy(rule(files))))
    assert not problems(policy(rule(FileCondition(extensions=("iso",)))))


def test_it_is_said_in_words() -> None:
    files = FileCondition(("exe",), ("iso",), all_except=True, inside=False)
    said = condition_words(Condition(files=files, unless=("own.x",)))
    assert said == "any file except exe, .iso, not inside others; unless own.x"
    assert isinstance(CARRIED, Report) and policy().direction is Direction.INBOUND
