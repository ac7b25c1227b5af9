"""Start-up settings: few, typed, frozen, read once. What administrators change at run time lives in the database.

Order of precedence, highest first: environment (`LOCKGATE_GATEWAY__PORT=2525`), the TOML file named by
`LOCKGATE_SETTINGS` or `--settings`, the defaults below. An unknown key stops start-up. Secrets are given as
paths of files, never as values.
"""

import os
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lockgate.model.errors import ConfigurationError

ENVIRONMENT_PREFIX = "LOCKGATE_"
NOT_SETTINGS = {"LOCKGATE_SETTINGS", "LOCKGATE_BENCH_SIBLING", "LOCKGATE_CORPUS", "LOCKGATE_SKIP_POSTGRES"}


class Section(BaseModel):
    """A part of the settings: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GatewayName(Section):
    """A further name of the gateway, for the organisation in whose accepted domain it lies, with its certificate.

    Exchange tells whose mail comes back by the name in the certificate, so each organisation needs one of its own.
    """

    hostname: str
    certificate: Path  # PEM chain
    key: Path


class GatewaySettings(Section):
    """The SMTP side. Sizes in bytes, times in seconds."""

    listen: str = "0.0.0.0"  # noqa: S104 - mail arrives from the Internet
    port: int = 25
    hostname: str = "localhost"  # our name in SMTP and in `Received`; must be in the certificate
    certificate: Path | None = None  # PEM chain; also our client certificate towards the tenant
    key: Path | None = None
    names: tuple[GatewayName, ...] = ()  # for further organisations, [[gateway.names]]
    peer_ca: Path | None = None  # CAs for the tenant's client and server certificates; default: the system's
    peer_names: tuple[str, ...] = ()  # of Exchange's client certificate; empty: those of microsoft365.cloud
    processes: int = 1
    inspection_workers: int = 2  # per gateway process
    inspection_deadline: float = 30.0
    inspection_memory: int = 2 * 1024**3  # address space of one worker
    facts_deadline: float = 3.0
    classifier: Path | None = None  # a model of `lockgate model train`; default: the one that comes with the product
    maximum_message: int = 157_286_400  # Exchange Online's own SIZE, 150 MiB (microsoft-365.md §4.6)
    memory_budget: int = 1024**3  # message bytes held at once by one process; beyond it 452
    maximum_connections: int = 500
    maximum_recipients: int = 1000
    maximum_received: int = 100  # Received fields; more is a loop (RFC 5321 §6.3)
    hold_after_tries: int = 5  # incomplete inspections of one message before it is held instead of deferred
    next_hop_port: int = 25
    next_hop_connections: int = 20


class ConsoleSettings(Section):
    """The web console and API. `public_url` is what browsers and Microsoft's redirects see."""

    listen: str = "127.0.0.1"
    port: int = 8080
    public_url: str = "http://127.0.0.1:8080"
    certificate: Path | None = None
    key: Path | None = None


class AppRegistration(Section):
    """One application registered at Microsoft, with the certificate that proves we are it."""

    client_id: str = ""
    certificate: Path | None = None
    key: Path | None = None


class CustomCloud(Section):
    """Addresses of a cloud that is none of Microsoft's own, such as the simulator."""

    login: str = ""
    graph: str = ""
    exchange: str = ""
    activity: str = ""
    portal: str = ""
    ca_bundle: Path | None = None


QUEUE_HOURS = 24  # how long a queue of Exchange keeps mail


class Microsoft365Settings(Section):
    """How we are known to Microsoft. `cloud` is global, gcc, gcc-high, dod, china or custom."""

    cloud: str = "global"
    custom: CustomCloud = CustomCloud()
    mail_flow_app: AppRegistration = AppRegistration()
    directory_app: AppRegistration = AppRegistration()
    activity_app: AppRegistration = AppRegistration()
    source_addresses: tuple[str, ...] = ()  # public IPv4 addresses from which we return mail
    sync_hour_utc: int = Field(default=2, ge=0, le=23)
    settle_minutes: float = Field(default=30, ge=0)  # how long Exchange may take to act on a rule's change everywhere
    rotation_hours: float = Field(default=26, ge=0)  # each phase of new secrets

    @model_validator(mode="after")
    def _outlasts_queues(self) -> "Microsoft365Settings":
        """Mail can wait in Exchange's queue for a day with an old secret in it (microsoft-365.md §4.5)."""
        if self.cloud != "custom" and self.rotation_hours <= QUEUE_HOURS:
            raise ValueError(f"rotation_hours must be more than {QUEUE_HOURS}, or mail that waited would be refused")
        return self


class ArcSettings(Section):
    """The seal on mail that goes back to the tenant (RFC 8617). All three, or none: then mail goes back unsealed.

    The key's public half is published at `<selector>._domainkey.<domain>`; `lockgate doctor` says how.
    """

    domain: str = ""  # listed in the tenant's ArcTrustedSealers
    selector: str = ""
    key: Path | None = None  # PEM, RSA with at least 2048 bits

    @model_validator(mode="after")
    def _complete(self) -> "ArcSettings":
        if len({bool(self.domain), bool(self.selector), self.key is not None}) > 1:
            raise ValueError("domain, selector and key are set together or not at all")
        return self


