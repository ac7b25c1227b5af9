"""A running simulation for tests, and the hands of the people in it: sign in, consent, click through forms."""

import asyncio
import hashlib
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
import msal
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from selectolax.lexbor import LexborHTMLParser

from m365_simulator.seed import CONTOSO, PASSWORDS
from m365_simulator.server import serve
from m365_simulator.settings import Ports, Settings
from m365_simulator.world import Clock, World
from tests.patience import PATIENCE

REDIRECT_URI = "https://console.lockgate.example/grant/callback"
ADMIN = "admin@contoso.example"
EXCHANGE_ADMIN = "exchange.admin@contoso.example"
EMPLOYEE = "tom.becker@contoso.example"
GRAPH_SCOPE = "https://graph.microsoft.com/.default"
EXCHANGE_SCOPE = "https://outlook.office365.com/.default"
ACTIVITY_SCOPE = "https://manage.office.com/.default"
FREE_PORTS = Ports(*[0] * 11)


@dataclass
class Page:
    """One HTML page as a browser has it: where it came from and what it says."""

    response: httpx.Response

    @property
    def tree(self) -> LexborHTMLParser:
        """The parsed page."""
        return LexborHTMLParser(self.response.text)

    def text(self, selector: str) -> str:
        """The text of the first element that matches; the empty text without one."""
        node = self.tree.css_first(selector)
        return " ".join(node.text().split()) if node is not None else ""

    def texts(self, selector: str) -> list[str]:
        """The texts of all elements that match."""
        return [" ".join(node.text().split()) for node in self.tree.css(selector)]

    def link(self, selector: str) -> str:
        """The absolute address behind a link."""
        node = self.tree.css_first(selector)
        assert node is not None, f"no {selector} on {self.response.url}: {self.response.text[:1500]}"
        return urljoin(str(self.response.url), node.attributes["href"] or "")


class Browser:
    """Follows redirects inside the simulation; stops at an application's redirect URI, which is not running."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.client = httpx.Client(verify=tls, timeout=PATIENCE)

    def open(self, url: str) -> Page:
        """Go to an address."""
        return self._follow(self.client.get(url))

    def submit(self, page: Page, form: str, button: str = "", /, **fields: str) -> Page:
        """Fill a form and press a button: hidden and checked fields are sent along as a browser would."""
        node = page.tree.css_first(form)
        assert node is not None, f"no {form} on {page.response.url}: {page.response.text[:1500]}"
        values: dict[str, str] = {}
        for item in node.css("input"):
            kind, name = item.attributes.get("type"), item.attributes.get("name")
            if name and (kind not in ("checkbox", "radio") or "checked" in item.attributes):
                values[name] = item.attributes.get("value") or ("on" if kind == "checkbox" else "")
        pressed = node.css_first(button) if button else None
        assert pressed is not None or not button, f"no {button} in {form}"
        if pressed is not None and (name := pressed.attributes.get("name")):
            values[name] = pressed.attributes.get("value") or ""
        values.update(fields)
        target = urljoin(str(page.response.url), node.attributes.get("action") or str(page.response.url))
        if (node.attributes.get("method") or "get").lower() == "get":
            return self.open(target.partition("?")[0] + "?" + urlencode(values))
        return self._follow(self.client.post(target, data=values))

    def _follow(self, response: httpx.Response) -> Page:
        while response.is_redirect:
            target = urljoin(str(response.url), response.headers["location"])
            if urlsplit(target).hostname != "localhost":
                break
            response = self.client.get(target)
        return Page(response)


def callback(page: Page) -> dict[str, str]:
    """The parameters that an application got at its redirect URI."""
    location = page.response.headers.get("location", "")
    assert location, f"no redirect to an application: {page.response.text[:1500]}"
    parts = urlsplit(location)
    return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}


@dataclass
class Credential:
    """A self-signed certificate with its key."""

    key_pem: str
    certificate_pem: str
    key: rsa.RSAPrivateKey = field(repr=False)

    @property
    def thumbprint(self) -> bytes:
        """SHA-256 of the DER certificate."""
        certificate = x509.load_pem_x509_certificate(self.certificate_pem.encode())
        return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()


def new_credential() -> Credential:
    """A fresh key and certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lockgate test")])
    now = Clock().now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Credential(pem.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode(), key)


@dataclass
class Application:
    """A registered application with its credential."""

    client_id: str
    credential: Credential


