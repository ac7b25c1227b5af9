"""Own YARA rules: a set is good as a whole or refused with a sentence; what is in force stays until another is good."""

from pathlib import Path

import pytest

from lockgate.bootstrap.own_rule_folder import OwnRuleFolder, sources_in
from lockgate.detection.own_rules import OwnRules, compile_rules
from lockgate.model.errors import InvalidInput

GOOD = 'rule one { meta: weight = 4 strings: $a = "heliotrope" condition: $a }'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rule x {\n condition: nothing_like_it }", "a.yar, line 2: unknown identifier `nothing_like_it`"),
        ("rule x {", "a.yar, line"),
        ('include "/etc/passwd"\n' + GOOD, "a.yar, line 1: "),
        ('rule x { meta: category = "fun" condition: true }', "rule x has the category fun"),
        ("rule x { meta: weight = 900 condition: true }", "rule x needs a number up to 10"),
        ('rule x { meta: weight = "much" condition: true }', "rule x needs a number up to 10"),
    ],
)
def test_a_mistake_is_told_in_a_sentence_with_its_place(text: str, says: str) -> None:
    with pytest.raises(InvalidInput) as told:
        compile_rules({"a.yar": text, "good.yar": GOOD})
    assert says in str(told.value)


def test_rules_of_one_name_may_stand_in_two_files() -> None:
    rules = compile_rules({"a.yar": GOOD, "b.yar": GOOD})
    hits = list(OwnRules(rules.version, rules.compiled).scan(b"a heliotrope"))
    assert {getattr(hit, "rule", "") for hit in hits} == {"a.yar:one", "b.yar:one"}
    assert rules.version != compile_rules({"a.yar": GOOD}).version


def test_the_folder_is_read_again_when_it_changes_and_keeps_what_was_good(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one.yara").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("no rule")
    folder = OwnRuleFolder(tmp_path)
    first = folder.current
    assert first.count == 1
    assert not folder.refresh()
    (tmp_path / "two.yar").write_text("rule two {")
    assert not folder.refresh()
    assert folder.current == first
    (tmp_path / "two.yar").write_text("rule two { condition: filesize == 3 }")
    assert folder.refresh()
    assert folder.current.count == 2
    (tmp_path / "two.yar").unlink()
    assert folder.refresh()
    assert folder.current.version == first.version


def test_a_folder_that_is_not_there_and_a_file_that_is_no_text_are_told(tmp_path: Path) -> None:
    assert OwnRuleFolder(tmp_path / "nowhere").current.count == 0
    assert OwnRuleFolder(None).current.count == 0
    (tmp_path / "a.yar").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInput, match=r"a\.yar: not UTF-8"):
        sources_in(tmp_path)
