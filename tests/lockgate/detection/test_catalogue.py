"""The catalogue refuses, at start-up and by name, whatever would make a detector silently not run."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lockgate.detection import manual
from lockgate.detection.catalogue import default_catalogue, discover, fingerprint
from lockgate.model.errors import ConfigurationError

ROOT = Path(__file__).parents[3]
PAGE = '"""One.\n\nWhy it matters: x\nKnown false positives: x\nReferences: x\n"""\n'
CODE = """
from collections.abc import Iterator
from lockgate.detection.detector import Outcome, detector
from lockgate.model.findings import Category
from lockgate.model.message import Message

@detector("{id}", Category.SPAM, weight=1.0)
def it(message: {kind}) -> Iterator[Outcome]:
    yield from ()
"""

Plant = Callable[[dict[str, str]], ModuleType]


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plant]:
    """Writes a package of detectors and imports it."""
    name = f"planted_{tmp_path.name.replace('-', '_')}"

    def make(modules: dict[str, str]) -> ModuleType:
        folder = tmp_path / name / "family"
        folder.mkdir(parents=True)
        for package in (folder.parent, folder):
            (package / "__init__.py").write_text("")
        for module, text in modules.items():
            (folder / f"{module}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        return importlib.import_module(name)

    yield make
    for module in [module for module in sys.modules if module.startswith(name)]:
        del sys.modules[module]


def code(identity: str, kind: str = "Message", page: str = PAGE) -> str:
    return page + CODE.format(id=identity, kind=kind)


def test_a_file_is_enough_to_add_a_detector(plant: Plant) -> None:
    found = discover(plant({"one_thing": code("family.one-thing")}))
    assert [detector.id for detector in found.detectors] == ["family.one-thing"]
    assert found.detectors[0].summary == "One."


def test_two_detectors_of_one_name_are_refused_naming_both_files(plant: Plant) -> None:
    with pytest.raises(ConfigurationError, match=r"family\.one.*one.*and.*two"):
        discover(plant({"one": code("family.one"), "two": code("family.one")}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (code("family.one", page=""), "has no docstring"),
        (code("family.one", page='"""Only a title."""\n'), "lacks Why it matters"),
        (code("family.other"), "must call its detector family.one"),
        (code("family.one", kind="int"), "not one of Message, Content"),
        (PAGE, "must hold exactly one detector"),
    ],
)
def test_a_malformed_detector_stops_start_up(plant: Plant, text: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        discover(plant({"one": text}))


def test_the_fingerprint_changes_with_any_byte_of_code_rules_or_lists(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    before = fingerprint(tmp_path)
    assert before == fingerprint(tmp_path)
    (tmp_path / "list.txt").write_text("x")
    assert before != fingerprint(tmp_path)


def test_the_product_has_every_family_it_promises() -> None:
    families = {detector.id.partition(".")[0] for detector in default_catalogue().detectors}
    assert families == {
        "authentication", "bulk", "correlation", "dlp", "evasion", "file", "fraud", "impersonation", "innocence",
        "link", "malware", "phishing", "reputation", "spam",
    }  # fmt: skip


def test_the_manual_in_docs_is_what_the_code_says() -> None:
    folder = ROOT / "docs" / "detectors"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    assert written == manual.pages(default_catalogue()), "run: make docs"
