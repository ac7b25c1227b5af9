"""Lockgate as the demo runs it: a settings file like an administrator's, `lockgate serve`, and the first account."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from tools.demo.browser import Browser, Page
from tools.demo.processes import until
from tools.demo.tenant import GATEWAY_HOST, PERMISSIONS, Registration, SimulatedTenant
from tools.ports import free_port

ADMINISTRATOR = "admin"


@dataclass(frozen=True, slots=True)
class Installation:
    """Where Lockgate runs, and the account made for this run."""

    folder: Path
    settings: Path
    console: str
    gateway_port: int
    password: str

    @property
    def first_run_code(self) -> Path:
        """The file with the one-time code."""
        return self.folder / "data" / "first-run-code"


def install(folder: Path, tenant: SimulatedTenant) -> Installation:
    """Register the applications, get the gateway's certificate, write the settings."""
    console_port, gateway_port = free_port(), free_port()
    console = f"https://localhost:{console_port}"
    callback = f"{console}/service-accounts/grant/callback"
    registrations = [tenant.register(name, callback) for name in PERMISSIONS]
    identity = tenant.identity("gateway", GATEWAY_HOST)
    web = tenant.identity("console", "localhost")
    tenant.control("POST", "/network", {GATEWAY_HOST: ["127.0.0.1", gateway_port]})
    settings = folder / "lockgate.toml"
    settings.write_text(_toml(folder, tenant, registrations, console_port, gateway_port, identity, web))
    return Installation(folder, settings, console, gateway_port, f"demo-{secrets.token_urlsafe(12)}")


def _toml(
    folder: Path, tenant: SimulatedTenant, registrations: list[Registration], console: int, gateway: int,
    identity: tuple[Path, Path], web: tuple[Path, Path],
) -> str:  # fmt: skip
    addresses = tenant.addresses
    mx_port = addresses["mx"].rpartition(":")[2]
    certificate, key = identity
    apps = "\n".join(
        f'[microsoft365.{name}]\nclient_id = "{one.client_id}"\ncertificate = "{one.certificate}"\nkey = "{one.key}"\n'
        for name, one in zip(("mail_flow_app", "directory_app", "activity_app"), registrations, strict=True)
    )
    return f"""# Written by the demo. In production: docs/operations.
data_directory = "{folder / "data"}"
nameservers = ["{addresses["dns"]}"]

[gateway]
listen = "127.0.0.1"
port = {gateway}
hostname = "{GATEWAY_HOST}"
certificate = "{certificate}"
key = "{key}"
peer_ca = "{tenant.ca}"
next_hop_port = {mx_port}
inspection_workers = 2

[console]
port = {console}
public_url = "https://localhost:{console}"
certificate = "{web[0]}"
key = "{web[1]}"

[microsoft365]
cloud = "custom"
source_addresses = ["127.0.0.1"]
settle_minutes = 0

[microsoft365.custom]
login = "{addresses["login"]}"
graph = "{addresses["graph"]}"
exchange = "{addresses["exchange"]}"
activity = "{addresses["activity"]}"
portal = "{addresses["portal"]}"
ca_bundle = "{tenant.ca}"

{apps}"""


def first_account(installation: Installation, browser: Browser) -> Page:
    """Make the first account with the one-time code, as the first visitor does; the dashboard."""
    log = installation.folder / "lockgate.log"
    code = until("first start", lambda: _text(installation.first_run_code), seconds=180, log=log)
    page = until("console", lambda: _opened(browser, installation.console), seconds=180, log=log)
    return browser.press(
        page, "Make the account and sign in", code=code, name=ADMINISTRATOR, password=installation.password,
        again=installation.password,
    )  # fmt: skip


def _text(file: Path) -> str | None:
    return file.read_text().strip() or None if file.exists() else None


def _opened(browser: Browser, url: str) -> Page | None:
    import httpx

    try:
        return browser.open(url)
    except httpx.TransportError:
        return None
