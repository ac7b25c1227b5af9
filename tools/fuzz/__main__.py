"""Coverage-guided fuzzing with Atheris (libFuzzer): `python -m tools.fuzz TARGET [--runs N] [--seconds N]`.

What breaks a promise ends the run; the input is kept as `var/fuzz/TARGET/crash-*`. Interesting inputs are kept in
`var/fuzz/TARGET/corpus`, so that the next run goes on where this one ended. The last lines say how many were run.
"""

import argparse
import gc
import importlib
import logging
import sys
import warnings
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "var" / "fuzz"
WHOLE = dict.fromkeys(("parser", "containers", "documents", "inspection", "kinds"), 6_000)
FOCUSED = {"headers": 200, "structure": 800, "encodings": 600, "pages": 900, "readers": 2_500, "papers": 1_500,
           "drawings": 2_500, "words": 700}  # fmt: skip
LONGEST_INPUT = {**WHOLE, **FOCUSED}  # bytes: short ones run many times faster and reach the same code
SECONDS_FOR_ONE = 25
MEGABYTES = 2_500


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    arguments = _arguments()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    import atheris

    with atheris.instrument_imports(include=["lockgate.mime", "lockgate.detection"]):
        targets = importlib.import_module("tools.fuzz.focus" if arguments.target in FOCUSED else "tools.fuzz.targets")
    from tools.fuzz import seeds

    work = FOLDER / arguments.target
    longest = LONGEST_INPUT[arguments.target]
    print(f"{seeds.write(arguments.target, work / 'seeds', longest)} seeds")
    (work / "corpus").mkdir(exist_ok=True)
    options = [
        f"-runs={arguments.runs}", f"-max_total_time={arguments.seconds}", f"-max_len={longest}",
        f"-timeout={SECONDS_FOR_ONE}", f"-rss_limit_mb={MEGABYTES}", "-print_final_stats=1", "-verbosity=1",
        f"-artifact_prefix={work}/", str(work / "corpus"), str(work / "seeds"),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options], targets.TARGETS[arguments.target])
    gc.freeze()  # what was imported lives as long as the process: no collection needs to look at it
    atheris.Fuzz()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz")
    parser.add_argument("target", choices=LONGEST_INPUT)
    parser.add_argument("--runs", type=int, default=-1, help="inputs; -1: no end")
    parser.add_argument("--seconds", type=int, default=0, help="0: no end")
    return parser.parse_args()


if __name__ == "__main__":
    main()
