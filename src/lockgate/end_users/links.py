"""Links that let one person act on one message, or choose how they are told, without an account.

Rule: what a link says is signed with a key that only this installation has (HMAC-SHA256) and names one person, at most
one message, and its end. It holds ids, no subject, and no address but a reviewer's own. It grants nothing by itself:
rights are looked up when somebody acts.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from itsdangerous import BadSignature, URLSafeSerializer

from lockgate.storage.vault import Vault

PURPOSE = "end-user-link"
REVIEW = "review-link"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link stands for. `held_id` is empty for the link to one's own choices.

    `person_id` is an id of the directory; a reviewer, who may be a group, is named by the address that was asked.
    """

    tenant_id: str
    person_id: str
    held_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Links:
    """Signs and reads links of one purpose; a link of another purpose is not one."""

    vault: Vault
    purpose: str = PURPOSE

    def token(self, link: Link) -> str:
        """The link as part of an address."""
        said = [link.tenant_id, link.person_id, link.held_id, int(link.expires_at.timestamp())]
        return str(self._signer().dumps(said))

    def read(self, token: str, now: datetime) -> Link | None:
        """What the token stands for; None when it is not ours, was changed, or its time is over."""
        try:
            tenant_id, person_id, held_id, end = self._signer().loads(token)
        except BadSignature:
            return None
        link = Link(tenant_id, person_id, held_id, datetime.fromtimestamp(end, UTC))
        return link if now < link.expires_at else None

    def _signer(self) -> URLSafeSerializer:
        oldest_first = self.vault.signing_keys(self.purpose)[::-1]
        options = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        return URLSafeSerializer(oldest_first, salt=self.purpose, signer_kwargs=options)
