"""Scores of every contestant on the same mail, kept by message: what a peer has judged it need not judge again."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from bench.detection.peers import Rspamd, Scored, SpamAssassin
from lockgate.learning.material import Labelled


class Contestant(Protocol):
    """A filter that is running."""

    name: str

    def learn(self, messages: Sequence[Labelled]) -> None:
        """Take in labelled mail."""

    def score(self, one: Labelled) -> Scored:
        """Judge one message."""


PEERS: tuple[tuple[str, bool, Callable[[Path], AbstractContextManager[Contestant]]], ...] = (
    ("rspamd", False, lambda folder: Rspamd(folder, learning=False)),
    ("rspamd with Bayes", True, lambda folder: Rspamd(folder, learning=True)),
    ("SpamAssassin", False, lambda folder: SpamAssassin(folder, learning=False)),
    ("SpamAssassin with Bayes", True, lambda folder: SpamAssassin(folder, learning=True)),
)


def peers_scores(
    place: Path, taught: Sequence[Labelled], asked: Sequence[Labelled]
) -> Iterator[tuple[str, list[Scored]]]:
    """The scores of every peer that is installed, in the order of `asked`."""
    for name, learns, start in PEERS:
        if shutil.which(name.partition(" ")[0].lower()):
            yield name, _scores(name, learns, start, place, taught, asked)


def _scores(
    name: str, learns: bool, start: Callable[[Path], AbstractContextManager[Contestant]], place: Path,
    taught: Sequence[Labelled], asked: Sequence[Labelled],
) -> list[Scored]:  # fmt: skip
    stem = f"{name.replace(' ', '-')}{'-' + _mark(taught) if learns else ''}"
    kept = place / f"{stem}.json"
    known: dict[str, list[float]] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    missing = [one for one in asked if digest(one) not in known]
    if missing:
        with start(place / stem) as running:
            if learns:
                running.learn(taught)
            for one in missing:
                said = running.score(one)
                known[digest(one)] = [said.score, said.milliseconds]
        kept.write_text(json.dumps(known), encoding="utf-8")
    return [Scored(*known[digest(one)]) for one in asked]


def digest(one: Labelled) -> str:
    """What a message is known by."""
    return hashlib.sha256(one.content).hexdigest()[:24]


def _mark(mail: Sequence[Labelled]) -> str:
    return hashlib.sha256("".join(map(digest, mail)).encode()).hexdigest()[:12]
