"""When a rule applies. Fields that are set must all hold; inside one field any value is enough."""

from fnmatch import fnmatchcase

from lockgate.model.findings import Finding, Report, SeenFile
from lockgate.model.policy import Condition, FileCondition, Policy, Rule


def applying(policy: Policy, report: Report) -> tuple[Rule, ...]:
    """The rules of the policy that are switched on and whose condition holds."""
    return tuple(rule for rule in policy.rules if rule.enabled and holds(rule.when, report))


def holds(condition: Condition, report: Report) -> bool:
    """Whether the condition holds for the report. A condition with nothing set holds for every message."""
    if condition.verdicts and report.verdict not in condition.verdicts:
        return False
    if condition.minimum_score is not None and report.score < condition.minimum_score:
        return False
    if condition.files is not None and not files_of(condition.files, report):
        return False
    if any(_named(condition.unless, finding) for finding in report.findings):
        return False
    return not condition.findings or bool(matching(condition, report))


def matching(condition: Condition, report: Report) -> tuple[Finding, ...]:
    """The findings that the condition names, by id or label; shadow findings never count."""
    return tuple(finding for finding in report.findings if _named(condition.findings, finding))


def files_of(condition: FileCondition, report: Report) -> tuple[SeenFile, ...]:
    """The files that the condition is about."""
    looked_at = (file for file in report.files if condition.inside or not file.nested)
    return tuple(file for file in looked_at if _listed(condition, file) is not condition.all_except)


def _listed(condition: FileCondition, file: SeenFile) -> bool:
    name = file.name.lower()
    return (
        file.extension in condition.extensions
        or bool({file.kind, file.family} & set(condition.kinds))
        or any(fnmatchcase(name, pattern.lower()) for pattern in condition.names)
    )


def _named(patterns: tuple[str, ...], finding: Finding) -> bool:
    names = (finding.detector, *finding.labels)
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)
