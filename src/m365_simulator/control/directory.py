"""Tenants and their directory: look at them, add and remove people and group members, fill them in bulk.

Every change is written into the tenant's change log, so that delta queries see it.
"""

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from m365_simulator.control.json_values import JsonValue, Properties
from m365_simulator.control.lookup import group_named, member_named, tenant_named, user_named
from m365_simulator.seed import PASSWORDS, add_user
from m365_simulator.world import DirectoryChange, Domain, Group, Tenant, User, World, new_guid


class NewUser(BaseModel):
    """`mail` defaults to the user principal name; an empty `mailbox_type` makes a user without a mailbox."""

    user_principal_name: str
    display_name: str = ""
    mail: str = ""
    aliases: list[str] = []
    password: str = ""
    roles: list[str] = []
    account_enabled: bool = True
    mailbox_type: str = "UserMailbox"
    extra: dict[str, JsonValue] = {}


class NewGroup(BaseModel):
    """`kind` is Distribution, MailEnabledSecurity, Security or Unified; members by id, address or name."""

    display_name: str
    mail: str = ""
    kind: str = "Distribution"
    members: list[str] = []


class NewDomain(BaseModel):
    """A domain of the tenant."""

    name: str
    is_verified: bool = True


class Bulk(BaseModel):
    """So many more users and groups; each group gets `members_per_group` of the new users."""

    users: int
    groups: int = 0
    members_per_group: int = 20


def routes(world: World) -> APIRouter:
    """Everything under /_control/tenants except PIM, and people by address."""
    router = APIRouter()

    @router.get("/tenants")
    def tenants() -> list[Properties]:
        """Every tenant with its domains, people and groups; `password` is what the seeded people sign in with."""
        return [_shown(tenant) for tenant in world.tenants.values()]

    @router.post("/tenants", status_code=201)
    def add_tenant(new: NewDomain) -> Properties:
        """A further tenant with one domain, which is its initial and default one."""
        tenant = Tenant(new_guid(), new.name)
        tenant.domains[new.name.lower()] = Domain(new.name.lower(), is_default=True, is_initial=True)
        world.tenants[tenant.id] = tenant
        return _shown(tenant)

    @router.delete("/tenants/{tenant}", status_code=204)
    def delete_tenant(tenant: str) -> None:
        """The organisation is gone for good."""
        del world.tenants[tenant_named(world, tenant).id]

    @router.post("/tenants/{tenant}/domains", status_code=201)
    def add_domain(tenant: str, new: NewDomain) -> Properties:
        """Add a domain, or change whether it is verified."""
        own = tenant_named(world, tenant)
        domain = own.domains.setdefault(new.name.lower(), Domain(new.name.lower()))
        domain.is_verified = new.is_verified
        return _shown(own)

    router.include_router(_user_routes(world))
    router.include_router(_group_routes(world))
    return router


def _user_routes(world: World) -> APIRouter:
    router = APIRouter()

    @router.post("/tenants/{tenant}/users", status_code=201)
    def create_user(tenant: str, new: NewUser) -> Properties:
        """Add a person."""
        own = tenant_named(world, tenant)
        if own.user_by_address(new.user_principal_name) is not None:
            raise HTTPException(409, f"{new.user_principal_name} exists")
        user = _user(own, new)
        own.changes.append(DirectoryChange("user", user.id))
        return {"id": user.id}

    @router.patch("/users/{address}", status_code=204)
    def change_user(address: str, change: dict[str, JsonValue]) -> None:
        """Change `display_name`, `account_enabled`, `password` or keys of `extra` of a person."""
        tenant, user = user_named(world, address)
        _apply(user, change)
        tenant.changes.append(DirectoryChange("user", user.id))

    @router.delete("/users/{address}", status_code=204)
    def delete_user(address: str) -> None:
        """Remove a person, with mailbox and memberships."""
        tenant, user = user_named(world, address)
        del tenant.users[user.id]
        tenant.mailboxes.pop(user.id, None)
        _leave_groups(tenant, user.id)
        tenant.changes.append(DirectoryChange("user", user.id, removed=True))

    return router


