"""Who we are to Microsoft: app-only tokens by certificate, and the sign-in that proves an administrator's tenant.

Rule: a token is believed for what it carries (`roles`, `wids`, `tid`), never for having been issued
(microsoft-365.md §1.4). Tokens and keys are never logged.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
import msal
import requests

from lockgate.microsoft365.clouds import Cloud
from lockgate.microsoft365.refusals import Refused, refusal_of
from lockgate.model.errors import ConfigurationError, LockgateError, TemporaryError
from lockgate.model.service_account import ConsentStep

PERSONAL_ACCOUNTS = "9188040d-6c67-4c5b-b112-36a304b66dad"  # microsoft-365.md §1.6
TIMEOUT = 30  # seconds per request


@dataclass(frozen=True, slots=True)
class Registration:
    """One of our applications: its id and the certificate (both PEM) that proves it."""

    name: str
    client_id: str
    certificate: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AppToken:
    """An app-only access token and what it says that it carries; judging it is Microsoft's part."""

    text: str = field(repr=False)
    roles: frozenset[str]
    directory_roles: frozenset[str]  # `wids`: template ids of directory roles


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in under way: where to send the browser, and what must be kept until it comes back."""

    url: str
    state: str
    flow: dict[str, Any] = field(repr=False)  # msal's own record, kept sealed


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who has signed in: `tid` and `oid` of a verified id token, the one stable key (microsoft-365.md §1.6)."""

    tenant_id: str
    user_id: str
    name: str = ""  # for people to read: it changes, and decides nothing


