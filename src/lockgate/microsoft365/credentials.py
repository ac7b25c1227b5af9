"""A new certificate for our applications: made here, uploaded by a person, tried, put to use, the old one forgotten.

Rule: nothing is switched before Microsoft has given a token for it to every application that an organisation uses; both
certificates are good meanwhile. We do not upload it ourselves: that would take the right to change applications.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from lockgate.microsoft365.identity import Identity, Registration
from lockgate.microsoft365.refusals import Refused
from lockgate.model.clock import Clock
from lockgate.model.errors import ConfigurationError, InvalidInput, TemporaryError
from lockgate.model.notification import Notification, NotificationKind
from lockgate.model.service_account import AccountStatus, ConsentStep
from lockgate.model.tenant_care import TroubleCause
from lockgate.storage.app_credentials import AppCredential, AppCredentials
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.notifications import Notifications
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import Vault

log = structlog.get_logger()
VALID = timedelta(days=730)
BITS = 3072  # NIST SP 800-57 part 1: good beyond 2030
NOT_UPLOADED = "not uploaded yet, or Microsoft has not spread it yet (a minute or two)"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Renews what proves who we are. Blocking."""

    identity: Identity
    database: Database
    vault: Vault
    clock: Clock

    def waiting(self) -> AppCredential | None:
        """The certificate that waits to be accepted."""
        with self.database.read() as unit:
            return AppCredentials(unit, self.vault).waiting()

    def renew(self, author: Author) -> AppCredential:
        """Make a key pair; its certificate is to be uploaded to every app registration of ours."""
        made = new_credential(self.clock())
        with self.database.write() as unit:
            AppCredentials(unit, self.vault).add(made)
            self._audit(AuditLog(unit), author, "certificate.renew", made.thumbprint)
        return made

    def discard(self, author: Author) -> None:
        """Give the new one up. Raises InvalidInput when none waits."""
        with self.database.write() as unit:
            waits = AppCredentials(unit, self.vault).waiting()
            if waits is None:
                raise InvalidInput("No new certificate waits.")
            AppCredentials(unit, self.vault).discard()
            self._audit(AuditLog(unit), author, "certificate.discard", waits.thumbprint)

    def check(self) -> str:
        """Try the one that waits, and switch once every application accepts it; what was done, empty for nothing."""
        waits = self.waiting()
        if waits is None:
            return ""
        try:
            refusals = dict(self._refusals(waits))
        except TemporaryError as error:  # nothing is known
            log.warning("the new certificate could not be tried", cause=str(error))
            return ""
        now = self.clock()
        with self.database.write() as unit:
            credentials = AppCredentials(unit, self.vault)
            credentials.checked(waits.thumbprint, now, refusals)
            if refusals or not credentials.switch(waits.thumbprint):
                return ""
            self._audit(AuditLog(unit), Author("system", now), "certificate.switch", waits.thumbprint)
            Notifications(unit).tell(renewed(waits, now))
        return f"the certificate {waits.thumbprint} is in use"

    def _refusals(self, waits: AppCredential) -> Iterator[tuple[str, str]]:
        """By application: why it cannot be used yet."""
        tried = 0
        for step, tenants in self._used_by().items():
            try:
                mine = self.identity.registration(step)
            except ConfigurationError:
                continue
            tried += 1
            if why := self._refusal(step, mine, waits, tenants):
                yield mine.name, why
        if not tried:
            yield "Lockgate", "no organisation has granted access yet, so it cannot be tried"

    def _refusal(self, step: ConsentStep, mine: Registration, waits: AppCredential, tenants: list[str]) -> str:
        """The first organisation that tells decides: trouble of its own tells nothing of the certificate."""
        why = ""
        for tenant in tenants:
            try:
                self.identity.prove(step, tenant, Registration(mine.name, mine.client_id, waits.certificate, waits.key))
            except Refused as refused:
                why = NOT_UPLOADED if refused.cause is TroubleCause.CERTIFICATE_UNKNOWN else str(refused)
                if refused.cause is TroubleCause.CERTIFICATE_UNKNOWN:
                    return why
            else:
                return ""
        return why

    def _used_by(self) -> dict[ConsentStep, list[str]]:
        with self.database.read() as unit:
            accounts = ServiceAccounts(unit, self.vault).all()
        found: dict[ConsentStep, list[str]] = {}
        for one in accounts:
            if one.status is not AccountStatus.REVOKED and one.tenant_id:
                for step in one.consents:
                    found.setdefault(step, []).append(one.tenant_id)
        return found

    def _audit(self, unit_log: AuditLog, author: Author, act: str, thumbprint: str) -> None:
        unit_log.record(AuditEntry(author.at, author.name, act, thumbprint, peer=author.peer))


def renewed(credential: AppCredential, now: datetime) -> Notification:
    """That the new certificate is in use."""
    ends = x509.load_pem_x509_certificate(credential.certificate.encode()).not_valid_after_utc
    text = (
        f"Microsoft accepts the new certificate {credential.thumbprint} of our applications; it is in use until "
        f"{ends:%Y-%m-%d}. Remove the old one from the app registrations."
    )
    return Notification(f"renewed/{credential.thumbprint}", NotificationKind.CERTIFICATE_RENEWED, now, text)


def new_credential(now: datetime) -> AppCredential:
    """A fresh self-signed pair; a self-signed one is enough for Entra (microsoft-365.md §1.5)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Lockgate {now:%Y-%m-%d}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + VALID)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return AppCredential(thumbprint_of(certificate), pem, plain, now)


def thumbprint_of(certificate: x509.Certificate) -> str:
    """As Entra shows it."""
    return certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - a name, not a proof


def newer(configured: Registration, stored: AppCredential | None) -> Registration:
    """The registration with whichever certificate was issued last: that of the settings, or the one made here."""
    if stored is None or _issued(configured.certificate) > _issued(stored.certificate):
        return configured
    return Registration(configured.name, configured.client_id, stored.certificate, stored.key)


def _issued(pem: str) -> datetime:
    return x509.load_pem_x509_certificate(pem.encode()).not_valid_before_utc
