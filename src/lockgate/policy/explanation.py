"""One sentence for each decision: which policy and version, which rule, on what findings."""

from collections.abc import Iterable

from lockgate.model.decision import Fate
from lockgate.model.findings import Finding, Report, SeenFile
from lockgate.model.policy import ActionKind, ClickTime, LinkChoice, Policy, PolicySet, RecipientProfile, Rule
from lockgate.policy import conditions

FINDINGS_NAMED = 3
HOSTS_NAMED = 5
_FATES = {
    Fate.RELAY: "relayed",
    Fate.JUNK: "relayed with the mark for the junk folder",
    Fate.QUARANTINE: "held in quarantine",
    Fate.REJECT: "rejected",
    Fate.DELETE: "deleted",
    Fate.TRY_LATER: "not accepted for now, so that the sender tries again",
}
_ACTIONS = {
    ActionKind.PASS: "pass",
    ActionKind.PASS_WITHOUT_LOGGING: "pass without logging",
    ActionKind.TAG_SUBJECT: "tag the subject",
    ActionKind.ADD_DISCLAIMER: "add a disclaimer",
    ActionKind.ADD_BANNER: "add a banner with the reasons",
    ActionKind.REQUIRE_TLS: "send it on over TLS only",
    ActionKind.SANITISE: "take active content out of attachments",
    ActionKind.REPLACE_ATTACHMENTS: "replace attachments by a text",
    ActionKind.CHANGE_RECIPIENT: "send it to reviewers instead",
    ActionKind.MOVE_TO_JUNK: "move to junk",
    ActionKind.REVIEW: "hold it and ask reviewers",
    ActionKind.QUARANTINE: "quarantine",
    ActionKind.REJECT: "reject",
    ActionKind.DELETE: "delete",
}


def no_policy(profile: RecipientProfile, policies: PolicySet) -> str:
    """Nobody's policy is for this person."""
    return f"Relayed: no enabled {policies.direction} policy is for {profile.address}."


def decided(policy: Policy, rules: tuple[Rule, ...], report: Report, fate: Fate, rule: str) -> str:
    """The policy's rules were carried out."""
    if not rules:
        return f"Relayed: no rule of {_name(policy)} applies to a message judged {_verdict(report)}."
    ruled = f"rule '{rule}' of {_name(policy)}" if rule else _name(policy)
    return f"{_FATES[fate].capitalize()} by {ruled}: {_because(rules, report)}."


def simulated(policy: Policy, simulation: Finding) -> str:
    """A simulation of phishing that the organisation has ordered."""
    return f"Relayed by {_name(policy)} as a simulation: {simulation.explanation} [{simulation.detector}]."


def no_attachment(policy: Policy, rule: str) -> str:
    """A rule is to make attachments harmless, and what it found is in none."""
    ruled = f"rule '{rule}' of {_name(policy)}"
    return f"Held in quarantine by {ruled}: what it found is in no attachment that could be changed."


def unprotected(explained: str, why: str) -> str:
    """A change that protects could not be made, so the message is held instead."""
    return f"Held in quarantine because its attachments could not be made harmless ({why}). {explained}"


def protected_links(explained: str, count: int, hosts: Iterable[str]) -> str:
    """Links lead through the link service; a few of the hosts are named."""
    named = list(hosts)
    more = f" and {len(named) - HOSTS_NAMED} more" if len(named) > HOSTS_NAMED else ""
    return f"{explained} Links judged again when followed: {count}, to {', '.join(named[:HOSTS_NAMED])}{more}."


def links_words(wanted: ClickTime) -> str:
    """What a policy wants done with links, for a message whose links were not looked at."""
    which = "all links" if wanted.links is LinkChoice.ALL else "all links but those to what is known"
    where = ", in plain text too" if wanted.plain_text else ""
    excepted = f", except to {', '.join(wanted.except_domains[:HOSTS_NAMED])}" if wanted.except_domains else ""
    return f"Judged again when they are followed: {which}{where}{excepted}."


def without_tls_rule(explained: str) -> str:
    """Exchange could not be made to require TLS, so the message is held instead."""
    return (
        "Held in quarantine because the organisation's rule that requires TLS is not in order: compare the tenant with "
        f"the plan and apply it. {explained}"
    )


def monitored(policy: Policy, rules: tuple[Rule, ...], report: Report, held_back: Iterable[ActionKind]) -> str:
    """The policy only watches."""
    names = ", ".join(_ACTIONS[kind] for kind in held_back)
    if not names:
        return f"Relayed: {_name(policy)} only monitors and would have done nothing ({_verdict(report)})."
    because = _because(rules, report) if rules else "inspection was incomplete"
    return f"Relayed: {_name(policy)} only monitors; it would have done this: {names}, because {because}."


def incomplete(policy: Policy, report: Report, fate: Fate) -> str:
    """Something essential could not be inspected."""
    gaps = "; ".join(f"{gap.detector} ({gap.failure}: {gap.why})" for gap in report.incomplete if gap.essential)
    return f"{_FATES[fate].capitalize()} by {_name(policy)}: the inspection is incomplete: {gaps[:300]}."


def _because(rules: tuple[Rule, ...], report: Report) -> str:
    named: dict[str, Finding] = {}
    for rule in rules:
        if rule.when.findings:
            named.update((finding.detector, finding) for finding in conditions.matching(rule.when, report))
    if any(rule.when.verdicts or rule.when.minimum_score is not None for rule in rules):
        named.update((finding.detector, finding) for finding in report.findings if finding.weight > 0)
    leading = list(named.values())[:FINDINGS_NAMED]
    told = [f"{finding.explanation} [{finding.detector}]" for finding in leading]
    carried = [file for rule in rules if rule.when.files for file in conditions.files_of(rule.when.files, report)]
    told += [file_words(file) for file in dict.fromkeys(carried[:FINDINGS_NAMED])]
    signs, count = "; ".join(told), len(named) + len(set(carried))
    more = f" and {count - len(told)} more" if count > len(told) else ""
    judged = f"judged {_verdict(report)}"
    return f"{judged}: {signs}{more}" if signs else judged


def file_words(file: SeenFile) -> str:
    """`it carries invoice.iso (iso) inside another file`."""
    kind = f" ({file.kind})" if file.kind else " (which cannot be looked into)"
    return f"it carries {file.name or 'a file without a name'}{kind}{' inside another file' if file.nested else ''}"


def _verdict(report: Report) -> str:
    return f"{report.verdict} (score {report.score:.2f})"


def _name(policy: Policy) -> str:
    return f"policy '{policy.name}' version {policy.version}"
