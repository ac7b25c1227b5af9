"""When a rule applies. Fields that are set must all hold; inside one field any value is enough."""

from fnmatch import fnmatchcase

from lockgate.model.findings import Finding, Report
from lockgate.model.policy import Condition


def holds(condition: Condition, report: Report) -> bool:
    """Whether the condition holds for the report. A condition with nothing set holds for every message."""
    if condition.verdicts and report.verdict not in condition.verdicts:
        return False
    if condition.minimum_score is not None and report.score < condition.minimum_score:
        return False
    return not condition.findings or bool(matching(condition, report))


def matching(condition: Condition, report: Report) -> tuple[Finding, ...]:
    """The findings that the condition names, by id or label; shadow findings never count."""
    return tuple(finding for finding in report.findings if _named(condition, finding))


def _named(condition: Condition, finding: Finding) -> bool:
    names = (finding.detector, *finding.labels)
    return any(fnmatchcase(name, pattern) for pattern in condition.findings for name in names)
