"""Where the simulation listens and keeps its certificates. Port 0 means any free port; `serve` prints them."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Ports:
    """One TCP port per Microsoft host that the simulation stands in for (all on 127.0.0.1 / localhost)."""

    login: int = 8443  # login.microsoftonline.com: OpenID, authorize, token, admin consent
    graph: int = 8444  # graph.microsoft.com
    exchange: int = 8445  # outlook.office365.com: /adminapi
    activity: int = 8446  # manage.office.com
    portal: int = 8447  # entra.microsoft.com: roles and administrators
    webmail: int = 8448  # outlook.office.com: mailboxes for people
    control: int = 8449  # the simulation's own control API, plain HTTP, loopback only
    mx: int = 8025  # *.mail.protection.outlook.com port 25
    submission: int = 8587  # smtp.office365.com port 587
    internet: int = 8026  # port 25 of every host in the outside world
    dns: int = 8053  # authoritative answers for every simulated name, UDP and TCP


@dataclass(frozen=True)
class Settings:
    """`directory` receives the CA certificate `ca.pem` and everything else that others need to read."""

    directory: Path
    host: str = "127.0.0.1"
    ports: Ports = field(default_factory=Ports)
