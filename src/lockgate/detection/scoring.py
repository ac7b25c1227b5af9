"""From findings to a verdict and a probability, by adding evidence in log-odds.

Each finding's weight is the natural logarithm of how much more often it is seen in unwanted than in wanted mail
(naive Bayes; Good, "Probability and the Weighing of Evidence", 1950). Added to the prior they give the odds:
weight 0.7 doubles them, 2.3 makes them tenfold, 4.6 a hundredfold. Families that say the same thing twice are damped.
The classifier's finding is added as it is: it was fitted to stand beside the detectors (logistic stacking).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lockgate.model.findings import Category, Finding, Verdict

PRIOR = -3.0
"""Log-odds before anything is seen: about 1 in 20 of the messages that Exchange Online lets through."""

EXCUSABLE = 6.0
"""Weight from which on the classifier cannot excuse a finding at all. Of 3.5 to 20 on unseen mail the larger do better;
this leaves the surest findings of a detector what they say."""
CLASSIFIER = ".classifier"
"""How the names of the classifier's detectors end, one per family."""

BULK_THRESHOLD = 1.0
DLP_THRESHOLD = 1.0

DAMPING = 0.75
"""In one family the n-th strongest finding counts DAMPING**n of its weight: signs of one family are not independent."""

THREATS = (Category.PHISHING, Category.FRAUD, Category.SPAM)
SUPPORT = (Category.FILE, Category.EVASION, Category.AUTHENTICATION, Category.INNOCENCE)
_FAMILIES = tuple(Category)
_DOUBTS = (*THREATS, *SUPPORT)
_WEIGHED = (Category.MALWARE, *_DOUBTS)
_VERDICT_OF = {Category.PHISHING: Verdict.PHISHING, Category.FRAUD: Verdict.FRAUD, Category.SPAM: Verdict.SPAM}


@dataclass(frozen=True, slots=True)
class Judgement:
    """`families` is what each family contributed to the log-odds, for display."""

    verdict: Verdict
    score: float
    families: tuple[tuple[Category, float], ...]

    @property
    def log_odds(self) -> float:
        """Sum of the prior and everything that speaks for or against danger."""
        return PRIOR + sum(value for family, value in self.families if family not in (Category.BULK, Category.DLP))


def judge(findings: Sequence[Finding]) -> Judgement:
    """Weigh enforced findings. Order does not matter.

    The gravest verdict that the evidence carries wins: malware needs only its own evidence (no innocence outweighs it);
    phishing, fraud and spam need even odds over all evidence, and the family that said most names it; then data loss,
    then bulk.
    """
    families = _families(_tempered(findings))
    threat = PRIOR + sum(map(families.__getitem__, _WEIGHED))
    malware = PRIOR + families[Category.MALWARE]
    leak = families[Category.DLP]
    leaks = leak >= DLP_THRESHOLD
    grounds = [threat]
    grounds += [malware] if families[Category.MALWARE] > 0 else []
    grounds += [PRIOR + leak] if leaks else []
    score = _sigmoid(max(grounds))
    contributed = tuple((family, round(value, 3)) for family, value in families.items() if value)
    if malware >= 0:
        return Judgement(Verdict.MALWARE, score, contributed)
    named = _named(families) if threat >= 0 else None
    if leaks and named in (None, Verdict.SPAM):
        return Judgement(Verdict.DLP, score, contributed)
    if named is not None:
        return Judgement(named, score, contributed)
    if families[Category.BULK] >= BULK_THRESHOLD:
        return Judgement(Verdict.BULK, score, contributed)
    return Judgement(Verdict.CLEAN, score, contributed)


def _named(families: dict[Category, float]) -> Verdict:
    """The threat that most of the evidence speaks for; with a tie the graver; spam when none of them spoke."""
    strongest = max(THREATS, key=lambda family: families[family])
    return _VERDICT_OF[strongest] if families[strongest] > 0 else Verdict.SPAM


def evidence_of_detectors(findings: Iterable[Finding]) -> float:
    """Log-odds of danger by everything but the classifier, without the prior; what the classifier is fitted to."""
    others = [finding for finding in findings if not _is_classifier(finding)]
    families = _families(others)
    return sum(map(families.__getitem__, _WEIGHED))


def _tempered(findings: Sequence[Finding]) -> list[Finding]:
    """What the classifier says for a message counts less, the surer any other finding against it is.

    Look-alike domains of one's own come with wording that nobody could object to; no model of wording may excuse them.
    """
    surest = max((one.weight for one in findings if one.category in _DOUBTS), default=0.0)
    return [
        replace(one, weight=min(0.0, max(one.weight, surest - EXCUSABLE)))
        if one.weight < 0 and _is_classifier(one)
        else one
        for one in findings
    ]


def _is_classifier(finding: Finding) -> bool:
    return finding.detector.endswith(CLASSIFIER)


def _families(findings: Iterable[Finding]) -> dict[Category, float]:
    """What each family contributes."""
    said: dict[Category, list[Finding]] = {}
    for finding in findings:
        said.setdefault(finding.category, []).append(finding)
    return {family: _family_sum(said[family]) if family in said else 0.0 for family in _FAMILIES}


def _family_sum(said: Sequence[Finding]) -> float:
    """Damped sum; what speaks for and what speaks against are damped each by themselves, the classifier not at all."""
    if len(said) == 1:
        return said[0].weight
    by_model = [finding.weight for finding in said if _is_classifier(finding)]
    by_detectors = (
        [finding.weight for finding in said if not _is_classifier(finding)] if len(by_model) < len(said) else []
    )
    return sum(by_model) + _damped(by_detectors)


def _damped(weights: Sequence[float]) -> float:
    against = sorted((weight for weight in weights if weight > 0), reverse=True)
    in_favour = sorted(weight for weight in weights if weight < 0)
    return sum(weight * DAMPING**n for half in (against, in_favour) for n, weight in enumerate(half))


def _sigmoid(log_odds: float) -> float:
    return round(1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, log_odds)))), 6)
