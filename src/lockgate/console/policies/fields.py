"""What the form of a policy draws: its rules with an empty one behind them, and everything that can be chosen."""

from collections.abc import Sequence

from lockgate.console.parts import ConsoleParts
from lockgate.model.directory import DirectoryGroup
from lockgate.model.findings import Verdict
from lockgate.model.policy import ActionKind, Condition, Policy, Rule
from lockgate.policy import actions
from lockgate.policy.differences import condition_words
from lockgate.policy.filters import filters_for
from lockgate.policy.levels import LEVELS

VERDICTS = [one for one in Verdict if one is not Verdict.CLEAN]
BLANK = Rule("", Condition(), ())
# Actions with a text: its label, what an empty field hints at, the most characters, lines of the field.
ACTION_TEXTS = (
    (ActionKind.TAG_SUBJECT, "Subject prefix", "[External] ", 60, 1),
    (ActionKind.ADD_DISCLAIMER, "Disclaimer", "", 2000, 2),
    (ActionKind.ADD_BANNER, "Banner, above the reasons", actions.BANNER, 2000, 2),
    (ActionKind.REPLACE_ATTACHMENTS, "Text in place of an attachment", actions.REPLACEMENT, 2000, 2),
    (ActionKind.CHANGE_RECIPIENT, "People who get it instead", "reviewer@contoso.com", 2000, 1),
    (ActionKind.REVIEW, "Reviewers, who release or reject it by a link", "reviewer@contoso.com", 2000, 1),
    (ActionKind.REJECT, "Reason for the sender", "Programs are not accepted here", 200, 1),
)


def form_values(
    parts: ConsoleParts, policy: Policy, groups: Sequence[DirectoryGroup], *, editable: bool
) -> dict[str, object]:
    """The part of the page's values that the form itself needs."""
    return {
        "policy": policy,
        "verdicts": VERDICTS,
        "action_texts": ACTION_TEXTS,
        "levels": LEVELS,
        "kinds": [kind for kind in ActionKind if kind in actions.ALLOWED[policy.direction]],
        "groups": {group.id: group.display_name for group in groups},
        "editable": editable,
        "has_link_service": parts.has_link_service,
        "rules": [*policy.rules, BLANK] if editable else policy.rules,
        "filters": filters_for(policy.direction),
        "describe": condition_words,
    }
