"""Microsoft's clouds by name: hosts and scopes (microsoft-365.md §1.1), and the names of their mail hosts.

A token of one is worth nothing in another. Mail hosts: MX targets end as Microsoft's DNS pages for each cloud say; that
its client certificate carries the same name is documented for the global cloud only (§4.8) and taken over for the
others, where `gateway.peer_names` can correct it.
"""

from dataclasses import dataclass, field, replace

from lockgate.model.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class MailSide:
    """How a cloud's Exchange Online shows itself to other mail hosts."""

    suffixes: tuple[str, ...]  # how the names of hosts that take a tenant's mail end
    peer_names: tuple[str, ...]  # what its client certificate carries
    sender_policy: str  # the SPF record of its outgoing hosts
    endpoints: str  # the instance at https://endpoints.office.com that lists its addresses (microsoft-365.md §4.6)


@dataclass(frozen=True, slots=True)
class Cloud:
    """Base addresses without a trailing slash, and the scopes that app-only tokens are asked for with."""

    name: str
    login: str
    graph: str
    exchange: str
    activity: str
    portal: str
    graph_scope: str
    exchange_scope: str
    activity_scope: str
    ca_bundle: str = ""  # PEM file that vouches for the hosts; empty: the system's
    mail: MailSide = field(kw_only=True)


def _mail(host: str, sender_policy: str, endpoints: str) -> MailSide:
    return MailSide((f".{host}",), (host, f"*.{host}"), sender_policy, endpoints)


_WORLDWIDE = MailSide(
    (".mail.protection.outlook.com", ".mx.microsoft"), ("mail.protection.outlook.com",), "spf.protection.outlook.com",
    "Worldwide",
)  # fmt: skip
_GOVERNMENT = "mail.protection.office365.us", "spf.protection.office365.us"
_CHINA = _mail("mail.protection.partner.outlook.cn", "spf.protection.partner.outlook.cn", "China")


def _cloud(name: str, login: str, graph: str, exchange: str, activity: str, portal: str, mail: MailSide) -> Cloud:
    hosts = [f"https://{host}" for host in (login, graph, exchange, activity, portal)]
    scopes = [f"https://{host}/.default" for host in (graph, exchange, activity)]
    return Cloud(name, *hosts, *scopes, mail=mail)


CLOUDS = {
    cloud.name: cloud
    for cloud in (
        _cloud(
            "global", "login.microsoftonline.com", "graph.microsoft.com", "outlook.office365.com", "manage.office.com",
            "entra.microsoft.com", _WORLDWIDE,
        ),
        _cloud(
            "gcc", "login.microsoftonline.com", "graph.microsoft.com", "outlook.office365.com", "manage-gcc.office.com",
            "entra.microsoft.com", _WORLDWIDE,
        ),
        _cloud(
            "gcc-high", "login.microsoftonline.us", "graph.microsoft.us", "outlook.office365.us",
            "manage.office365.us", "entra.microsoft.us", _mail(*_GOVERNMENT, "USGOVGCCHigh"),
        ),
        _cloud(
            "dod", "login.microsoftonline.us", "dod-graph.microsoft.us", "outlook-dod.office365.us",
            "manage.protection.apps.mil", "entra.microsoft.us", _mail(*_GOVERNMENT, "USGOVDoD"),
        ),
        # The activity API of this cloud is not documented; the name follows the others.
        _cloud(
            "china", "login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn", "outlook.office365.cn",
            "manage.office365.cn", "entra.microsoftonline.cn", _CHINA,
        ),
    )
}  # fmt: skip


def named(name: str) -> Cloud:
    """One of Microsoft's own clouds; raises ConfigurationError for an unknown name."""
    if name not in CLOUDS:
        raise ConfigurationError(f"'microsoft365.cloud' must be one of {', '.join(CLOUDS)} or custom.")
    return CLOUDS[name]


def custom(login: str, graph: str, exchange: str, activity: str, portal: str, ca_bundle: str) -> Cloud:
    """Other hosts that else behave as the global cloud; raises ConfigurationError when an address is missing."""
    addresses = (login, graph, exchange, activity, portal)
    if not all(addresses):
        raise ConfigurationError("'microsoft365.custom' needs login, graph, exchange, activity and portal.")
    login, graph, exchange, activity, portal = (address.rstrip("/") for address in addresses)
    return replace(
        CLOUDS["global"], name="custom", login=login, graph=graph, exchange=exchange, activity=activity, portal=portal,
        ca_bundle=ca_bundle,
    )  # fmt: skip
