"""How an application proves who it is: a JWT signed by a registered certificate (microsoft-365.md §1.5).

PS256 with `x5t#S256` or RS256 with `x5t`. A `jti` may come again: MSAL sends one assertion for ten minutes. The
switch `refuse_reused_assertions` is for clients that promise a new one each time.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from m365_simulator.identity.errors import IdentityError
from m365_simulator.identity.requests import Login
from m365_simulator.world import AppRegistration, Tenant

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLOCK_SKEW_SECONDS = 300
_UNCHECKED = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}


def authenticate_client(
    login: Login, tenant: Tenant | None, authority: str, registration: AppRegistration, form: Mapping[str, str]
) -> None:
    """Return if the request proves to come from the registered application; raise IdentityError otherwise."""
    assertion = form.get("client_assertion", "")
    if assertion:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise IdentityError(900144, "client_assertion_type")
        _check(login, tenant, authority, registration, assertion)
    elif form.get("client_secret"):
        raise IdentityError(7000215, registration.client_id)
    else:
        raise IdentityError(7000218)


def _check(login: Login, tenant: Tenant | None, authority: str, registration: AppRegistration, assertion: str) -> None:
    claims = _verified(registration, assertion, login.world.clock.now())
    if claims.get("iss") != registration.client_id or claims.get("sub") != registration.client_id:
        raise IdentityError(700021)
    names = {authority} | ({tenant.id} if tenant is not None else set())
    audiences = {f"{login.url}/{name}/{end}" for name in names for end in ("oauth2/v2.0/token", "v2.0")}
    if claims.get("aud") not in audiences:
        raise IdentityError(700023)
    _check_time(login, claims)
    jti = str(claims.get("jti", ""))
    if not jti:
        raise IdentityError(50027, "jti is missing")
    if jti in login.world.used_assertions and login.world.switches.get("refuse_reused_assertions") is True:
        raise IdentityError(50027, "this assertion was used before")
    login.world.used_assertions.add(jti)


def _verified(registration: AppRegistration, assertion: str, now: datetime) -> Mapping[str, object]:
    try:
        header = jwt.get_unverified_header(assertion)
    except jwt.PyJWTError as error:
        raise IdentityError(50027, str(error)) from error
    algorithm = header.get("alg")
    if algorithm not in ("PS256", "RS256"):
        raise IdentityError(50027, f"algorithm {algorithm}")
    key = _certificate_key(registration, header, now)
    try:
        claims: Mapping[str, object] = jwt.decode(assertion, key, algorithms=[algorithm], options=_UNCHECKED)  # type: ignore[arg-type]
    except jwt.InvalidSignatureError as error:
        raise IdentityError(700027, "the signature does not fit the certificate") from error
    except jwt.PyJWTError as error:
        raise IdentityError(50027, str(error)) from error
    return claims


def _certificate_key(registration: AppRegistration, header: Mapping[str, object], now: datetime) -> rsa.RSAPublicKey:
    thumbprints = {str(header.get("x5t#S256", "")).rstrip("="), str(header.get("x5t", "")).rstrip("=")}
    for der in registration.certificates:
        own = {_encoded(hashlib.sha256(der).digest()), _encoded(hashlib.sha1(der, usedforsecurity=False).digest())}
        if own & thumbprints:
            certificate = x509.load_der_x509_certificate(der)
            if certificate.not_valid_after_utc < now:
                raise IdentityError(7000222, f"{certificate.not_valid_after_utc:%Y-%m-%d}")
            key = certificate.public_key()
            if isinstance(key, rsa.RSAPublicKey):
                return key
    raise IdentityError(700027, "no certificate with this thumbprint is registered")


def _check_time(login: Login, claims: Mapping[str, object]) -> None:
    now = login.world.clock.now().timestamp()
    start, end = claims.get("nbf"), claims.get("exp")
    if not isinstance(end, int | float):
        raise IdentityError(50027, "exp is missing")
    if now > end + CLOCK_SKEW_SECONDS or (isinstance(start, int | float) and now < start - CLOCK_SKEW_SECONDS):
        raise IdentityError(700024, f"now {now:.0f}, valid from {start} to {end}")


def _encoded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
