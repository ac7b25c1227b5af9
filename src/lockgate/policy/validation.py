"""What makes a policy wrong, each said as a sentence that tells what to do. An empty answer means it may be saved."""

import re
from collections.abc import Iterator, Sequence

from lockgate.model.envelope import Direction
from lockgate.model.policy import Action, ActionKind, Policy, Rule, Targets
from lockgate.model.tenant import AcceptedDomain
from lockgate.policy import actions

NAME_LIMIT = 120
TEXT_LIMIT = 2_000
PREFIX_LIMIT = 60
REASON_LIMIT = 200
REVIEWER_LIMIT = 5
RULE_LIMIT = 50
EXCEPTION_LIMIT = 500
FILE_LIMIT = 1_000
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[^\s@.]{1,63}(\.[^\s@.]{1,63})+")
_ADDRESS = re.compile(r"[^\s@]{1,64}@" + _DOMAIN.pattern)
_NEEDS_TEXT = {
    ActionKind.TAG_SUBJECT: "the words to put in front",
    ActionKind.ADD_DISCLAIMER: "the text to add",
    ActionKind.CHANGE_RECIPIENT: "who gets the message instead",
    ActionKind.REVIEW: "who is asked about the message",
    ActionKind.REJECT: "the reason that the sender is told",
}
_LIMITS = {ActionKind.TAG_SUBJECT: PREFIX_LIMIT, ActionKind.REJECT: REASON_LIMIT}
_ADDRESSED = frozenset({ActionKind.CHANGE_RECIPIENT, ActionKind.REVIEW})
_ONE_LINE = frozenset({ActionKind.TAG_SUBJECT, ActionKind.REJECT})


def problems(policy: Policy) -> tuple[str, ...]:
    """Everything that is wrong with the policy, in reading order."""
    return (*_of_header(policy), *_of_targets(policy.targets), *_of_click_time(policy), *_of_rules(policy))


def reviewers_outside(policy: Policy, domains: Sequence[AcceptedDomain]) -> tuple[str, ...]:
    """Whom it would send messages to although they are of none of the organisation's domains; none where it may.

    Where no domain is known yet, nobody can be told to be outside.
    """
    if policy.outside_reviewers or not domains:
        return ()
    return tuple(
        f"'{address}' in rule '{rule.name}' is not of the organisation, which its messages would leave. Name somebody "
        "inside, or allow reviewers outside in this policy."
        for rule in policy.rules
        for action in rule.actions
        if action.kind in _ADDRESSED
        for address in actions.addresses(action.text)
        if not any(one.covers(address.rpartition("@")[2]) for one in domains)
    )


def _of_header(policy: Policy) -> Iterator[str]:
    if not policy.name.strip():
        yield "Give the policy a name."
    if len(policy.name) > NAME_LIMIT:
        yield f"Shorten the name to {NAME_LIMIT} characters."
    if policy.priority < 1:
        yield "Choose a priority of 1 or more; 1 is looked at first."
    if policy.when_incomplete is not None:
        yield from _of_action(policy.when_incomplete, policy, "for incomplete inspections")


def _of_targets(targets: Targets) -> Iterator[str]:
    if not (targets.everyone or targets.domains or targets.users or targets.groups):
        yield "Choose whom the policy is for: everyone, or at least one domain, user or group."
    for domain in targets.domains:
        if not _DOMAIN.fullmatch(domain):
            yield f"'{domain}' is not a domain; write it like contoso.com."
    for address in (*targets.users, *targets.except_users):
        if not _ADDRESS.fullmatch(address):
            yield f"'{address}' is not an e-mail address; write it like ada@contoso.com."


