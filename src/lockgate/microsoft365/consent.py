"""Consent to one of our applications, bound to the browser session that asked and to the tenant that answered.

Three proofs (microsoft-365.md §1.3): a single-use `state` of this session, for the first step a sign-in whose verified
id token names the tenant, and an app-only token of that tenant that really carries the roles. The callback's own words
(`admin_consent=True`, `tenant=`) are never believed.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from pydantic import TypeAdapter

from lockgate.microsoft365.identity import Identity
from lockgate.microsoft365.permissions import ROLES
from lockgate.microsoft365.refusals import Refused, refusal_of
from lockgate.model.clock import Clock
from lockgate.model.errors import LockgateError, TemporaryError
from lockgate.model.service_account import ConsentStep, ServiceAccount
from lockgate.storage.consent_requests import ConsentRequest, ConsentRequests, Phase
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import Vault

ANY_TENANT = "organizations"
TRIES = 15  # token requests while Microsoft spreads a consent
PAUSE = 2.0  # seconds between them
STALE = "This answer does not belong to a grant that you began here. Begin the step again from the console."
_FLOW: TypeAdapter[dict[str, object]] = TypeAdapter(dict[str, object])


@dataclass(frozen=True, slots=True)
class ContinueAt:
    """The browser has to go on at this address."""

    url: str


@dataclass(frozen=True, slots=True)
class Granted:
    """The step is proven."""

    account_id: str
    step: ConsentStep
    tenant_id: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The step was not granted; `sentence` says why and what to do. `account_id` is empty when nobody knows whose."""

    account_id: str
    sentence: str


Answer = ContinueAt | Granted | Declined


@dataclass(frozen=True, slots=True)
class Consents:
    """Begins and ends consents. Blocking: call from a thread. `wait` pauses for that many seconds."""

    identity: Identity
    database: Database
    vault: Vault
    clock: Clock
    redirect_uri: str
    wait: Callable[[float], object]

    def begin(self, account: ServiceAccount, step: ConsentStep, session_id: str) -> str:
        """The address of Microsoft's consent page for this step, for this browser session only."""
        state = secrets.token_urlsafe(32)
        self._remember(state, session_id, ConsentRequest(account.id, step, Phase.CONSENT))
        query = {
            "client_id": self.identity.registration(step).client_id,
            "redirect_uri": self.redirect_uri,
            "state": state,
            "scope": self.identity.scope(step),
        }
        return f"{self.identity.cloud.login}/{account.tenant_id or ANY_TENANT}/v2.0/adminconsent?{urlencode(query)}"

    def answer(self, session_id: str, query: Mapping[str, str]) -> Answer:
        """What the redirect from Microsoft means."""
        with self.database.write() as unit:
            request = ConsentRequests(unit, self.vault).take(query.get("state", ""), session_id, self.clock())
        if request is None:
            return Declined("", STALE)
        try:
            if "error" in query:  # first: a refused consent may carry admin_consent=True beside it
                raise refusal_of(query)
            match request.phase:
                case Phase.CONSENT:
                    return self._consented(request, query, session_id)
                case Phase.SIGN_IN:
                    return self._signed_in(request, query)
        except LockgateError as error:
            return Declined(request.account_id, str(error))

    def _consented(self, request: ConsentRequest, query: Mapping[str, str], session_id: str) -> Answer:
        claimed = query.get("tenant", "").lower()
        if query.get("admin_consent", "").lower() != "true" or not _is_guid(claimed):
            raise Refused("invalid_request", (), "Microsoft's answer names no organisation. Begin the step again.")
        account = self._account(request.account_id)
        if account.tenant_id:
            if account.tenant_id != claimed:
                raise Refused("wrong_tenant", (), _wrong_tenant(account))
            return self._proven(request, claimed)
        sign_in = self.identity.begin_sign_in(request.step, claimed, self.redirect_uri)
        kept = _FLOW.dump_json(dict(sign_in.flow)).decode()
        self._remember(
            sign_in.state, session_id,
            ConsentRequest(request.account_id, request.step, Phase.SIGN_IN, claimed, verifier=kept),
        )  # fmt: skip
        return ContinueAt(sign_in.url)

    def _signed_in(self, request: ConsentRequest, query: Mapping[str, str]) -> Answer:
        flow = _FLOW.validate_json(request.verifier)
        tenant_id = self.identity.finish_sign_in(request.step, request.tenant_id, flow, query).tenant_id
        if tenant_id != request.tenant_id:
            raise Refused("wrong_tenant", (), "The organisation that signed in is not the one that consented.")
        return self._proven(request, tenant_id)

    def _proven(self, request: ConsentRequest, tenant_id: str) -> Granted:
        """Ask for tokens until one carries the roles: a consent takes up to minutes to be known everywhere."""
        wanted = ROLES[request.step]
        last = ""
        for attempt in range(TRIES):
            if attempt:
                self.wait(PAUSE)
            try:
                carried = self.identity.app_token(request.step, tenant_id, fresh=True).roles
            except Refused as refusal:
                if not refusal.may_pass:
                    raise
                last = str(refusal)
                continue
            if wanted <= carried:
                return Granted(request.account_id, request.step, tenant_id)
            last = f"Microsoft has not given {', '.join(sorted(wanted - carried))} yet."
        raise TemporaryError(f"{last} Consent can take some minutes to arrive; then begin this step again.")

    def _remember(self, state: str, session_id: str, request: ConsentRequest) -> None:
        with self.database.write() as unit:
            requests = ConsentRequests(unit, self.vault)
            requests.prune(self.clock())
            requests.add(state, session_id, request, self.clock())

    def _account(self, account_id: str) -> ServiceAccount:
        with self.database.read() as unit:
            return ServiceAccounts(unit, self.vault).get(account_id)


def _wrong_tenant(account: ServiceAccount) -> str:
    name = account.tenant_name or account.tenant_id
    return f"Another organisation than {name} has consented. Sign in there and grant again."


def _is_guid(text: str) -> bool:
    parts = text.split("-")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12] and all(c in "0123456789abcdef-" for c in text)
