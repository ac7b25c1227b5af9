"""What the administrator and the world do with the simulated tenant: registrations, certificates, mailboxes, mail."""

import base64
import datetime
import json
import ssl
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from lockgate.model.clock import system_clock
from tools.demo.messages.delivery import Copy

GATEWAY_HOST = "gw.mail.contoso.example"
PERMISSIONS = {
    "Lockgate": {"Office 365 Exchange Online": ["Exchange.ManageAsApp"]},
    "Lockgate Directory": {
        "Microsoft Graph": [
            "User.Read.All", "GroupMember.Read.All", "Domain.Read.All", "Organization.Read.All", "Mail.ReadWrite",
            "Mail.Send",
        ]
    },
    "Lockgate Activity": {"Office 365 Management APIs": ["ActivityFeed.Read"]},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Registration:
    """An app registration: its id and the files that prove it."""

    client_id: str
    certificate: Path
    key: Path


class SimulatedTenant:
    """The running simulation, through its control API."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.addresses: dict[str, str] = json.loads((folder / "addresses.json").read_text())
        self.ca = folder / "ca.pem"
        self.tls = ssl.create_default_context(cafile=str(self.ca))
        self._http = httpx.Client(base_url=self.addresses["control"], timeout=60, trust_env=False, verify=self.tls)

    def control(self, method: str, path: str, body: object = None, **query: str) -> object:
        """One call that has to succeed."""
        answer = self._http.request(method, f"/_control{path}", json=body, params=query)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def register(self, name: str, redirect_uri: str) -> Registration:
        """Register one of our applications, as its publisher does once in Entra."""
        credential = self.folder / name.lower().replace(" ", "-")
        certificate, key = credential.with_suffix(".pem"), credential.with_suffix(".key")
        _write_credential(name, certificate, key)
        answer = self.control(
            "POST", "/registrations",
            {
                "display_name": name, "redirect_uris": [redirect_uri], "certificate_pem": certificate.read_text(),
                "required": [{"resource": one, "values": values} for one, values in PERMISSIONS[name].items()],
            },
        )  # fmt: skip
        assert isinstance(answer, dict)
        return Registration(str(answer["client_id"]), certificate, key)

    def identity(self, name: str, host: str) -> tuple[Path, Path]:
        """A certificate and key for one of our hosts, of an authority that the tenant trusts."""
        answer = self.control("POST", "/certificates", {"names": [host]})
        assert isinstance(answer, dict)
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_text(str(answer["certificate_pem"]))
        key.touch(mode=0o600)
        key.write_text(str(answer["key_pem"]))
        return certificate, key

    def copies(self, addresses: set[str]) -> list[Copy]:
        """Everything in these mailboxes, and everything that left for the Internet."""
        found = [
            Copy(address, str(item["folder"]), base64.b64decode(item["content_base64"]))
            for address in sorted(addresses)
            for item in _rows(self.control("GET", f"/mailboxes/{address}"))
        ]
        left = _rows(self.control("GET", "/internet"))
        return found + [
            Copy(str(one["recipient"]), "internet", base64.b64decode(one["content_base64"])) for one in left
        ]


def _rows(answer: object) -> list[dict[str, str]]:
    assert isinstance(answer, list)
    return answer


def _write_credential(name: str, certificate: Path, key_file: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = system_clock()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
