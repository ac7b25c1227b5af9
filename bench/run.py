"""`make bench`: the gateway, Haraka and a bare sink under the same load in the same run.

All contestants run all the time; in each round each gets its turn, so that a machine that is slow for a while is slow
for all of them, and ratios are taken within a round. With two or more processors the contestants have one of them
and the load generator and the sink behind them the other.
"""

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import haraka, results
from bench.contestants import Contestant, Place, free_port, pinned_to
from bench.mails import write_mails
from bench.results import Turn, Way
from lockgate.commands.bench import make_identity

WARM_UP_SECONDS = 5.0  # compilers and caches have seen the mail by then, Haraka's and ours
FOLDER = Path("build/bench")
WAYS = (Way(False, False), Way(True, False), Way(False, True), Way(True, True))
NAMES = ("sink", "haraka", "lockgate none", "lockgate full")


class Race:
    """One run of the whole comparison."""

    def __init__(self, given: argparse.Namespace, mails: Path) -> None:
        self._given = given
        self._mails = mails
        # Message numbers of this run begin anywhere, so that nobody remembers those of the last.
        self._numbers = itertools.count(random.SystemRandom().randrange(10**9) * 10**6, 10**6)
        processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        paired = len(processors) > 1 and not given.unpinned
        self.contestants_on = processors[0] if paired else None
        self.load_on = processors[1] if paired else None

    def turn(self, contestant: Contestant, way: Way, number: int, seconds: float) -> Turn:
        """One contestant under load for some seconds."""
        command = [sys.executable, "-m", "bench.load", str(contestant.port), str(seconds)]
        command += [str(self._given.clients), str(self._mails), str(next(self._numbers))]
        command += ["--tls"] * way.tls + ["--keep"] * way.keep
        before = contestant.cpu_seconds()
        done = subprocess.run(
            command, stdout=subprocess.PIPE, check=True, timeout=seconds + 200, preexec_fn=pinned_to(self.load_on)
        )
        told = json.loads(done.stdout)
        threading.Event().wait(0.3)  # what the contestant does after its last reply is part of its work
        return Turn(contestant.name, way, number, cpu_seconds=contestant.cpu_seconds() - before, **told)

    def run(self, contestants: Sequence[Contestant], ways: Sequence[Way]) -> list[Turn]:
        """All rounds; the first turns warm up and are not counted."""
        for contestant in contestants:
            self.turn(contestant, ways[0], -1, WARM_UP_SECONDS)
        turns: list[Turn] = []
        for number in range(self._given.rounds):
            for way in ways:
                for contestant in contestants:
                    turn = self.turn(contestant, way, number, self._given.seconds)
                    print(f"round {number + 1}: {way}: {turn.contestant}: {turn.rate:,.0f}/s", file=sys.stderr)
                    turns.append(turn)
        return turns


def start(race: Race, given: argparse.Namespace, stack: ExitStack) -> list[Contestant]:
    """Everybody, running. The sink that is measured is not the one that the others relay to."""
    identity = make_identity(FOLDER)
    sink_port = free_port()
    place = Place(FOLDER, sink_port, (identity.certificate, identity.key), race.contestants_on)
    stack.callback(place.start_sink(sink_port, race.load_on).stop)
    contestants: list[Contestant] = []

    def add(contestant: Contestant) -> None:
        stack.callback(contestant.stop)
        contestants.append(contestant)

    for name in NAMES:
        if given.only and name not in given.only:
            continue
        if name == "sink":
            add(place.start_sink(free_port(), race.contestants_on))
            contestants[-1].name = "sink"
        elif name == "haraka":
            script = haraka.install(FOLDER / "haraka")
            if script is None:
                print("Haraka is missing: no npm, or no package registry; the ratios to it are left out.")
            else:
                add(place.start_haraka(script))
        else:
            add(place.start_gateway(name.split(" ")[1]))
    return contestants


def main() -> None:
    """Read the arguments, race, print the table, write the JSON."""
    given = _arguments()
    corpus = Path(os.environ["LOCKGATE_CORPUS"]) if os.environ.get("LOCKGATE_CORPUS") else None
    FOLDER.mkdir(parents=True, exist_ok=True)
    mails = FOLDER / ("mail-corpus" if corpus else "mail-invented")
    count, size = write_mails(mails, corpus)
    mail = f"{count} {'real messages of a corpus' if corpus else 'invented messages'}, {size / 1000:.1f} kB on average"
    race = Race(given, mails)
    ways = [
        way
        for way in WAYS
        if not given.ways or f"{'tls' if way.tls else 'plain'}-{'keep' if way.keep else 'new'}" in given.ways
    ]
    with ExitStack() as stack:
        turns = race.run(start(race, given, stack), ways)
    found = results.lines(turns, ways, NAMES)
    results.write_json(FOLDER / "results.json", turns, found, mail)
    print(f"{results.machine()}\n{mail}; {given.clients} clients, {given.rounds} rounds of {given.seconds:g} s each\n")
    print(results.table(found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--only", action="append", choices=NAMES, help="only these contestants")
    parser.add_argument("--ways", action="append", help="plain-new, tls-new, plain-keep, tls-keep; default: all")
    parser.add_argument("--unpinned", action="store_true", help="let the system choose processors")
    return parser.parse_args()


if __name__ == "__main__":
    main()