class NotificationSettings(Section):
    """How administrators are told, and people of what is held for them. Without `sender` nothing is mailed."""

    recipients: tuple[str, ...] = ()
    sender: str = ""  # needed with recipients; alone it sends digests only
    minutes_between: int = Field(default=10, ge=0)  # at most one mail in so many minutes, with all that happened
    transport: str = Field(default="smtp", pattern="^(smtp|graph)$")
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: str = Field(default="starttls", pattern="^(starttls|tls|none)$")
    smtp_user: str = ""
    smtp_password: Path | None = None  # a file that holds the password
    smtp_ca: Path | None = None  # CAs for the server's certificate; default: the system's
    graph_tenant: str = ""  # the organisation through whose mailbox `sender` mail goes out

    @model_validator(mode="after")
    def _complete(self) -> "NotificationSettings":
        if not self.recipients and not self.sender:
            return self
        if not self.sender:
            raise ValueError("sender is needed with recipients")
        if self.transport == "smtp" and not self.smtp_host:
            raise ValueError("smtp_host is needed with transport smtp")
        if self.transport == "graph" and not self.graph_tenant:
            raise ValueError("graph_tenant is needed with transport graph")
        if self.smtp_user and (self.smtp_security == "none" or self.smtp_password is None):
            raise ValueError("smtp_user needs smtp_password, and smtp_security starttls or tls")
        return self


class FeedSettings(Section):
    """One system that follows the trace (docs/feeds.md)."""

    name: str = Field(pattern="^[a-z0-9-]{1,60}$")
    kind: str = Field(pattern="^(syslog|webhook)$")
    shape: str = Field(default="json", pattern="^(json|ocsf|cef)$")
    address: str  # host:port of a syslog collector, the URL of a webhook
    way: str = Field(default="tls", pattern="^(udp|tcp|tls)$")  # of syslog
    ca: Path | None = None  # CAs for the certificate; default: the system's
    secret: Path | None = None  # a file with the secret that signs a webhook's requests
    organisations: tuple[str, ...] = ()  # tenant ids; none: all
    detections_only: bool = False  # without what was clean

    @model_validator(mode="after")
    def _complete(self) -> "FeedSettings":
        if self.kind == "webhook" and (self.secret is None or not self.address.startswith("https://")):
            raise ValueError("a webhook needs a secret and an address that begins with https://")
        if self.kind == "syslog" and not self.address.rpartition(":")[2].isdigit():
            raise ValueError("the address of a syslog collector is host:port")
        return self


class DetectionSettings(Section):
    """What detection is given beyond its own rules."""

    yara_rules: Path | None = None  # a folder of .yar and .yara files, read again when it changes


class ScannerSettings(Section):
    """Scanners outside of Lockgate; empty addresses: not asked. Times in seconds, less than `inspection_deadline`."""

    clamav: str = ""  # unix:/run/clamav/clamd.ctl or host:port
    icap: str = ""  # icap://host:1344/service
    icap_method: str = Field(default="RESPMOD", pattern="^(RESPMOD|REQMOD)$")
    sandbox: str = ""  # CAPE's web address
    sandbox_token: Path | None = None  # a file with the token of its API
    sandbox_patience: int = Field(default=60, ge=1)  # minutes until a file counts as not judged
    deadline: float = Field(default=15.0, gt=0)


class FeedSource(Section):
    """A list from elsewhere that is fetched again and again; see docs/reputation.md."""

    name: str
    url: str
    format: str = Field(default="plain", pattern="^(plain|misp-json|misp-csv|stix|taxii)$")
    standing: str = Field(default="blocked", pattern="^(approved|blocked)$")
    token_file: Path | None = None  # a bearer token for the address
    days: int = Field(default=30, ge=0)  # until an entry expires when the feed says it no more; 0: never


class ReputationSettings(Section):
    """Lists from elsewhere. All empty: nothing is asked and nothing fetched."""

    dns_host_lists: tuple[str, ...] = ()  # zones that list sending hosts (RFC 5782)
    dns_domain_lists: tuple[str, ...] = ()  # zones that list domains
    dns_deadline: float = 1.0  # seconds of one message
    sources: tuple[FeedSource, ...] = ()


class ClickTimeSettings(Section):
    """The link service (docs/click-time.md). Without `public_url` there is none, and no link is replaced."""

    public_url: str = Field(default="", pattern=r"^(https?://[a-z0-9.:\[\]-]+(/[A-Za-z0-9/_-]*)?)?$")
    listen: str = "127.0.0.1"
    port: int = 8443
    certificate: Path | None = None  # PEM chain
    key: Path | None = None
    proxies: tuple[str, ...] = ()  # addresses of reverse proxies whose X-Forwarded-For is believed
    on_trouble: str = Field(default="warn", pattern="^(allow|warn|block)$")  # when a link cannot be judged
    deadline: float = Field(default=4.0, gt=0)  # seconds for judging
    lifetime_days: int = Field(default=0, ge=0)  # of a link; 0: for ever
    clicks_per_minute: int = Field(default=120, ge=1)  # of one client address