def _of_click_time(policy: Policy) -> Iterator[str]:
    if policy.click_time is None:
        return
    if policy.direction is not Direction.INBOUND:
        yield "Links are protected in inbound mail only; switch link protection off."
    if len(policy.click_time.except_domains) > EXCEPTION_LIMIT:
        yield f"Name at most {EXCEPTION_LIMIT} domains whose links stay; lists of what is approved hold more."
    for domain in policy.click_time.except_domains:
        if not _DOMAIN.fullmatch(domain):
            yield f"'{domain}', whose links are to stay as they are, is not a domain; write it like contoso.com."


def _of_rules(policy: Policy) -> Iterator[str]:
    if not policy.rules:
        yield "Add at least one rule; a policy without rules does nothing."
    if len(policy.rules) > RULE_LIMIT:
        yield f"Use at most {RULE_LIMIT} rules; split the policy by whom it is for."
    seen: set[str] = set()
    for rule in policy.rules:
        if rule.name in seen:
            yield f"Two rules are called '{rule.name}'; give each its own name."
        seen.add(rule.name)
        yield from _of_rule(rule, policy)


def _of_rule(rule: Rule, policy: Policy) -> Iterator[str]:
    if not rule.name.strip():
        yield "Give every rule a name."
    if not rule.actions:
        yield f"Choose an action for rule '{rule.name}'; 'pass' is one."
    when = rule.when
    if not (when.verdicts or when.findings or when.files or when.minimum_score is not None):
        yield f"Say when rule '{rule.name}' applies; without a condition it would act on every message."
    if rule.when.minimum_score is not None and not 0.0 <= rule.when.minimum_score <= 1.0:
        yield f"Choose a minimum score between 0 and 1 in rule '{rule.name}'."
    yield from _of_files(rule)
    for pattern in (*rule.when.findings, *rule.when.unless):
        if not pattern.strip("*? "):
            yield f"Name a finding in rule '{rule.name}'; '{pattern}' would match all of them."
    for action in rule.actions:
        yield from _of_action(action, policy, f"in rule '{rule.name}'")


def _of_files(rule: Rule) -> Iterator[str]:
    files = rule.when.files
    if files is None:
        return
    if not (files.kinds or files.extensions or files.names):
        yield f"Name a kind, an extension or a file name in rule '{rule.name}'."
    for extension in files.extensions:
        if not extension or not all(character.isalnum() or character in "-_" for character in extension):
            yield f"'{extension}' in rule '{rule.name}' is not an extension; write it like iso."
    for pattern in files.names:
        if not pattern.strip("*? "):
            yield f"Write a file name in rule '{rule.name}'; '{pattern}' would match all of them."
    if max(len(files.kinds), len(files.extensions), len(files.names)) > FILE_LIMIT:
        yield f"Name at most {FILE_LIMIT} kinds, extensions or file names in rule '{rule.name}'."


def _of_action(action: Action, policy: Policy, where: str) -> Iterator[str]:
    if action.kind not in actions.ALLOWED[policy.direction]:
        yield f"Choose another action {where}: '{action.kind}' is not possible for {policy.direction} mail."
    if action.kind in _NEEDS_TEXT and not action.text.strip():
        yield f"Enter {_NEEDS_TEXT[action.kind]} {where}."
    limit = _LIMITS.get(action.kind, TEXT_LIMIT)
    if len(action.text) > limit:
        yield f"Shorten the text {where} to {limit} characters."
    if action.kind in _ONE_LINE and any(ord(character) < 32 for character in action.text):
        yield f"Remove line breaks and control characters from the text {where}."
    if action.kind in _ADDRESSED:
        yield from _of_reviewers(actions.addresses(action.text), where)


def _of_reviewers(reviewers: tuple[str, ...], where: str) -> Iterator[str]:
    if len(reviewers) > REVIEWER_LIMIT:
        yield f"Name at most {REVIEWER_LIMIT} reviewers {where}; a group's address counts as one."
    for address in reviewers:
        if not _ADDRESS.fullmatch(address):
            yield f"'{address}' {where} is not an e-mail address; write it like reviewer@contoso.com."
