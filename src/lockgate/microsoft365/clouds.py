"""Microsoft's clouds by name: hosts and scopes (microsoft-365.md §1.1). A token of one is worth nothing in another."""

from dataclasses import dataclass, replace

from lockgate.model.errors import ConfigurationError


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


def _cloud(name: str, login: str, graph: str, exchange: str, activity: str, portal: str) -> Cloud:
    hosts = [f"https://{host}" for host in (login, graph, exchange, activity, portal)]
    scopes = [f"https://{host}/.default" for host in (graph, exchange, activity)]
    return Cloud(name, *hosts, *scopes)


CLOUDS = {
    cloud.name: cloud
    for cloud in (
        _cloud(
            "global", "login.microsoftonline.com", "graph.microsoft.com", "outlook.office365.com", "manage.office.com",
            "entra.microsoft.com",
        ),
        _cloud(
            "gcc", "login.microsoftonline.com", "graph.microsoft.com", "outlook.office365.com", "manage-gcc.office.com",
            "entra.microsoft.com",
        ),
        _cloud(
            "gcc-high", "login.microsoftonline.us", "graph.microsoft.us", "outlook.office365.us",
            "manage.office365.us", "entra.microsoft.us",
        ),
        _cloud(
            "dod", "login.microsoftonline.us", "dod-graph.microsoft.us", "outlook-dod.office365.us",
            "manage.protection.apps.mil", "entra.microsoft.us",
        ),
        # The activity API of this cloud is not documented; the name follows the others.
        _cloud(
            "china", "login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn", "outlook.office365.cn",
            "manage.office365.cn", "entra.microsoftonline.cn",
        ),
    )
}  # fmt: skip


_SCOPES_OF_GLOBAL = tuple(
    getattr(CLOUDS["global"], scope) for scope in ("graph_scope", "exchange_scope", "activity_scope")
)


def named(name: str) -> Cloud:
    """One of Microsoft's own clouds; raises ConfigurationError for an unknown name."""
    if name not in CLOUDS:
        raise ConfigurationError(f"'microsoft365.cloud' must be one of {', '.join(CLOUDS)} or custom.")
    return CLOUDS[name]


def custom(login: str, graph: str, exchange: str, activity: str, portal: str, ca_bundle: str) -> Cloud:
    """Other hosts that speak in the global cloud's scopes; raises ConfigurationError when an address is missing."""
    addresses = (login, graph, exchange, activity, portal)
    if not all(addresses):
        raise ConfigurationError("'microsoft365.custom' needs login, graph, exchange, activity and portal.")
    hosts = [address.rstrip("/") for address in addresses]
    return replace(Cloud("custom", *hosts, *_SCOPES_OF_GLOBAL), ca_bundle=ca_bundle)
