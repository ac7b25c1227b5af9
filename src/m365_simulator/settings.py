"""Where the simulation listens and keeps its certificates. Port 0 means any free port; `serve` prints them."""

from dataclasses import asdict, dataclass, field
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
    """`directory` receives the CA certificate `ca.pem` and everything else that others need to read.

    Every part of a running simulation gets settings whose ports are the real ones, never 0.
    """

    directory: Path
    host: str = "127.0.0.1"
    ports: Ports = field(default_factory=Ports)

    @property
    def login_url(self) -> str:
        """What stands for https://login.microsoftonline.com, without a trailing slash."""
        return f"https://localhost:{self.ports.login}"

    def addresses(self) -> dict[str, str]:
        """Base URLs of the web surfaces, `host:port` of the others, and the path of the CA certificate."""
        web = {"login", "graph", "exchange", "activity", "portal", "webmail"}
        found: dict[str, str] = {}
        for name, port in asdict(self.ports).items():
            if name in web:
                found[name] = f"https://localhost:{port}"
            elif name == "control":
                found[name] = f"http://{self.host}:{port}"
            else:
                found[name] = f"{self.host}:{port}"
        return found | {"ca": str((self.directory / "ca.pem").resolve())}
