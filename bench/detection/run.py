"""`make bench-detection`: Lockgate with both models, rspamd and SpamAssassin on the same unseen mail, offline.

    LOCKGATE_CORPUS=... python -m bench.detection.run

Writes docs/detection.md. Both models are trained for this, without what is measured on, by what `lockgate model train`
does. Peers' scores are kept in build/bench/detection and used again for the same mail.
"""

import os
from pathlib import Path

from bench.detection import contest, report
from bench.detection.in_turn import in_turn
from bench.detection.lockgate import judge_all, model_for
from bench.detection.mail import everything, phishing, training, unseen
from bench.detection.malware import in_containers, samples
from bench.detection.measures import Point
from bench.detection.peers import Scored
from lockgate.learning.material import NON_COMMERCIAL, Labelled
from lockgate.learning.training import examples

PLACE = Path("build/bench/detection")
PAGE = Path("docs/detection.md")
SHIPPED, SECOND = "Lockgate", "Lockgate, non-commercial model"


def points(asked: list[Labelled], scores: list[Scored]) -> list[Point]:
    """Scores with what is known of the messages."""
    return [
        Point(one.label, one.source, one.kind, said.score, said.milliseconds)
        for one, said in zip(asked, scores, strict=True)
    ]


def main() -> None:
    """Compare and write."""
    corpus = Path(os.environ["LOCKGATE_CORPUS"])
    PLACE.mkdir(parents=True, exist_ok=True)
    mail = everything(corpus)
    asked, taught = unseen(mail), training(mail, NON_COMMERCIAL)
    learnt = examples([one for one in mail if not one.held_out])
    files = {
        SHIPPED: model_for(PLACE, learnt, NON_COMMERCIAL, "shipped"),
        SECOND: model_for(PLACE, learnt, frozenset(), "second"),
    }
    ours = {name: judge_all(file, asked) for name, file in files.items()}
    compared = {name: points(asked, [one.scored for one in found]) for name, found in ours.items()}
    malware = {
        "documents of the corpus: macros, DDE, templates, objects": judge_all(files[SHIPPED], samples(corpus)),
        "files of 11 shapes in every kind of container": judge_all(files[SHIPPED], list(in_containers(twice=False))),
        "the same in one more container": judge_all(files[SHIPPED], list(in_containers(twice=True))),
    }
    together = in_turn(PLACE, files[SHIPPED], phishing(mail))
    PAGE.write_text(report.page(compared, ours[SHIPPED], malware, together), encoding="utf-8")
    for name, scores in contest.peers_scores(PLACE, taught, asked):  # slow ones: the page grows with each
        compared[name] = points(asked, scores)
        PAGE.write_text(report.page(compared, ours[SHIPPED], malware, together), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
