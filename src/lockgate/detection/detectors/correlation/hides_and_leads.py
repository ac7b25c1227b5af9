"""The message hides something from filters, and leads its reader away.

Why it matters: nobody takes pains to hide what may be seen; with a link behind it the purpose is plain.
Known false positives: newsletters with long hidden previews and tracked links (their list headers vouch a little).
References: Cisco Talos, "Hidden text salting"; MITRE ATT&CK T1027.
"""

from collections.abc import Iterator

from lockgate.detection.correlation.signals import Signals, evidence_of
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category


@detector("correlation.hides-and-leads", Category.PHISHING, weight=1.0, direction=Direction.INBOUND)
def hides_and_leads(signals: Signals) -> Iterator[Outcome]:
    hiding = signals.of("evasion.*")
    strong = [finding for finding in hiding if finding.weight >= 1.2]
    if not strong:
        return
    leads = signals.of("link.*", "phishing.*", "fraud.callback", "fraud.calendar-invitation")
    if leads and signals.weight("link.*", "phishing.*", "fraud.*") >= 1.0 and not signals.is_vouched_for:
        explanation = f"it hides from filters ({strong[0].detector}) and leads away ({leads[0].detector})"
        yield Found(explanation, evidence_of((strong[0], *leads[:2])))
