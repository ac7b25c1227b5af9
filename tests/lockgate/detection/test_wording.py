"""The wording model: small, quick, the same for the same input, and trained as its tool says."""

import time

import pytest

from lockgate.detection import wording
from tools.train_wording import MODEL, Example, train

SCAM = "dear friend i need your assistance to transfer the sum of ten million dollars to your account"
TECHNICAL = "the patch fixes the return value of the driver function when the kernel buffer is not aligned"


def example(text: str, unwanted: bool, campaign: str) -> Example:
    return Example("test", "spam" if unwanted else "ham", unwanted, campaign, wording.features(text))


def test_the_model_that_ships_is_small_and_knows_the_difference() -> None:
    assert MODEL.stat().st_size < 200_000
    model = wording.default_model()
    assert model.log_odds(model.weigh(SCAM)) > 1
    assert model.log_odds(model.weigh(TECHNICAL)) < -1
    weighed = model.weigh(SCAM)
    assert wording.speaking(weighed, 3)
    assert set(wording.speaking(weighed, 3)).isdisjoint(wording.speaking(weighed, 3, against=False))


def test_training_gives_the_same_bytes_and_learns() -> None:
    taught = [example(SCAM, True, "a"), example(TECHNICAL, False, "b")] * 3
    packed = train(taught)
    assert packed == train(taught)
    model = wording.unpack(packed)
    assert model.log_odds(model.weigh(SCAM)) > 0 > model.log_odds(model.weigh(TECHNICAL))


def test_something_else_is_no_model() -> None:
    packed = bytearray(train([example(SCAM, True, "a")]))
    packed[0] ^= 1
    with pytest.raises(ValueError, match="no wording model"):
        wording.unpack(bytes(packed))


def test_a_long_text_costs_less_than_a_millisecond() -> None:
    text = " ".join(f"{SCAM} {number}" for number in range(10_000))
    model = wording.default_model()
    times = []
    for _ in range(9):
        started = time.process_time()
        model.log_odds(model.weigh(text))
        times.append(time.process_time() - started)
    assert sorted(times)[4] < 0.001
