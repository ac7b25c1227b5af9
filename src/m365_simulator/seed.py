"""The world at the start and after a reset: tenant Contoso, tenant Fabrikam, and the Internet around them.

Ids are fixed, so that two runs and two processes talk about the same objects. Every password is in
`PASSWORDS`; nothing here is a secret. Applications are not seeded: they are registered by the control API.
"""

import uuid

from m365_simulator.dns_records import mx_host
from m365_simulator.identity.directory_roles import EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR
from m365_simulator.outside_world import add_outside_world
from m365_simulator.settings import Settings
from m365_simulator.world import Domain, Group, Mailbox, Properties, RoleAssignment, Tenant, User, World

CONTOSO = "3f0c1b6e-5a5d-4c51-9a0e-6d1f0f6a1c01"
FABRIKAM = "8d2b7c54-0f0e-4b6c-8a54-2b9c6f7e2f02"
PASSWORDS = {CONTOSO: "Contoso-demo-1", FABRIKAM: "Fabrikam-demo-1"}
_IDS = uuid.UUID("5c1f7a52-4e0b-4a39-8f5e-0a9f5f0c9e11")

# local part, display name, job title, department, further local parts
_CONTOSO_PEOPLE = (
    ("admin", "Ada Renfield", "IT administrator", "IT", ()),
    ("exchange.admin", "Edgar Lindqvist", "Messaging administrator", "IT", ()),
    ("margaret.holloway", "Margaret Holloway", "Chief Executive Officer", "Management", ("ceo",)),
    ("robert.fenwick", "Robert Fenwick", "Chief Financial Officer", "Finance", ("cfo",)),
    ("priya.raman", "Priya Raman", "Accounts payable", "Finance", ("invoices",)),
    ("tom.becker", "Tom Becker", "Sales representative", "Sales", ()),
    ("lena.vogel", "Lena Vogel", "Engineer", "Engineering", ()),
    ("samuel.osei", "Samuel Osei", "Engineer", "Engineering", ()),
    ("yuki.tanaka", "Yuki Tanaka", "Designer", "Design", ("yuki",)),
    ("bjorn.hakansson", "Björn Håkansson", "Legal counsel", "Legal", ()),
    ("carla.mendes", "Carla Mendes", "Recruiter", "Human Resources", ("jobs",)),
    ("noah.whitfield", "Noah Whitfield", "Former employee", "Sales", ()),
)
_FABRIKAM_PEOPLE = (
    ("admin", "Frida Olsen", "IT administrator", "IT", ()),
    ("karl.weiss", "Karl Weiss", "Purchasing", "Operations", ()),
    ("mina.duarte", "Mina Duarte", "Sales representative", "Sales", ()),
)
Person = tuple[str, str, str, str, tuple[str, ...]]


def fixed_id(text: str) -> str:
    """The id that a seeded object with this address or name always has."""
    return str(uuid.uuid5(_IDS, text.lower()))


def reset(world: World, settings: Settings) -> None:
    """Empty the world and fill it anew, then let every part take up its own start state."""
    for records in (world.history, world.hops, world.faults, world.internet):
        records.clear()
    for table in (world.tenants, world.registrations, world.switches, world.network, world.dns):
        table.clear()
    world.web_sessions.clear()
    world.authorization_codes.clear()
    world.used_assertions.clear()
    world.clock.offset_seconds = 0.0
    fill(world, settings)
    for hook in world.reset_hooks:
        hook()


def fill(world: World, settings: Settings) -> None:
    """Put both tenants and the outside world into an empty world."""
    for tenant in (_contoso(), _fabrikam()):
        world.tenants[tenant.id] = tenant
        for domain in tenant.domains:
            world.network[mx_host(domain)] = (settings.host, settings.ports.mx)
            world.dns[(f"_dmarc.{domain}", "TXT")] = ["v=DMARC1; p=quarantine"]
    add_outside_world(world, settings)


def add_user(tenant: Tenant, user: User) -> User:
    """Put a user into a tenant, with a mailbox where it has one."""
    tenant.users[user.id] = user
    if user.mailbox_type:
        tenant.mailboxes[user.id] = Mailbox(user.id)
    return user