class Identity:
    """Speaks with the login host of one cloud. Blocking: call from a thread."""

    def __init__(
        self,
        cloud: Cloud,
        registrations: Mapping[ConsentStep, Registration],
        certified: Callable[[Registration], Registration] = lambda configured: configured,
    ) -> None:
        """`certified` gives a registration the certificate that counts now; it is asked each time."""
        self.cloud = cloud
        self._registrations = registrations
        self._certified = certified
        self._clients: dict[tuple[ConsentStep, str], tuple[Registration, msal.ConfidentialClientApplication]] = {}
        self._session = requests.Session()
        self._session.trust_env = False  # or an environment variable would replace the bundle below
        if cloud.ca_bundle:
            self._session.verify = cloud.ca_bundle

    def registration(self, step: ConsentStep) -> Registration:
        """The application of a step; raises ConfigurationError when it was not set up."""
        found = self._registrations.get(step)
        if found is None or not found.client_id:
            raise ConfigurationError(
                f"The application for this step is not set up: register it in Microsoft Entra and set "
                f"microsoft365.{step}_app.client_id, certificate and key."
            )
        return self._certified(found)

    def registrations(self) -> list[Registration]:
        """The applications that are set up."""
        return [self._certified(one) for one in self._registrations.values()]

    def scope(self, step: ConsentStep) -> str:
        """The resource that the step's application asks for."""
        match step:
            case ConsentStep.MAIL_FLOW:
                return self.cloud.exchange_scope
            case ConsentStep.DIRECTORY:
                return self.cloud.graph_scope
            case ConsentStep.ACTIVITY:
                return self.cloud.activity_scope

    def app_token(self, step: ConsentStep, tenant_id: str, *, fresh: bool = False) -> AppToken:
        """A token for one tenant, from memory unless `fresh`: rights that were given later are only in new tokens.

        Raises Refused with Microsoft's reason, TemporaryError when the login host cannot be reached.
        """
        if fresh:  # a new client: msal repeats a refusal for a minute from its memory, without asking again
            self._clients.pop((step, tenant_id), None)
        try:
            answer = self._client(step, tenant_id).acquire_token_for_client([self.scope(step)])
        except ValueError as error:  # msal could not read the organisation's own sign-in page
            raise _undiscovered(error) from error
        except requests.RequestException as error:
            raise TemporaryError(f"Microsoft's sign-in service cannot be reached: {type(error).__name__}") from error
        if "access_token" not in answer:
            raise refusal_of(answer)
        claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
        return AppToken(answer["access_token"], _set(claims.get("roles")), _set(claims.get("wids")))

    def prove(self, step: ConsentStep, tenant_id: str, registration: Registration) -> None:
        """Get a token with this certificate, of which nothing is kept. Raises Refused, TemporaryError."""
        try:
            answer = self._new_client(registration, tenant_id).acquire_token_for_client([self.scope(step)])
        except ValueError as error:
            raise _undiscovered(error) from error
        except requests.RequestException as error:
            raise TemporaryError(f"Microsoft's sign-in service cannot be reached: {type(error).__name__}") from error
        if "access_token" not in answer:
            raise refusal_of(answer)

    def begin_sign_in(self, step: ConsentStep, tenant_id: str, redirect_uri: str, *, choose: bool = False) -> SignIn:
        """Start a sign-in (authorization code, PKCE, nonce) of somebody of the tenant; `choose` asks as whom."""
        prompt = "select_account" if choose else None
        flow = self._client(step, tenant_id).initiate_auth_code_flow([], redirect_uri=redirect_uri, prompt=prompt)
        return SignIn(flow["auth_uri"], flow["state"], flow)

    def finish_sign_in(
        self, step: ConsentStep, tenant_id: str, flow: dict[str, Any], query: Mapping[str, str]
    ) -> SignedIn:
        """Whom the verified id token names.

        Raises Refused when Microsoft or the checks of microsoft-365.md §1.6 say no.
        """
        try:
            answer = self._client(step, tenant_id).acquire_token_by_auth_code_flow(flow, dict(query))
        except ValueError as error:  # msal: state or nonce do not match
            raise Refused("invalid_request", (), f"The sign-in does not belong to this session: {error}") from error
        except requests.RequestException as error:
            raise TemporaryError(f"Microsoft's sign-in service cannot be reached: {type(error).__name__}") from error
        if "id_token" not in answer:
            raise refusal_of(answer)
        return self._person_of(answer["id_token"], self.registration(step).client_id, tenant_id)

    def _person_of(self, id_token: str, client_id: str, tenant_id: str) -> SignedIn:
        context = ssl.create_default_context(cafile=self.cloud.ca_bundle or None)
        keys = jwt.PyJWKClient(f"{self.cloud.login}/{tenant_id}/discovery/v2.0/keys", ssl_context=context)
        try:
            key = keys.get_signing_key_from_jwt(id_token)
            claims = jwt.decode(id_token, key, algorithms=["RS256"], audience=client_id, leeway=300)
        except jwt.PyJWKClientConnectionError as error:
            raise TemporaryError("Microsoft's signing keys cannot be fetched; try again.") from error
        except jwt.PyJWTError as error:
            raise Refused("invalid_token", (), f"The sign-in could not be verified: {error}") from error
        tid = str(claims.get("tid", "")).lower()
        if not tid or tid == PERSONAL_ACCOUNTS or claims.get("iss") != f"{self.cloud.login}/{tid}/v2.0":
            raise Refused("invalid_token", (), "The account that signed in is not of a Microsoft 365 organisation.")
        oid = str(claims.get("oid", "")).lower()
        if not oid:
            raise Refused("invalid_token", (), "The sign-in does not say who has signed in.")
        return SignedIn(tid, oid, str(claims.get("preferred_username", ""))[:200])

    def _client(self, step: ConsentStep, tenant_id: str) -> msal.ConfidentialClientApplication:
        mine = self.registration(step)
        kept, client = self._clients.get((step, tenant_id), (None, None))
        if client is None or kept != mine:
            client = self._new_client(mine, tenant_id)
            self._clients[step, tenant_id] = (mine, client)
        return client

    def _new_client(self, mine: Registration, tenant_id: str) -> msal.ConfidentialClientApplication:
        return msal.ConfidentialClientApplication(
            mine.client_id,
            authority=f"{self.cloud.login}/{tenant_id}",
            client_credential={"private_key": mine.key, "public_certificate": mine.certificate},
            instance_discovery=False,
            http_client=_Timed(self._session),
        )


def _undiscovered(error: ValueError) -> LockgateError:
    """msal puts the login host's answer into the text of the error behind its own: a code, or nothing that we know."""
    refusal = refusal_of({"error": "invalid_request", "error_description": f"{error} {error.__context__}"})
    if refusal.codes:
        return refusal
    return TemporaryError("Microsoft's sign-in service does not answer as it should; try again later.")


class _Timed:
    """msal's http client with a deadline for every request."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session

    def post(self, url: str, **options: Any) -> requests.Response:
        return self._session.post(url, timeout=TIMEOUT, **options)

    def get(self, url: str, **options: Any) -> requests.Response:
        return self._session.get(url, timeout=TIMEOUT, **options)

    def close(self) -> None:
        self._session.close()


def _set(values: object) -> frozenset[str]:
    return frozenset(str(value) for value in values) if isinstance(values, list) else frozenset()
