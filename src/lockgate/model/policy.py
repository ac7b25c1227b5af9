"""Policies: for whom, and what is done about which verdict. Versioned; a decision names the version it used."""

from dataclasses import dataclass
from enum import StrEnum

from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict


class ActionKind(StrEnum):
    """What can be done with a message for one recipient, mildest first."""

    PASS = "pass"  # noqa: S105 - not a password
    PASS_WITHOUT_LOGGING = "pass-without-logging"  # noqa: S105 - once it is delivered nobody can look it up
    TAG_SUBJECT = "tag-subject"
    ADD_DISCLAIMER = "add-disclaimer"
    ADD_BANNER = "add-banner"  # a notice on top that gives the reasons
    REQUIRE_TLS = "require-tls"  # Exchange sends it on over TLS or not at all
    SANITISE = "sanitise"  # macros and scripts are taken out of the attachments that the rule is about
    REPLACE_ATTACHMENTS = "replace-attachments"  # the attachments that the rule is about become a text
    CHANGE_RECIPIENT = "change-recipient"  # reviewers get it instead
    MOVE_TO_JUNK = "move-to-junk"
    REVIEW = "review"  # held, and reviewers are asked by mail to release or to reject it
    QUARANTINE = "quarantine"
    REJECT = "reject"  # the sender is told 550 with the reason
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `text` is the subject prefix, the notice, the text in place of an attachment, the reason for the
    sender, or the reviewers' addresses with commas between them; else empty.
    """

    kind: ActionKind
    text: str = ""


@dataclass(frozen=True, slots=True)
class Targets:
    """Who a policy is for. Empty tuples and `everyone=False` match nobody; exceptions always win."""

    everyone: bool = False
    domains: tuple[str, ...] = ()
    users: tuple[str, ...] = ()  # addresses, lower-case; any address of the user matches
    groups: tuple[str, ...] = ()  # directory object ids
    except_users: tuple[str, ...] = ()
    except_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileCondition:
    """The message carries a file of one of these kinds, extensions or names; with `all_except` one that is of none.

    `kinds` are true kinds or families (`exe`, `office`), told from the bytes; in names `*` stands for anything.
    """

    kinds: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()  # lower-case, without the dot
    names: tuple[str, ...] = ()
    all_except: bool = False
    inside: bool = True  # also files in archives, documents and attached messages


@dataclass(frozen=True, slots=True)
class Condition:
    """When a rule applies. Fields that are set must all hold; inside one field any value is enough."""

    verdicts: frozenset[Verdict] = frozenset()
    findings: tuple[str, ...] = ()  # detector ids or labels, `*` wildcards allowed
    minimum_score: float | None = None
    files: FileCondition | None = None
    unless: tuple[str, ...] = ()  # detector ids or labels: one of these, and the rule does not apply


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a policy."""

    name: str
    when: Condition
    actions: tuple[Action, ...]
    enabled: bool = True


class LinkChoice(StrEnum):
    """Which links are judged again when somebody follows them."""

    ALL = "all"
    UNKNOWN = "unknown"  # all but those to the organisation's own domains and to what its lists approve


@dataclass(frozen=True, slots=True)
class ClickTime:
    """Links are replaced by signed ones that lead through the link service. Inbound only."""

    links: LinkChoice = LinkChoice.ALL
    plain_text: bool = False  # in plain text too, where readers see what takes their place
    except_domains: tuple[str, ...] = ()  # lower-case, with everything below them


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as it is applied. In a `monitor_only` policy the actions are recorded and never carried out."""

    id: str
    version: int
    name: str
    direction: Direction
    priority: int  # 1 is looked at first
    enabled: bool
    monitor_only: bool
    targets: Targets
    rules: tuple[Rule, ...]
    when_incomplete: Action | None = None  # None: answer 451, and hold after repeated tries
    description: str = ""
    click_time: ClickTime | None = None  # None: links stay as they are
    outside_reviewers: bool = False  # messages may go to reviewers who are not of the organisation


@dataclass(frozen=True, slots=True)
class PolicySet:
    """All policies of one direction of one tenant at one moment, in priority order."""

    tenant_id: str
    direction: Direction
    policies: tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class RecipientProfile:
    """What policy needs to know of the protected person: inbound the recipient, outbound the sender."""

    address: str
    addresses: frozenset[str] = frozenset()  # all of the user's addresses, lower-case, with `address`
    groups: frozenset[str] = frozenset()  # object ids, nesting resolved