class RetentionSettings(Section):
    """How many days things are kept."""

    quarantine: int = Field(default=30, ge=1)  # a held message
    quarantine_records: int = Field(default=90, ge=1)  # what became of it, after that
    traces: int = Field(default=90, ge=1)
    detections: int = Field(default=90, ge=1)  # what was found in a message; never longer than its trace
    data_loss: int = Field(default=90, ge=1)  # what was found of data loss, with masked evidence; the same
    counts: int = Field(default=800, ge=1)  # behind dashboard and reports
    audit: int = Field(default=400, ge=1)
    reports: int = Field(default=400, ge=1)  # that were made
    clicks: int = Field(default=90, ge=1)  # on links of the link service
    events: int = Field(default=90, ge=1)  # what administrators were told, and the letters about it


class PullBackSettings(Section):
    """Taking mail back by itself when a new list entry, weight or rule would have held it."""

    hours: int = Field(default=0, ge=0, le=168)  # after it came; 0: never
    most: int = Field(default=100, ge=1)  # messages that one change may take back; beyond that nobody's is touched


class Settings(Section):
    """Everything that is needed to start."""

    data_directory: Path = Path("var/lockgate")
    database_url: str = ""  # empty: SQLite in the data directory
    blob_url: str = ""  # empty: a folder in the data directory
    nameservers: tuple[str, ...] = ()  # host or host:port; empty: the system's
    log_format: str = Field(default="text", pattern="^(text|json)$")
    log_level: str = "info"
    gateway: GatewaySettings = GatewaySettings()
    console: ConsoleSettings = ConsoleSettings()
    microsoft365: Microsoft365Settings = Microsoft365Settings()
    arc: ArcSettings = ArcSettings()
    notifications: NotificationSettings = NotificationSettings()
    feeds: tuple[FeedSettings, ...] = ()
    detection: DetectionSettings = DetectionSettings()
    scanners: ScannerSettings = ScannerSettings()
    reputation: ReputationSettings = ReputationSettings()
    retention: RetentionSettings = RetentionSettings()
    click_time: ClickTimeSettings = ClickTimeSettings()
    pull_back: PullBackSettings = PullBackSettings()


Tree = dict[str, object]


def read_settings(file: Path | None = None, environment: dict[str, str] | None = None) -> Settings:
    """The settings of this start; raises ConfigurationError naming the key and the fix."""
    return with_origins(file, environment)[0]


def with_origins(
    file: Path | None = None, environment: dict[str, str] | None = None
) -> tuple[Settings, dict[str, str]]:
    """The settings, and for each key that is not a default where its value came from."""
    variables = dict(os.environ) if environment is None else environment
    named = file or (Path(variables["LOCKGATE_SETTINGS"]) if variables.get("LOCKGATE_SETTINGS") else None)
    tree: Tree = {}
    origins: dict[str, str] = {}
    if named is not None:
        _merge(tree, origins, _read_toml(named), str(named))
    _merge(tree, origins, _from_environment(variables), "environment")
    try:
        return Settings.model_validate(tree), origins
    except ValidationError as error:
        raise ConfigurationError(_sentence(error)) from error


def _read_toml(path: Path) -> Tree:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"The settings file {path} cannot be read: {error}") from error


def _from_environment(variables: dict[str, str]) -> Tree:
    tree: Tree = {}
    for name, value in variables.items():
        if not name.startswith(ENVIRONMENT_PREFIX) or name in NOT_SETTINGS:
            continue
        path = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
        node = tree
        for key in path[:-1]:
            child = node.setdefault(key, {})
            if not isinstance(child, dict):
                raise ConfigurationError(f"{name} cannot be set: {key} is not a section.")
            node = child
        node[path[-1]] = value.split(",") if _is_list(path) else value
    return tree


def _is_list(path: list[str]) -> bool:
    return path[-1] in {"peer_names", "nameservers", "source_addresses", "recipients", "proxies"}


def _merge(into: Tree, origins: dict[str, str], new: Tree, origin: str, prefix: str = "") -> None:
    for key, value in new.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            child = into.setdefault(key, {})
            if isinstance(child, dict):
                _merge(child, origins, value, origin, f"{name}.")
        else:
            into[key] = value
            origins[name] = origin


def _sentence(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        name = ".".join(str(step) for step in problem["loc"])
        if problem["type"] == "extra_forbidden":
            lines.append(
                f"'{name}' is not a setting; remove it or correct its spelling (lockgate settings show lists all)."
            )
        else:
            lines.append(f"'{name}': {problem['msg']}.")
    return " ".join(lines)
