"""Processor time of full inspection on the phishing corpus, by stage, beside rspamd's on the same messages.

LOCKGATE_CORPUS=... python -m tools.measure_detection
"""

import os
import statistics
import tempfile
from pathlib import Path

from bench.detection.in_turn import in_turn
from bench.detection.mail import phishing
from lockgate.learning.material import corpus_mail


def main() -> None:
    """Print median and 99th percentile in milliseconds."""
    mail = phishing(list(corpus_mail(Path(os.environ["LOCKGATE_CORPUS"]))))
    with tempfile.TemporaryDirectory() as place:
        spent = in_turn(Path(place), None, mail)
    for name, milliseconds in spent.items():
        ordered = sorted(milliseconds)
        print(f"{name:12}{statistics.median(ordered):8.2f}{ordered[int(len(ordered) * 0.99)]:8.1f}")
    print(f"median of {len(mail)} messages: {statistics.median(spent['all']) / statistics.median(spent['rspamd']):.2f}")


if __name__ == "__main__":
    main()
