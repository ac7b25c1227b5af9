"""Training: the same input gives the same file, it learns, and what it may not learn from it does not."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

from lockgate.commands.app import app
from lockgate.detection.classifier import model as classifier
from lockgate.detection.content import Content
from lockgate.learning.material import NON_COMMERCIAL, invented_mail
from lockgate.learning.templates import templates
from lockgate.learning.training import Example, example, train
from lockgate.mime.parser import parse
from lockgate.model.errors import InvalidInput


@pytest.fixture(scope="module")
def some() -> list[Example]:
    """What one in twelve of the invented mail's templates become."""
    return [example(one) for one in invented_mail(of=templates()[::12])]


@pytest.fixture(autouse=True)
def _shipped_model_afterwards() -> Iterator[None]:
    yield
    classifier.use(None)


def test_the_same_mail_and_seed_give_the_same_bytes_and_it_learns(some: list[Example]) -> None:
    taught = [one for one in some if not one.held_out]
    packed = classifier.pack(train(taught))
    assert packed == classifier.pack(train(taught))
    model = classifier.unpack(packed)
    kept = [one for one in some if one.held_out]
    said, unwanted = [model.evidence(one.places) for one in kept], [one.unwanted for one in kept]
    assert sum((evidence > 0) == bad for evidence, bad in zip(said, unwanted, strict=True)) / len(kept) > 0.8
    assert roc_auc_score(unwanted, said) > 0.93


def test_one_side_alone_teaches_nothing(some: list[Example]) -> None:
    with pytest.raises(InvalidInput, match="both wanted and unwanted"):
        train([one for one in some if one.unwanted])


def test_something_else_is_no_model(some: list[Example], tmp_path: Path) -> None:
    packed = bytearray(classifier.pack(train(some[::3])))
    packed[0] ^= 1
    file = tmp_path / "model.bin"
    file.write_bytes(packed)
    with pytest.raises(InvalidInput, match="no classifier"):
        classifier.use(file)
    with pytest.raises(InvalidInput):
        classifier.use(tmp_path / "missing")


def test_the_command_learns_from_own_folders_and_the_result_judges(tmp_path: Path) -> None:
    mail = list(invented_mail(3, templates()[::70]))
    for one, name in ((one, f"{number}.eml") for number, one in enumerate(mail)):
        folder = tmp_path / ("bad" if one.unwanted else "good")
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(one.content)
    made, card = tmp_path / "own.bin", tmp_path / "card.md"
    given = ["--ham", str(tmp_path / "good"), "--unwanted", str(tmp_path / "bad"), "--card", str(card), "--no-invented"]
    done = CliRunner().invoke(app, ["model", "train", str(made), *given])
    assert done.exit_code == 0, done.output
    assert "| own | the operator's own mail |" in card.read_text()
    assert "Nothing it was made from" in card.read_text()
    classifier.use(made)
    message = parse(mail[0].content)
    assert Content(message).classified.speaking


def test_the_model_that_ships_is_small_and_its_card_names_no_forbidden_source() -> None:
    root = Path(__file__).parents[3]
    assert (root / "src/lockgate/detection/models/classifier.bin").stat().st_size < 10_000_000
    card = (root / "docs/models/classifier.md").read_text()
    data = card.partition("## Data")[2].partition("## On mail")[0]
    assert classifier.shipped().version in card
    assert not any(source in data for source in NON_COMMERCIAL)


def test_a_message_costs_less_than_a_millisecond() -> None:
    mail = [parse(one.content) for one in invented_mail(of=templates()[::70])]
    classifier.shipped()
    times = []
    for message in mail:
        content = Content(message)
        _ = content.words, content.targets, content.files, content.mentions
        started = time.process_time()
        _ = content.classified
        times.append(time.process_time() - started)
    assert sorted(times)[len(times) // 2] < 0.001
