"""What would change a verdict: which findings it hangs on, in sentences for whoever wonders.

Asked of the same findings and the same scoring, so it cannot say anything else than the judgement did.
"""

from collections.abc import Sequence

from lockgate.detection import scoring
from lockgate.model.findings import Finding, Maturity, Verdict

MOST = 4


def what_would_change(findings: Sequence[Finding]) -> tuple[str, ...]:
    """At most `MOST` sentences; empty when there is nothing to say."""
    counting = [finding for finding in findings if finding.maturity is Maturity.ENFORCED]
    if not counting:
        return ()
    judged = scoring.judge(counting)
    alone = [
        (finding, verdict)
        for finding in counting
        if (verdict := _without(counting, finding)) is not judged.verdict
    ]  # fmt: skip
    said = [
        f"Without “{finding.explanation}” it would be {verdict.value}."
        for finding, verdict in sorted(alone, key=lambda pair: -abs(pair[0].weight))
    ]
    if not said and judged.verdict is not Verdict.CLEAN:
        said += _together(counting, judged.verdict)
    if judged.verdict in (Verdict.CLEAN, Verdict.BULK):
        missing = -judged.log_odds
        if missing > 0:
            said.append(f"It would be called unwanted if {missing:.1f} more in log-odds spoke against it.")
    return tuple(said[:MOST])


def _without(findings: Sequence[Finding], left_out: Finding) -> Verdict:
    return scoring.judge([finding for finding in findings if finding is not left_out]).verdict


def _together(findings: Sequence[Finding], verdict: Verdict) -> list[str]:
    """The fewest of the strongest findings that carry the verdict together."""
    strongest = sorted((one for one in findings if one.weight > 0), key=lambda one: -one.weight)
    for count in range(2, len(strongest) + 1):
        rest = [finding for finding in findings if finding not in strongest[:count]]
        other = scoring.judge(rest).verdict
        if other is not verdict:
            return [f"No single finding carries it; without the {count} strongest together it would be {other.value}."]
    return []
