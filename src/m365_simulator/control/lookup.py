"""Finding tenants and people by the names that a caller of the control API has; LookupError becomes 404."""

from m365_simulator.world import Group, Tenant, User, World


def tenant_named(world: World, name: str) -> Tenant:
    """A tenant by id, domain or display name."""
    tenant = world.tenant_by_name(name)
    if tenant is None:
        wanted = name.lower()
        tenant = next((item for item in world.tenants.values() if item.display_name.lower() == wanted), None)
    if tenant is None:
        raise LookupError(f"tenant {name}")
    return tenant


def user_named(world: World, address: str) -> tuple[Tenant, User]:
    """A person by any address, in whichever tenant."""
    for tenant in world.tenants.values():
        user = tenant.users.get(address) or tenant.user_by_address(address)
        if user is not None:
            return tenant, user
    raise LookupError(f"user {address}")


def group_named(tenant: Tenant, name: str) -> Group:
    """A group by id, address or display name."""
    wanted = name.lower()
    for group in tenant.groups.values():
        if wanted in (group.id, group.mail.lower(), group.display_name.lower()):
            return group
    raise LookupError(f"group {name}")


def member_named(tenant: Tenant, name: str) -> str:
    """The object id of a user or group by id, address or display name."""
    user = tenant.users.get(name) or tenant.user_by_address(name)
    return user.id if user is not None else group_named(tenant, name).id