def _contoso() -> Tenant:
    tenant = Tenant(CONTOSO, "Contoso")
    names = ("contoso.example", "gw.mail.contoso.example", "contoso.onmicrosoft.com")
    tenant.domains = {name: Domain(name, is_default=name == names[0], is_initial=name == names[2]) for name in names}
    _add_people(tenant, names[0], _CONTOSO_PEOPLE)
    user = _named(tenant, "noah.whitfield")
    user.account_enabled = False
    _give_role(tenant, "admin", GLOBAL_ADMINISTRATOR)
    _give_role(tenant, "exchange.admin", EXCHANGE_ADMINISTRATOR)
    _add_resource(tenant, "info", "Contoso Information", "SharedMailbox")
    _add_resource(tenant, "room.elm", "Meeting room Elm", "RoomMailbox")
    finance = _add_group(tenant, "finance", "Finance", "MailEnabledSecurity", ("robert.fenwick", "priya.raman"))
    engineering = _add_group(tenant, "engineering", "Engineering", "Distribution", ("lena.vogel", "samuel.osei"))
    everyday = ("margaret.holloway", "tom.becker", "yuki.tanaka", "bjorn.hakansson", "carla.mendes")
    everybody = _add_group(tenant, "all.staff", "All staff", "Distribution", everyday)
    everybody.members += [finance.id, engineering.id]
    _add_group(tenant, "alder", "Project Alder", "Unified", ("lena.vogel", "yuki.tanaka"))
    _add_group(tenant, "", "Laptop users", "Security", ("lena.vogel", "samuel.osei", "tom.becker"))
    return tenant


def _fabrikam() -> Tenant:
    tenant = Tenant(FABRIKAM, "Fabrikam")
    for name in ("fabrikam.example", "fabrikam.onmicrosoft.com"):
        tenant.domains[name] = Domain(name, is_default=name == "fabrikam.example", is_initial="microsoft" in name)
    _add_people(tenant, "fabrikam.example", _FABRIKAM_PEOPLE)
    _give_role(tenant, "admin", GLOBAL_ADMINISTRATOR)
    _add_group(tenant, "sales", "Sales", "Distribution", ("mina.duarte", "karl.weiss"))
    return tenant


def _default_domain(tenant: Tenant) -> str:
    return next(domain.name for domain in tenant.domains.values() if domain.is_default)


def _add_people(tenant: Tenant, domain: str, people: tuple[Person, ...]) -> None:
    for local_part, name, title, department, aliases in people:
        given, _, surname = name.partition(" ")
        extra: Properties = {"givenName": given, "surname": surname, "jobTitle": title, "department": department}
        user = _user(tenant, local_part, name, "UserMailbox", extra)
        user.password = PASSWORDS[tenant.id]
        user.proxy_addresses += [f"smtp:{alias}@{domain}" for alias in aliases]


def _user(tenant: Tenant, local_part: str, name: str, mailbox_type: str, extra: Properties) -> User:
    address = f"{local_part}@{_default_domain(tenant)}"
    user = User(address, name, address, [f"SMTP:{address}"], id=fixed_id(address))
    user.mailbox_type = mailbox_type
    user.extra = extra
    return add_user(tenant, user)


def _add_resource(tenant: Tenant, local_part: str, name: str, mailbox_type: str) -> None:
    user = _user(tenant, local_part, name, mailbox_type, {})
    user.account_enabled = False


def _named(tenant: Tenant, local_part: str) -> User:
    return tenant.users[fixed_id(f"{local_part}@{_default_domain(tenant)}")]


def _give_role(tenant: Tenant, local_part: str, role_template_id: str) -> None:
    user = _named(tenant, local_part)
    user.roles.add(role_template_id)
    record = RoleAssignment(role_template_id, user.id, id=fixed_id(f"{role_template_id} {user.id}"))
    tenant.role_assignments[record.id] = record


def _add_group(tenant: Tenant, local_part: str, name: str, kind: str, members: tuple[str, ...]) -> Group:
    mail = f"{local_part}@{_default_domain(tenant)}" if local_part else ""
    group = Group(name, mail, kind, [_named(tenant, member).id for member in members])
    group.id = fixed_id(f"{tenant.id} {name}")
    tenant.groups[group.id] = group
    return group
