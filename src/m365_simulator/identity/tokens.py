"""Access tokens and id tokens: real RS256 JWTs signed by the simulation's key, and their verification.

What a token says is what was true when it was issued: `roles` and `wids` are not looked up again by a
resource, so a permission or a directory role given later needs a new token, as with Microsoft.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives import serialization
from jwt.algorithms import RSAAlgorithm

from m365_simulator.world import Properties, World, new_guid

LIFETIME_SECONDS = 3599
ALGORITHM = "RS256"


class InvalidToken(Exception):
    """A bearer token that a resource must refuse with 401. `code` is the API's word for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """What a verified access token says. `upn` is empty for an app-only token, `roles` for a delegated one."""

    tenant_id: str
    app_id: str
    object_id: str
    roles: frozenset[str]
    wids: frozenset[str]
    scopes: frozenset[str] = frozenset()
    upn: str = ""

    @property
    def is_app_only(self) -> bool:
        """Whether the application speaks for itself."""
        return not self.upn


def key_id(world: World) -> str:
    """The `kid` of the signing key: a digest of its public half."""
    der = world.signing_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()[:20]).decode().rstrip("=")


def published_keys(world: World) -> Properties:
    """The JWKS document."""
    key: Properties = dict(RSAAlgorithm.to_jwk(world.signing_key.public_key(), as_dict=True))
    key.pop("key_ops", None)
    key.update({"kid": key_id(world), "x5t": key_id(world), "use": "sig", "kty": "RSA"})
    return {"keys": [key]}


def sign(world: World, claims: Properties, lifetime_seconds: int = LIFETIME_SECONDS) -> str:
    """A JWT with these claims, valid from now on (simulation time)."""
    now = int(world.clock.now().timestamp())
    whole = {"iat": now, "nbf": now, "exp": now + lifetime_seconds, "uti": new_guid()[:22], **claims}
    headers = {"kid": key_id(world), "x5t": key_id(world)}
    return jwt.encode(whole, world.signing_key, algorithm=ALGORITHM, headers=headers)


def verify_bearer(world: World, authorization_header: str | None, audiences: frozenset[str]) -> TokenClaims:
    """Check signature, lifetime, audience and that tenant and application still exist; else InvalidToken."""
    scheme, _, token = (authorization_header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("InvalidAuthenticationToken", "Access token is empty.")
    claims = _decode(world, token.strip())
    if claims.get("aud") not in audiences and str(claims.get("aud", "")).rstrip("/") not in audiences:
        raise InvalidToken("InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")
    found = _claims(claims)
    if found.tenant_id not in world.tenants:
        raise InvalidToken("InvalidAuthenticationToken", "The tenant of the token does not exist.")
    return found


def _decode(world: World, token: str) -> Mapping[str, object]:
    options = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        claims: Mapping[str, object] = jwt.decode(
            token,
            world.signing_key.public_key(),
            algorithms=[ALGORITHM],
            options={**options, "require": ["exp", "nbf", "tid"]},  # type: ignore[arg-type]
        )
    except jwt.PyJWTError as error:
        raise InvalidToken("InvalidAuthenticationToken", f"The token cannot be read: {error}") from error
    now = world.clock.now().timestamp()
    if not float(str(claims["nbf"])) - 300 <= now < float(str(claims["exp"])):
        raise InvalidToken(
            "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired or not yet valid."
        )
    return claims


def _claims(claims: Mapping[str, object]) -> TokenClaims:
    def text(name: str) -> str:
        value = claims.get(name)
        return value if isinstance(value, str) else ""

    def texts(name: str) -> frozenset[str]:
        value = claims.get(name)
        return frozenset(str(item) for item in value) if isinstance(value, list) else frozenset()

    return TokenClaims(
        tenant_id=text("tid"),
        app_id=text("appid"),
        object_id=text("oid"),
        roles=texts("roles"),
        wids=texts("wids"),
        scopes=frozenset(text("scp").split()),
        upn=text("upn"),
    )


def unverified_claims(authorization_header: str | None) -> Mapping[str, object]:
    """What a bearer header claims, for the history only; empty when it is no JWT."""
    _, _, token = (authorization_header or "").partition(" ")
    try:
        claims: Mapping[str, object] = jwt.decode(token.strip(), options={"verify_signature": False})
    except jwt.PyJWTError:
        return {}
    return claims
