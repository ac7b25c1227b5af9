"""ARC sets made: what the first pass of Exchange found is carried to the second, signed (RFC 8617 §5.1).

A seal covers the message as it is returned. Signed are only the fields that RFC 6376 §5.4.1 names, so that our own
marks, which the tenant's rules take off, and trace fields may come and go.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import rsa

from lockgate.mime.stamping import header_line
from lockgate.model.errors import InvalidInput
from lockgate.sender_authentication import arc, dkim
from lockgate.sender_authentication.arc import ArcResult
from lockgate.sender_authentication.authentication_results import AuthenticationResults, MethodResult, write_methods
from lockgate.sender_authentication.canonical import Body, SignedField
from lockgate.sender_authentication.keys import algorithm, load_private_key, sign

SIGNED = (*dkim.SIGNED, "dkim-signature")
SHORTEST_KEY = 2048  # bits that a signer should use, RFC 8301 §3.2
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_-]{1,63})*")


@dataclass(frozen=True, slots=True)
class Sealer:
    """Who seals: the domain that the tenant trusts, where its key is published, and our name in the results."""

    domain: str
    selector: str
    key: rsa.RSAPrivateKey
    authserv_id: str

    def seal(
        self,
        fields: Sequence[SignedField],
        body: Body,
        first_pass: AuthenticationResults,
        chain: ArcResult,
        timestamp: int,
    ) -> tuple[bytes, bytes, bytes] | None:
        """ARC-Seal, ARC-Message-Signature and ARC-Authentication-Results, to be put in front in this order.

        `fields` and `body` are the copy that is relayed (`canonical.split`), `chain` is the state of the message as
        received, `timestamp` is in seconds since 1970. None when nobody may add to the chain: the last seal says
        cv=fail (§5.1 step 2), 50 sets are there (§4.2.1), or the state of the chain is not known. Raises InvalidInput
        when the results cannot stand in a header.
        """
        number = arc.highest_instance(fields) + 1
        if chain.closed or chain.undecided or number > arc.MAX_SETS:
            return None
        methods = write_methods(_methods(first_pass, chain))
        results = header_line("ARC-Authentication-Results", f"i={number}; {self.authserv_id}; {methods}")
        message = self._message_signature(number, list(fields), body, timestamp)
        # A failed chain is sealed as if our set were the only one (§5.1.2).
        earlier = [] if chain.result == "fail" else arc.earlier_sets(fields)
        return self._seal(number, [*earlier, (results, message, b"")], chain.result, timestamp), message, results

    def _message_signature(self, number: int, fields: list[SignedField], body: Body, timestamp: int) -> bytes:
        tags = [("i", str(number)), ("a", algorithm(self.key)), ("c", "relaxed/relaxed"), ("d", self.domain),
                ("s", self.selector), ("t", str(timestamp))]  # fmt: skip
        names = dkim.signed_names(fields, SIGNED)
        return dkim.signature_field("ARC-Message-Signature", tags, fields, body, names, self.key)

    def _seal(self, number: int, sets: list[arc.Covered], state: str, timestamp: int) -> bytes:
        tags = [("i", str(number)), ("a", algorithm(self.key)), ("t", str(timestamp)), ("cv", state),
                ("d", self.domain), ("s", self.selector), ("b", "")]  # fmt: skip
        unsigned = dkim.folded("ARC-Seal", tags)
        results, message, _ = sets[-1]
        data = arc.covered_text([*sets[:-1], (results, message, unsigned + b"\r\n")])
        return unsigned + dkim.broken(sign(self.key, data)) + b"\r\n"


def _methods(first_pass: AuthenticationResults, chain: ArcResult) -> tuple[MethodResult, ...]:
    """Exchange's results as they are; of ARC our own, since its set is a part of the chain that we verified."""
    own = MethodResult("arc", chain.result, f"i={chain.sets}" if chain.sets else "")
    return (*(each for each in first_pass.methods if each.method != "arc"), own)


def new_sealer(domain: str, selector: str, pem: bytes, authserv_id: str) -> Sealer:
    """A sealer from settings. Raises InvalidInput, with a sentence, for anything that Exchange would not verify."""
    names = {"domain": domain.lower(), "selector": selector.lower(), "authserv-id": authserv_id.lower()}
    for what, name in names.items():
        if not _NAME.fullmatch(name):
            raise InvalidInput(f"The {what} {name[:80]!r} is not a name that can stand in the DNS.")
    key = load_private_key(pem)
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < SHORTEST_KEY:
        raise InvalidInput(f"The key must be RSA with at least {SHORTEST_KEY} bits: Exchange verifies no other.")
    return Sealer(names["domain"], names["selector"], key, names["authserv-id"])
