"""The header fields that Lockgate and its rules in the tenant say to each other. Values are per-tenant secrets.

Route: the tenant's rule adds it when it hands a message to us; we demand it and take it off.
Return: we add it; the tenant's rules let a message that carries it pass instead of routing it again.
Each direction has its own, so that a forwarded inbound message is still inspected on its way out
(microsoft-365.md §4.4).
"""

from lockgate.model.envelope import Direction

ROUTE = {Direction.INBOUND: "X-Lockgate-Route-In", Direction.OUTBOUND: "X-Lockgate-Route-Out"}
RETURN = {Direction.INBOUND: "X-Lockgate-Return-In", Direction.OUTBOUND: "X-Lockgate-Return-Out"}
JUNK = "X-Lockgate-Junk"
REQUIRE_TLS = "X-Lockgate-Require-Tls"
"""The one without a secret: who writes it can only have TLS required. The tenant's rule acts on it and takes it off."""
REQUIRED = "yes"
MESSAGE_ID = "X-Lockgate-Message-Id"
VERDICT = "X-Lockgate-Verdict"
PROBE = "X-Lockgate-Probe"
NOTIFICATION = "X-Lockgate-Notification"
"""Not one of ALL: it is on letters of every Lockgate, and `notifications/signature.py` says which are ours."""
ALL = frozenset(
    name.lower() for name in (*ROUTE.values(), *RETURN.values(), JUNK, REQUIRE_TLS, MESSAGE_ID, VERDICT, PROBE)
)
