"""What says of itself that a program has sent it, so that no letter of ours answers a letter of somebody's program.

RFC 3834 §2 and §5; RFC 5321 §4.5.5 for the null sender. Anybody can write these fields: they are a claim, no proof.
"""

from lockgate.gateway.arrival import Arrival
from lockgate.mime.headers import scan
from lockgate.model.headers import NOTIFICATION


def sign_of_automatic_mail(arrival: Arrival) -> str:
    """How the message says so; empty when it does not. Never raises."""
    if not arrival.envelope.mail_from:
        return "null sender"
    header = scan(arrival.content)
    if header.count(NOTIFICATION):
        return f"{NOTIFICATION}: a notification of some Lockgate"
    submitted = (header.value("Auto-Submitted") or "no").partition(";")[0].strip().lower()
    return "" if submitted == "no" else f"Auto-Submitted: {submitted[:40]}"