@dataclass
class Simulation:
    """The running simulation. `world` may be read and written between requests."""

    world: World
    settings: Settings
    addresses: dict[str, str]
    tls: ssl.SSLContext
    http: httpx.Client
    credential: Credential

    def control(self, method: str, path: str, body: object = None) -> httpx.Response:
        """A call of the control API that has to succeed."""
        # A connection of its own: a kept one may be cut by the server's idle limit just when it is used again.
        url, headers = f"{self.addresses['control']}/_control{path}", {"Connection": "close"}
        response = self.http.request(method, url, json=body, headers=headers)
        assert response.is_success, response.text
        return response

    def browser(self) -> Browser:
        """A fresh browser without cookies."""
        return Browser(self.tls)

    def register(self, required: Mapping[str, list[str]], name: str = "Lockgate") -> Application:
        """Register an application that asks for these permission values per resource name."""
        body = {
            "display_name": name,
            "redirect_uris": [REDIRECT_URI],
            "certificate_pem": self.credential.certificate_pem,
            "required": [{"resource": resource, "values": values} for resource, values in required.items()],
        }
        answer = self.control("POST", "/registrations", body).json()
        return Application(answer["client_id"], self.credential)

    def sign_in(self, browser: Browser, url: str, user: str = ADMIN, password: str = "") -> Page:
        """Open an address of login or portal and sign in there."""
        page = browser.open(url)
        secret = password or PASSWORDS[CONTOSO]
        return browser.submit(page, "#sign-in-form", "#sign-in", loginfmt=user, passwd=secret)

    def consent_url(self, application: Application, tenant: str = CONTOSO, **more: str) -> str:
        """The v2 admin-consent address."""
        query = {
            "client_id": application.client_id,
            "redirect_uri": REDIRECT_URI,
            "state": "s-1",
            "scope": GRAPH_SCOPE,
            **more,
        }
        return f"{self.addresses['login']}/{tenant}/v2.0/adminconsent?{urlencode(query)}"

    def consent(self, application: Application, scope: str = GRAPH_SCOPE) -> dict[str, str]:
        """An administrator signs in and accepts; what the application got back."""
        browser = self.browser()
        page = self.sign_in(browser, self.consent_url(application, scope=scope))
        return callback(browser.submit(page, "#consent-form", "#accept"))

    def msal_client(self, application: Application, tenant: str = CONTOSO) -> msal.ConfidentialClientApplication:
        """Microsoft's own library, unmodified."""
        session = requests.Session()
        session.verify = self.addresses["ca"]
        session.trust_env = False  # or REQUESTS_CA_BUNDLE would win over `verify`
        return msal.ConfidentialClientApplication(
            application.client_id,
            authority=f"{self.addresses['login']}/{tenant}",
            client_credential={
                "private_key": application.credential.key_pem,
                "public_certificate": application.credential.certificate_pem,
            },
            instance_discovery=False,
            http_client=session,
        )

    def app_token(self, application: Application, scope: str, tenant: str = CONTOSO) -> str:
        """An app-only access token."""
        answer = self.msal_client(application, tenant).acquire_token_for_client([scope])
        assert "access_token" in answer, answer
        return str(answer["access_token"])


@contextmanager
def running_simulation(directory: Path) -> Iterator[Simulation]:
    """The whole simulation in a thread with its own event loop, on free ports."""
    ready = threading.Event()
    found: list[tuple[World, Settings, asyncio.AbstractEventLoop, asyncio.Event]] = []
    failure: list[BaseException] = []

    async def main() -> None:
        stop = asyncio.Event()

        def started(world: World, settings: Settings) -> None:
            found.append((world, settings, asyncio.get_running_loop(), stop))
            ready.set()

        await serve(Settings(directory, ports=FREE_PORTS), stop, started)

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            failure.append(error)
            ready.set()

    thread = threading.Thread(target=run, name="m365-simulator", daemon=True)
    thread.start()
    assert ready.wait(PATIENCE), "the simulation did not start within a minute"
    if failure:
        raise failure[0]
    world, settings, loop, stop = found[0]
    tls = ssl.create_default_context(cafile=str(directory / "ca.pem"))
    with httpx.Client(verify=tls, timeout=PATIENCE) as http:
        yield Simulation(world, settings, settings.addresses(), tls, http, new_credential())
    loop.call_soon_threadsafe(stop.set)
    thread.join(20)
    assert not thread.is_alive(), "the simulation did not stop"
    if failure:
        raise failure[0]
