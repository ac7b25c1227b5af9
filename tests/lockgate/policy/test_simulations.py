"""Simulations of phishing pass every rule but those on malware and files, which need to be asked for; links stay."""

from dataclasses import replace

import pytest

from lockgate.model.decision import Fate
from lockgate.model.findings import Category, Evidence, Finding, Report, Verdict
from lockgate.model.header_rules import SIMULATION, SIMULATION_WITH_FILES
from lockgate.model.policy import ClickTime, Condition, Rule
from lockgate.policy.engine import decide
from tests.lockgate.policy.test_engine import ADA, CRASH, QUARANTINE, finding, inbound, on, policy, report

LINKS = Rule("Links", Condition(findings=("link.*",)), (QUARANTINE,))
PROGRAMS = Rule("Programs", Condition(findings=("file-danger:*",)), (QUARANTINE,))
STRICT = replace(
    policy(on(Verdict.PHISHING, QUARANTINE), LINKS, PROGRAMS, on(Verdict.MALWARE, QUARANTINE)), click_time=ClickTime()
)


def simulation(*labels: str) -> Finding:
    said = "header rule 'Exercise' knows it as a simulation of phishing"
    return Finding(
        "reputation.phishing-simulation", Category.INNOCENCE, -40.0, said, (Evidence("header X", "1"),),
        labels=(SIMULATION, *labels),
    )  # fmt: skip


PROGRAM = replace(finding("file.dangerous-type", 2.0, ("file-danger:script",)), category=Category.FILE)


def test_rules_on_links_and_wording_do_not_act_and_the_decision_says_why() -> None:
    told = decide(report(Verdict.CLEAN, finding(), simulation()), ADA.address, ADA, inbound(STRICT))
    assert (told.fate, told.click_time) == (Fate.RELAY, None)
    assert "as a simulation: header rule 'Exercise'" in told.explanation
    assert decide(report(Verdict.CLEAN, finding()), ADA.address, ADA, inbound(STRICT)).fate is Fate.QUARANTINE


@pytest.mark.parametrize(("labels", "fate"), [((), Fate.QUARANTINE), ((SIMULATION_WITH_FILES,), Fate.RELAY)])
@pytest.mark.parametrize("judged", [(Verdict.MALWARE, finding()), (Verdict.CLEAN, PROGRAM)])
def test_malware_and_blocked_files_are_held_unless_the_rule_says_that_it_comes_with_them(
    labels: tuple[str, ...], fate: Fate, judged: tuple[Verdict, Finding]
) -> None:
    found: Report = report(judged[0], judged[1], simulation(*labels))
    assert decide(found, ADA.address, ADA, inbound(STRICT)).fate is fate


def test_what_could_not_be_inspected_does_not_pass_for_being_a_simulation() -> None:
    unsure = report(Verdict.CLEAN, simulation(), gaps=(CRASH,))
    assert decide(unsure, ADA.address, ADA, inbound(STRICT)).fate is Fate.TRY_LATER
