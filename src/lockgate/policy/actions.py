"""How actions combine into one fate: the strongest decides, and changes to the copy add up.

Strength is the order of `ActionKind`: pass, pass without logging, tag subject, disclaimer, banner, require TLS,
sanitise, replace attachments, change recipient, junk, review, quarantine, reject, delete. All changes combine with
each other, with other recipients and with junk; of several tags (or texts of one kind) the first rule's is used.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from lockgate.model.decision import Changes, Fate
from lockgate.model.envelope import Direction
from lockgate.model.findings import Finding, Report
from lockgate.model.policy import Action, ActionKind, Rule
from lockgate.policy import conditions, explanation

STRENGTH = {kind: strength for strength, kind in enumerate(ActionKind)}
ALLOWED: dict[Direction, frozenset[ActionKind]] = {
    Direction.INBOUND: frozenset(ActionKind)
    - {ActionKind.REQUIRE_TLS},  # it has arrived, and stays in the organisation
    # Outside mailboxes have no junk folder of ours to file into.
    Direction.OUTBOUND: frozenset(ActionKind) - {ActionKind.MOVE_TO_JUNK},
}
PROTECTIVE = frozenset({ActionKind.SANITISE, ActionKind.REPLACE_ATTACHMENTS})
BANNER = "Caution: this message was marked by your organisation's e-mail protection."
REPLACEMENT = "The attachment '[Attachment Name]' was taken out by your organisation's e-mail protection."
REASONS_SHOWN = 3
_FATES = {
    ActionKind.MOVE_TO_JUNK: Fate.JUNK,
    ActionKind.REVIEW: Fate.QUARANTINE,
    ActionKind.QUARANTINE: Fate.QUARANTINE,
    ActionKind.REJECT: Fate.REJECT,
    ActionKind.DELETE: Fate.DELETE,
}
_SILENT = frozenset({ActionKind.PASS, ActionKind.PASS_WITHOUT_LOGGING})
_PART = re.compile(r"part (\S+)")


def strongest(actions: Iterable[Action]) -> Action | None:
    """The action that decides the fate; the first one among equals; None when there is none."""
    return max(actions, key=lambda action: STRENGTH[action.kind], default=None)


def fate_of(actions: Iterable[Action]) -> Fate:
    """What becomes of the message when these actions are carried out together."""
    decisive = strongest(actions)
    return Fate.RELAY if decisive is None else _FATES.get(decisive.kind, Fate.RELAY)


def changes_of(chosen: Iterable[Action], rules: Sequence[Rule], report: Report) -> Changes:
    """What is changed in the copy that is relayed. Attachments and reasons are those of each rule's own findings."""
    texts: dict[ActionKind, str] = {}
    for action in chosen:
        texts.setdefault(action.kind, action.text)
    reasons = _of_rules(rules, ActionKind.ADD_BANNER, lambda rule: _explanations(rule, report))
    replaced = _of_rules(rules, ActionKind.REPLACE_ATTACHMENTS, lambda rule: _attachments(rule, report))
    cleaned = _of_rules(rules, ActionKind.SANITISE, lambda rule: _attachments(rule, report))
    return Changes(
        subject_prefix=texts.get(ActionKind.TAG_SUBJECT, ""),
        disclaimer=texts.get(ActionKind.ADD_DISCLAIMER, ""),
        banner=_banner(texts[ActionKind.ADD_BANNER], reasons) if ActionKind.ADD_BANNER in texts else "",
        sanitise=tuple(part for part in cleaned if part not in replaced),
        replace=replaced,
        replacement=(texts[ActionKind.REPLACE_ATTACHMENTS] or REPLACEMENT) if replaced else "",
    )


def findings_of(rule: Rule, report: Report) -> tuple[Finding, ...]:
    """The findings that a rule acts on: those it names, or for a rule on the verdict all that speak against.

    None for a rule that is about files alone.
    """
    if rule.when.findings:
        return conditions.matching(rule.when, report)
    if rule.when.files is not None and not rule.when.verdicts and rule.when.minimum_score is None:
        return ()
    return tuple(finding for finding in report.findings if finding.weight > 0)


def refusal_of(actions: Iterable[Action]) -> str:
    """What a rejected sender is told."""
    return next((action.text for action in actions if action.kind is ActionKind.REJECT), "")


def reviewers_of(actions: Iterable[Action]) -> tuple[str, ...]:
    """Who gets the message instead; empty when no action says so."""
    return _addressed(actions, ActionKind.CHANGE_RECIPIENT)


def asked_of(actions: Sequence[Action]) -> tuple[str, ...]:
    """Who is asked to release or reject it: nobody when a stronger action holds it for administrators alone."""
    decisive = strongest(actions)
    asks = decisive is not None and decisive.kind is ActionKind.REVIEW
    return _addressed(actions, ActionKind.REVIEW) if asks else ()


def _addressed(actions: Iterable[Action], kind: ActionKind) -> tuple[str, ...]:
    texts = [action.text for action in actions if action.kind is kind]
    return tuple(dict.fromkeys(address for text in texts for address in addresses(text)))


def requires_tls(actions: Iterable[Action]) -> bool:
    """Whether the message may leave the organisation over TLS only."""
    return any(action.kind is ActionKind.REQUIRE_TLS for action in actions)


def is_unlogged(actions: Sequence[Action]) -> bool:
    """Whether a delivery is not to be logged: a rule says so, and none that applies does anything to the message."""
    kinds = {action.kind for action in actions}
    return ActionKind.PASS_WITHOUT_LOGGING in kinds and kinds <= _SILENT


def addresses(text: str) -> tuple[str, ...]:
    """The addresses of an action's text."""
    return tuple(part.strip() for part in text.replace(";", ",").split(",") if part.strip())


def _of_rules(rules: Iterable[Rule], kind: ActionKind, what: Callable[[Rule], Iterable[str]]) -> tuple[str, ...]:
    """What is asked of each rule that has such an action, each answer once."""
    asked = (rule for rule in rules if any(action.kind is kind for action in rule.actions))
    return tuple(dict.fromkeys(answer for rule in asked for answer in what(rule)))


def _explanations(rule: Rule, report: Report) -> Iterable[str]:
    carried = conditions.files_of(rule.when.files, report) if rule.when.files else ()
    return (*(finding.explanation for finding in findings_of(rule, report)), *map(explanation.file_words, carried))


def _attachments(rule: Rule, report: Report) -> Iterable[str]:
    """The parts that the rule is about: those with its files, or else those in which its findings were made."""
    if rule.when.files is not None:
        places = [file.where for file in conditions.files_of(rule.when.files, report)]
    else:
        places = [piece.where for finding in findings_of(rule, report) for piece in finding.evidence]
    yield from (found.group(1) for place in places if (found := _PART.match(place)))


def _banner(text: str, reasons: Iterable[str]) -> str:
    told = "\n".join(f"- {reason}" for reason in list(reasons)[:REASONS_SHOWN])
    return f"{text or BANNER}\n{told}".strip()
