"""Simulations of phishing that the organisation has ordered: which rules of a policy still act on them.

Rule: malware is malware, and a file that a policy blocks is blocked, unless the organisation's header rule says that
the exercise comes with them.
"""

from lockgate.model.findings import Category, Finding, Report, Verdict
from lockgate.model.header_rules import SIMULATION, SIMULATION_WITH_FILES
from lockgate.model.policy import Rule
from lockgate.policy import conditions

OF_FILES = frozenset({Category.MALWARE, Category.FILE})


def simulation_in(report: Report) -> Finding | None:
    """The finding that says so; None for any other message, and where the simulation carries malware unasked."""
    found = next((one for one in report.findings if SIMULATION in one.labels), None)
    if found is None or (report.verdict is Verdict.MALWARE and SIMULATION_WITH_FILES not in found.labels):
        return None
    return found


def still_acting(rules: tuple[Rule, ...], report: Report) -> tuple[Rule, ...]:
    """All rules for ordinary mail; for a simulation those that act on the files that it carries."""
    simulation = simulation_in(report)
    if simulation is None:
        return rules
    if SIMULATION_WITH_FILES in simulation.labels:
        return ()
    return tuple(rule for rule in rules if _is_about_files(rule, report))


def _is_about_files(rule: Rule, report: Report) -> bool:
    named = conditions.matching(rule.when, report) if rule.when.findings else ()
    return rule.when.files is not None or any(finding.category in OF_FILES for finding in named)
