"""The policy form: fields to a policy. Rule: what a field holds becomes the JSON shape of `policy.serialisation`.

So a form, the API and a file go through the same strict reading and the same sentences about what is wrong.
"""

from collections.abc import Iterator

from starlette.datastructures import FormData

from lockgate.model.policy import ActionKind, Policy
from lockgate.policy.filters import BY_ID
from lockgate.policy.serialisation import from_json

MOST_RULES = 51  # of the form: one more than a policy may have, so that its own sentence is said
DEFAULT = ""  # of when_incomplete: answer 451, hold after repeated tries
Json = dict[str, object]


def policy_from(form: FormData, before: Policy) -> Policy:
    """`before` with what the form changes; `version` is the one that the form was made from. Raises InvalidInput."""
    version = _text(form, "version")
    return from_json(
        {
            "id": before.id,
            "version": int(version) if version.isdigit() and len(version) < 9 else 0,
            "name": _text(form, "name"),
            "description": _text(form, "description"),
            "direction": before.direction.value,
            "priority": before.priority,
            "enabled": before.enabled,
            "monitor_only": "monitor_only" in form,
            "targets": _targets(form),
            "rules": list(_rules(form)),
            "when_incomplete": _action(form, "when_incomplete"),
            "click_time": _click_time(form),
            "outside_reviewers": "outside_reviewers" in form,
        }
    )


def _targets(form: FormData) -> Json:
    return {
        "everyone": "everyone" in form,
        "domains": _lines(form, "domains"),
        "users": _lines(form, "users"),
        "groups": _chosen(form, "groups"),
        "except_users": _lines(form, "except_users"),
        "except_groups": _chosen(form, "except_groups"),
    }


def _rules(form: FormData) -> Iterator[Json]:
    for number in range(MOST_RULES):
        place = f"rule-{number}"
        if f"{place}-name" not in form:
            return
        rule = _rule(form, place)
        untouched = not (rule["name"] or rule["actions"])
        if f"{place}-remove" not in form and not untouched:
            yield rule


def _rule(form: FormData, place: str) -> Json:
    score = _text(form, f"{place}-minimum_score")
    try:
        minimum: float | str | None = float(score) if score else None
    except ValueError:
        minimum = score  # refused by the reading, with its place named
    kinds = _chosen(form, f"{place}-actions")
    chosen = BY_ID.get(_text(form, f"{place}-filter"))
    return {
        "name": _text(form, f"{place}-name") or (chosen.name if chosen else ""),
        "when": {
            "verdicts": [*_chosen(form, f"{place}-verdicts"), *(chosen.verdicts if chosen else ())],
            "findings": [*_lines(form, f"{place}-findings"), *(chosen.findings if chosen else ())],
            "minimum_score": minimum,
            "files": _files(form, f"{place}-file"),
            "unless": _lines(form, f"{place}-unless"),
        },
        "actions": [{"kind": kind, "text": _text_of(form, place, kind)} for kind in kinds],
        "enabled": f"{place}-off" not in form,
    }


def _files(form: FormData, place: str) -> Json | None:
    fields = {name: _lines(form, f"{place}-{name}") for name in ("kinds", "extensions", "names")}
    if not any(fields.values()):
        return None
    return {**fields, "all_except": f"{place}-all_except" in form, "inside": f"{place}-outside_only" not in form}


def _text_of(form: FormData, place: str, kind: str) -> str:
    if kind == ActionKind.TAG_SUBJECT:
        value = form.get(f"{place}-{kind}")
        return value if isinstance(value, str) else ""  # a blank at its end is meant
    return _text(form, f"{place}-{kind}")


def _action(form: FormData, name: str) -> Json | None:
    kind = _text(form, name)
    return {"kind": kind, "text": ""} if kind else None


def _click_time(form: FormData) -> Json | None:
    if "click_time" not in form:
        return None
    return {
        "links": _text(form, "click_time-links"),
        "plain_text": "click_time-plain_text" in form,
        "except_domains": _lines(form, "click_time-except_domains"),
    }


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip().replace("\r\n", "\n") if isinstance(value, str) else ""


def _lines(form: FormData, name: str) -> list[str]:
    return [line.strip() for line in _text(form, name).replace(",", "\n").splitlines() if line.strip()]


def _chosen(form: FormData, name: str) -> list[str]:
    return [value for value in form.getlist(name) if isinstance(value, str) and value]
