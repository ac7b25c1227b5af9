"""Policies to and from plain JSON values; the one shape that storage, API, files and exports share.

Reading is strict: an unknown key, a missing key or a value of another type is refused with its place named, because a
misspelt condition that is ignored would be a rule that acts on everything.
"""

from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.policy import (
    Action,
    ActionKind,
    ClickTime,
    Condition,
    FileCondition,
    LinkChoice,
    Policy,
    Rule,
    Targets,
)
from lockgate.policy.strict_reading import Fields, member


def to_json(policy: Policy) -> dict[str, object]:
    """Plain dictionaries, lists, strings, numbers and booleans."""
    return {
        "id": policy.id,
        "version": policy.version,
        "name": policy.name,
        "description": policy.description,
        "direction": policy.direction.value,
        "priority": policy.priority,
        "enabled": policy.enabled,
        "monitor_only": policy.monitor_only,
        "targets": targets_to_json(policy.targets),
        "rules": [_rule_to_json(rule) for rule in policy.rules],
        "when_incomplete": None if policy.when_incomplete is None else _action_to_json(policy.when_incomplete),
        "click_time": None if policy.click_time is None else _click_time_to_json(policy.click_time),
        "outside_reviewers": policy.outside_reviewers,
    }


def targets_to_json(targets: Targets) -> dict[str, object]:
    """The targets alone."""
    return {
        "everyone": targets.everyone,
        "domains": list(targets.domains),
        "users": list(targets.users),
        "groups": list(targets.groups),
        "except_users": list(targets.except_users),
        "except_groups": list(targets.except_groups),
    }


def from_json(value: object) -> Policy:
    """The policy that `to_json` wrote. Raises InvalidInput naming the place and what belongs there."""
    fields = Fields(value, "policy")
    policy = Policy(
        id=fields.text("id"),
        version=fields.whole_number("version"),
        name=fields.text("name"),
        direction=fields.one_of("direction", Direction),
        priority=fields.whole_number("priority"),
        enabled=fields.flag("enabled"),
        monitor_only=fields.flag("monitor_only"),
        targets=targets_from_json(fields.take("targets")),
        rules=fields.each("rules", _rule_from_json),
        when_incomplete=_optional_action(fields.take("when_incomplete", None)),
        description=fields.text("description", ""),
        click_time=_click_time_from_json(fields.take("click_time", None)),
        outside_reviewers=fields.flag("outside_reviewers", False),
    )
    fields.finish()
    return policy


def targets_from_json(value: object) -> Targets:
    """The targets alone; addresses and domains become lower-case. Raises InvalidInput."""
    fields = Fields(value, "targets")
    targets = Targets(
        everyone=fields.flag("everyone", False),
        domains=tuple(domain.lower() for domain in fields.texts("domains")),
        users=tuple(address.lower() for address in fields.texts("users")),
        groups=fields.texts("groups"),
        except_users=tuple(address.lower() for address in fields.texts("except_users")),
        except_groups=fields.texts("except_groups"),
    )
    fields.finish()
    return targets


def _click_time_to_json(wanted: ClickTime) -> dict[str, object]:
    return {
        "links": wanted.links.value,
        "plain_text": wanted.plain_text,
        "except_domains": list(wanted.except_domains),
    }


def _click_time_from_json(value: object) -> ClickTime | None:
    if value is None:
        return None
    fields = Fields(value, "policy.click_time")
    wanted = ClickTime(
        fields.one_of("links", LinkChoice, LinkChoice.ALL),
        fields.flag("plain_text", False),
        tuple(domain.lower() for domain in fields.texts("except_domains")),
    )
    fields.finish()
    return wanted


def _rule_to_json(rule: Rule) -> dict[str, object]:
    return {
        "name": rule.name,
        "when": {
            "verdicts": sorted(verdict.value for verdict in rule.when.verdicts),
            "findings": list(rule.when.findings),
            "minimum_score": rule.when.minimum_score,
            "files": None if rule.when.files is None else _files_to_json(rule.when.files),
            "unless": list(rule.when.unless),
        },
        "actions": [_action_to_json(action) for action in rule.actions],
        "enabled": rule.enabled,
    }


def _rule_from_json(value: object, place: str) -> Rule:
    fields = Fields(value, place)
    rule = Rule(
        fields.text("name"),
        _condition_from_json(fields.take("when"), f"{place}.when"),
        fields.each("actions", _action_from_json),
        fields.flag("enabled", True),
    )
    fields.finish()
    return rule


def _condition_from_json(value: object, place: str) -> Condition:
    fields = Fields(value, place)
    verdicts = frozenset(member(text, Verdict, f"{place}.verdicts") for text in fields.texts("verdicts"))
    condition = Condition(
        verdicts,
        fields.texts("findings"),
        fields.number_or_none("minimum_score"),
        _files_from_json(fields.take("files", None), f"{place}.files"),
        fields.texts("unless"),
    )
    fields.finish()
    return condition


def _files_to_json(files: FileCondition) -> dict[str, object]:
    return {
        "kinds": list(files.kinds),
        "extensions": list(files.extensions),
        "names": list(files.names),
        "all_except": files.all_except,
        "inside": files.inside,
    }


def _files_from_json(value: object, place: str) -> FileCondition | None:
    """Extensions become lower-case and lose their dot."""
    if value is None:
        return None
    fields = Fields(value, place)
    condition = FileCondition(
        fields.texts("kinds"),
        tuple(extension.lower().lstrip("*.") for extension in fields.texts("extensions")),
        fields.texts("names"),
        fields.flag("all_except", False),
        fields.flag("inside", True),
    )
    fields.finish()
    return condition


def _action_to_json(action: Action) -> dict[str, object]:
    return {"kind": action.kind.value, "text": action.text}


def _action_from_json(value: object, place: str) -> Action:
    fields = Fields(value, place)
    action = Action(fields.one_of("kind", ActionKind), fields.text("text", ""))
    fields.finish()
    return action


def _optional_action(value: object) -> Action | None:
    return None if value is None else _action_from_json(value, "policy.when_incomplete")
