"""Processor time of Lockgate and rspamd on the same messages in turn, so that a busy machine is as busy for both."""

from collections.abc import Sequence
from pathlib import Path

from bench.detection.lockgate import judge
from bench.detection.peers import Rspamd
from lockgate.detection.classifier import model as classifier
from lockgate.learning.material import Labelled

WARM = 50
SLICE = 100  # messages that one judges before the other's turn


def in_turn(place: Path, model: Path | None, asked: Sequence[Labelled]) -> dict[str, list[float]]:
    """Milliseconds per message: `rspamd`, and Lockgate by stage with `all` of them."""
    spent: dict[str, list[float]] = {"rspamd": []}
    classifier.use(model)
    with Rspamd(place / "rspamd-in-turn", learning=False) as peer:
        for one in asked[-WARM:]:
            peer.score(one)
            judge(one)
        for start in range(0, len(asked), SLICE):
            some = asked[start : start + SLICE]
            spent["rspamd"] += [peer.score(one).milliseconds for one in some]
            for judged in map(judge, some):
                for stage, milliseconds in judged.stages.items():
                    spent.setdefault(stage, []).append(milliseconds)
    classifier.use(None)
    return spent