def _group_routes(world: World) -> APIRouter:
    router = APIRouter()

    @router.post("/tenants/{tenant}/groups", status_code=201)
    def create_group(tenant: str, new: NewGroup) -> Properties:
        """Add a group."""
        own = tenant_named(world, tenant)
        members = [member_named(own, name) for name in new.members]
        group = Group(new.display_name, new.mail, new.kind, members)
        own.groups[group.id] = group
        own.changes.append(DirectoryChange("group", group.id))
        return {"id": group.id}

    @router.delete("/tenants/{tenant}/groups/{group}", status_code=204)
    def delete_group(tenant: str, group: str) -> None:
        """Remove a group."""
        own = tenant_named(world, tenant)
        found = group_named(own, group)
        del own.groups[found.id]
        _leave_groups(own, found.id)
        own.changes.append(DirectoryChange("group", found.id, removed=True))

    @router.post("/tenants/{tenant}/groups/{group}/members/{member}", status_code=204)
    def add_member(tenant: str, group: str, member: str) -> None:
        """Add a user or group to a group."""
        own = tenant_named(world, tenant)
        found, member_id = group_named(own, group), member_named(own, member)
        if member_id not in found.members:
            found.members.append(member_id)
            own.changes.append(DirectoryChange("group", found.id))

    @router.delete("/tenants/{tenant}/groups/{group}/members/{member}", status_code=204)
    def remove_member(tenant: str, group: str, member: str) -> None:
        """Take a user or group out of a group."""
        own = tenant_named(world, tenant)
        found, member_id = group_named(own, group), member_named(own, member)
        if member_id not in found.members:
            raise LookupError(f"{member} in {group}")
        found.members.remove(member_id)
        own.changes.append(DirectoryChange("group", found.id))

    @router.post("/tenants/{tenant}/bulk", status_code=201)
    def fill(tenant: str, bulk: Bulk) -> Properties:
        """Add many users and groups, for tests of scale."""
        own = tenant_named(world, tenant)
        return _fill(own, bulk)

    return router


def _user(tenant: Tenant, new: NewUser) -> User:
    mail = new.mail or (new.user_principal_name if new.mailbox_type else "")
    user = User(new.user_principal_name, new.display_name or new.user_principal_name, mail)
    user.proxy_addresses = [f"SMTP:{mail}"] if mail else []
    user.proxy_addresses += [f"smtp:{alias}" for alias in new.aliases]
    user.password, user.roles, user.account_enabled = new.password, set(new.roles), new.account_enabled
    user.mailbox_type, user.extra = new.mailbox_type, dict(new.extra)
    return add_user(tenant, user)


def _apply(user: User, change: dict[str, JsonValue]) -> None:
    for name, value in change.items():
        match name, value:
            case "display_name", str():
                user.display_name = value
            case "password", str():
                user.password = value
            case "account_enabled", bool():
                user.account_enabled = value
            case "extra", dict():
                user.extra.update(value)
            case _:
                raise HTTPException(400, f"cannot set {name}")


def _fill(tenant: Tenant, bulk: Bulk) -> Properties:
    domain = next(item.name for item in tenant.domains.values() if item.is_default)
    first = len(tenant.users)
    users: list[User] = []
    for number in range(first, first + bulk.users):
        new = NewUser(user_principal_name=f"user{number:06d}@{domain}", display_name=f"User {number:06d}")
        users.append(_user(tenant, new))
        tenant.changes.append(DirectoryChange("user", users[-1].id))
    for number in range(len(tenant.groups), len(tenant.groups) + bulk.groups):
        group = Group(f"Group {number:05d}", f"group{number:05d}@{domain}")
        start = number * bulk.members_per_group
        count = min(bulk.members_per_group, len(users))
        group.members = [users[(start + place) % len(users)].id for place in range(count)]
        tenant.groups[group.id] = group
        tenant.changes.append(DirectoryChange("group", group.id))
    return {"users": len(tenant.users), "groups": len(tenant.groups)}


def _leave_groups(tenant: Tenant, object_id: str) -> None:
    for group in tenant.groups.values():
        if object_id in group.members:
            group.members.remove(object_id)
            tenant.changes.append(DirectoryChange("group", group.id))


def _shown(tenant: Tenant) -> Properties:
    return {
        "id": tenant.id,
        "display_name": tenant.display_name,
        "password": PASSWORDS.get(tenant.id, ""),
        "pim_enabled": tenant.pim_enabled,
        "domains": [*tenant.domains],
        "users": [user.user_principal_name for user in tenant.users.values()],
        "groups": [group.mail or group.display_name for group in tenant.groups.values()],
        "applications": [
            {"id": item.id, "app_id": item.app_id, "display_name": item.display_name, "enabled": item.enabled}
            for item in tenant.service_principals.values()
        ],
        "role_assignments": [
            {"role_template_id": item.role_template_id, "principal_id": item.principal_id}
            for item in tenant.role_assignments.values()
        ],
    }
