"""The classifier learnt from labelled mail: logistic regression (L2), rounded, packed.

What detectors found is no feature: with it, single or in pairs, recall at 0.5 % false positives fell by 0.6 points in
threefold cross-validation by campaign on what may be learnt from (92.4 to 91.8 %), and it would count twice.

The same mail and seed give the same bytes with the same versions of scikit-learn and numpy. Those are needed for
training only (`pip install 'lockgate[training]'`); the gateway needs no scikit-learn.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TYPE_CHECKING

from lockgate.detection.classifier.features import features_of
from lockgate.detection.classifier.model import (
    COLUMNS,
    SCALE,
    SIZE,
    SMOOTHING,
    Model,
    rounded,
    scales,
)
from lockgate.detection.content import Content
from lockgate.learning.material import DRESSED, INVENTED, OWN, REVIEWED, Labelled
from lockgate.mime.parser import parse
from lockgate.model.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

    from lockgate.detection.classifier.model import Places

STRENGTH = 5.0
"""Inverse of the L2 penalty (`C` of scikit-learn); of 1, 3 and 10 the best also on sources left out of training."""
IMPORTANCE = {INVENTED: 0.5, DRESSED: 0.5, OWN: 4.0, REVIEWED: 4.0}
"""How often a message of these sources counts; others once, shared by the messages of one campaign."""
FEW = 2_000  # messages that are quicker in one process than in many new ones
SLOPE, OFFSET = 0.8, -1.0
"""What makes its log-odds comparable to the detectors': some 1 in 200 wanted messages then comes to even odds or worse.

Measured on mail that the model had not seen (`make bench-detection`): slopes from 0.8 to 2 differ by a point of recall.
"""
LEAST, MOST = -4.0, 5.0
"""Most that it says for a message and against it: with the prior, what it says alone ends at a probability of 0.88."""


@dataclass(frozen=True, slots=True)
class Example:
    """A message as the training sees it: where its features' weights stand."""

    source: str
    label: str
    kind: str
    campaign: str
    held_out: bool
    places: "Places" = field(repr=False)

    @property
    def unwanted(self) -> bool:
        """Whether it is none of ham."""
        return self.label != "ham"


def example(one: Labelled) -> Example:
    """A message's features."""
    message = parse(one.content)
    places = features_of(message, Content(message)).places
    return Example(one.source, one.label, one.kind, one.campaign, one.held_out, places)


def examples(mail: Sequence[Labelled]) -> list[Example]:
    """All of them in the same order, many over all processors."""
    if len(mail) < FEW:
        return list(map(example, mail))
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        return list(processes.map(example, mail, chunksize=32))


def train(given: Sequence[Example], seed: int = 1) -> Model:
    """The model of these examples. Raises InvalidInput when one side is missing or scikit-learn is not there."""
    if len({one.unwanted for one in given}) < 2:
        raise InvalidInput("There is nothing to learn: both wanted and unwanted mail are needed.")
    import numpy as np

    matrix, importance = _matrix(given), _importance(given)
    columns = [_fit(matrix, [one.unwanted for one in given], importance, seed)]
    unwanted = [place for place, one in enumerate(given) if one.unwanted]
    for kind in COLUMNS[1:]:
        labels = [given[place].label == kind for place in unwanted]
        columns.append(_fit(matrix[unwanted], labels, importance[unwanted], seed))
    steps, tables = zip(*(rounded(weights) for _, weights in columns), strict=True)
    biases = tuple(bias for bias, _ in columns)
    return Model(_mark(given, seed), biases, steps, SLOPE, OFFSET, LEAST, MOST, np.array(tables, np.int16).T)


def _fit(
    matrix: "csr_matrix", labels: Sequence[bool], importance: "np.ndarray", seed: int
) -> tuple[float, list[float]]:
    """Bias and weights; all zero when there is only one answer."""
    from sklearn.linear_model import LogisticRegression

    if len(set(labels)) < 2:
        return (10.0 if labels and labels[0] else -10.0), [0.0] * SIZE
    fitted = LogisticRegression(C=STRENGTH, solver="liblinear", random_state=seed, tol=1e-3)
    fitted.fit(matrix, list(labels), sample_weight=importance)
    return round(float(fitted.intercept_[0]), 6), fitted.coef_[0].tolist()


def _importance(given: Sequence[Example]) -> "np.ndarray":
    import numpy as np

    sizes = Counter(one.campaign for one in given)
    return np.array([_times(one, sizes[one.campaign]) for one in given])


def _times(one: Example, alike: int) -> float:
    """How often it counts when its campaign has that many messages."""
    return IMPORTANCE.get(one.source, 1 / math.sqrt(alike))


def _matrix(given: Sequence[Example]) -> "csr_matrix":
    from_library = _library()
    import numpy as np

    groups = [group for one in given for group in one.places]
    factors = [factor for one in given for factor in scales(one.places)]
    values = np.concatenate([np.full(len(group), factor) for group, factor in zip(groups, factors, strict=True)])
    ends = np.cumsum([0, *(sum(map(len, one.places)) for one in given)])
    matrix = from_library((values, np.concatenate(groups), ends), shape=(len(given), SIZE))
    matrix.sum_duplicates()
    return matrix


def _library() -> Callable[..., "csr_matrix"]:
    try:
        import sklearn.linear_model  # noqa: F401 - only whether it is there
        from scipy.sparse import csr_matrix
    except ImportError as error:
        raise InvalidInput("Training needs scikit-learn: pip install 'lockgate[training]'.") from error
    made: Callable[..., csr_matrix] = csr_matrix
    return made


def _mark(given: Sequence[Example], seed: int) -> str:
    """A name for what was learnt from and how."""
    how = (
        seed,
        STRENGTH,
        sorted(IMPORTANCE.items()),
        SLOPE,
        OFFSET,
        LEAST,
        MOST,
        SIZE,
        SCALE,
        SMOOTHING,
    )
    digest = hashlib.sha256(repr(how).encode())
    for one in given:
        digest.update(one.label.encode() + b"".join(group.astype("<i4").tobytes() for group in one.places))
    return digest.hexdigest()[:12]
