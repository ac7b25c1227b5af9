"""How policies are changed by whoever may: the console, the API and the command line all come past here.

Rule: what is wrong is never saved, not as a draft either, and the sentences about it are the same everywhere.
"""

from dataclasses import replace

from lockgate.model.errors import InvalidInput
from lockgate.model.policy import Policy, PolicySet
from lockgate.policy.conflicts import conflicts, never_reached
from lockgate.policy.validation import problems, reviewers_outside
from lockgate.storage.audit import Author
from lockgate.storage.policies import PolicyStore
from lockgate.storage.policy_drafts import PolicyDrafts
from lockgate.storage.tenants import accepted_domains
from lockgate.storage.unit_of_work import Database, Unit


def checked(policy: Policy) -> Policy:
    """The same policy. Raises InvalidInput with everything that is wrong, one sentence a line."""
    if wrong := problems(policy):
        raise InvalidInput("\n".join(wrong))
    return policy


def _fit_for(unit: Unit, tenant_id: str, policy: Policy) -> Policy:
    """`checked`, also against what is known of the organisation."""
    if wrong := reviewers_outside(checked(policy), accepted_domains(unit, tenant_id)):
        raise InvalidInput("\n".join(wrong))
    return policy


def add(database: Database, tenant_id: str, policy: Policy, author: Author) -> Policy:
    """Store a new policy in its place. Raises InvalidInput for one that is wrong."""
    with database.write() as unit:
        return PolicyStore(unit).add(tenant_id, _fit_for(unit, tenant_id, policy), author)


def save(database: Database, policy: Policy, author: Author) -> Policy:
    """Put it in force as a new version, made from version `policy.version`; a draft of it is done with.

    Raises InvalidInput for a policy that is wrong, gone, or was changed by somebody else.
    """
    with database.write() as unit:
        store = PolicyStore(unit)
        existing(unit, policy.id)
        saved = store.save(_fit_for(unit, store.tenant_of(policy.id), policy), author)
        PolicyDrafts(unit).discard(policy.id, author)
    return saved


def keep_draft(database: Database, policy: Policy, author: Author) -> None:
    """Keep it beside the version in force. Raises InvalidInput for a policy that is wrong or gone."""
    with database.write() as unit:
        existing(unit, policy.id)
        PolicyDrafts(unit).keep(_fit_for(unit, PolicyStore(unit).tenant_of(policy.id), policy), author)


def publish(database: Database, policy_id: str, author: Author) -> Policy:
    """Put the draft in force. Raises InvalidInput without one, or when a newer version was saved since it was made."""
    with database.read() as unit:
        draft = required_draft(unit, policy_id)
        enabled = existing(unit, policy_id).enabled
    return save(database, replace(draft, enabled=enabled), author)


def moved(database: Database, policy_id: str, to: int, author: Author) -> Policy:
    """Give it place `to` in its direction, 1 is first and beyond the end the last; as it stands there.

    Raises InvalidInput when it is gone.
    """
    with database.write() as unit:
        store, policy = PolicyStore(unit), existing(unit, policy_id)
        tenant_id = store.tenant_of(policy_id)
        ids = [one.id for one in store.current(tenant_id, policy.direction).policies if one.id != policy_id]
        ids.insert(to - 1, policy_id)
        store.reorder(tenant_id, policy.direction, ids, author)
        return existing(unit, policy_id)


def existing(unit: Unit, policy_id: str) -> Policy:
    """The version in force. Raises InvalidInput when there is none."""
    policy = PolicyStore(unit).get(policy_id)
    if policy is None:
        raise InvalidInput("There is no such policy any more.")
    return policy


def required_draft(unit: Unit, policy_id: str) -> Policy:
    """The draft. Raises InvalidInput when there is none."""
    draft = PolicyDrafts(unit).get(policy_id)
    if draft is None:
        raise InvalidInput("This policy has no draft.")
    return draft.policy


def remarks(unit: Unit, policy: Policy) -> tuple[str, ...]:
    """What its author should know: actions of it that meet, and a policy before it that leaves it nothing to do."""
    store = PolicyStore(unit)
    policies = store.current(store.tenant_of(policy.id), policy.direction)
    return (*conflicts(policy), *never_reached(policy, policies))


def with_instead(policies: PolicySet, tried: Policy) -> PolicySet:
    """The policies in force with `tried` in its own place, switched on. A policy that is not among them is added."""
    others = [one for one in policies.policies if one.id != tried.id]
    return replace(policies, policies=(*others, replace(tried, enabled=True)))
