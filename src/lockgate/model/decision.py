"""What policy chose for one recipient, with the whole reason."""

from dataclasses import dataclass
from enum import StrEnum

from lockgate.model.policy import Action, ActionKind, ClickTime


class Fate(StrEnum):
    """The one thing that becomes of the message for one recipient."""

    RELAY = "relay"
    JUNK = "junk"  # relayed with the mark that makes the tenant file it as junk
    QUARANTINE = "quarantine"
    REJECT = "reject"  # 550 with the reason
    DELETE = "delete"
    TRY_LATER = "try-later"  # inspection incomplete: 451


@dataclass(frozen=True, slots=True)
class Changes:
    """What is changed in the copy that this recipient gets; empty means the original bytes."""

    subject_prefix: str = ""
    disclaimer: str = ""
    banner: str = ""
    sanitise: tuple[str, ...] = ()  # paths of parts whose active content is taken out
    replace: tuple[str, ...] = ()  # paths of parts that become a text
    replacement: str = ""
    links_for: str = ""  # whose copy it is, where links lead through the link service

    def __bool__(self) -> bool:
        return bool(self.subject_prefix or self.disclaimer or self.banner or self.links_for or self.protects)

    @property
    def protects(self) -> bool:
        """Whether a copy without these changes would be dangerous: then the original must not go instead."""
        return bool(self.sanitise or self.replace)


@dataclass(frozen=True, slots=True)
class Decision:
    """`explanation` is one sentence; `reasons` are detector ids; `monitored` is what monitor-only held back."""

    rcpt_to: str
    fate: Fate
    changes: Changes
    explanation: str
    reasons: tuple[str, ...] = ()
    rule: str = ""
    policy_id: str = ""
    policy_name: str = ""
    policy_version: int = 0
    monitored: tuple[ActionKind, ...] = ()
    actions: tuple[Action, ...] = ()
    refusal: str = ""  # what a rejected sender is told
    reviewers: tuple[str, ...] = ()  # who gets the message instead
    click_time: ClickTime | None = None  # what links to replace, where that is wanted; also when it is released later
    asked: tuple[str, ...] = ()  # who is asked by mail whether the held message may go on
    require_tls: bool = False  # Exchange must send it on over TLS; also when it is released later
    unlogged: bool = False  # once the next hop has it, no trace of it is kept
