"""A day of mail in the console's database, written as the gateway writes it."""

import asyncio
import itertools
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from lockgate.model.clock import system_clock
from lockgate.model.custody import Held
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence, Finding, Verdict
from lockgate.model.lifecycle import State
from lockgate.model.settling import Settling
from lockgate.model.trace import MessageTrace, RecipientTrace
from lockgate.model.user_report import Judgement, ReportState, UserReport, Way
from lockgate.policy.defaults import default_policies
from lockgate.storage.audit import Author
from lockgate.storage.blobs import open_blobs
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.policies import PolicyStore
from lockgate.storage.user_reports import UserReports
from tests.contracts import records
from tests.lockgate.console.running import Console

HOSTILE = b"""From: "Contoso IT" <it@c0ntoso.example>\r
To: ada@contoso.example\r
Subject: Your mailbox is full\r
Message-ID: <hostile@c0ntoso.example>\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
Content-Type: text/html; charset=utf-8\r
\r
<html><head><meta http-equiv="refresh" content="0;url=https://leak.example/refresh">\r
<link rel="stylesheet" href="https://leak.example/style.css"><style>@import url(https://leak.example/import.css);</style>\r
<script>parent.document.title = "taken over"; fetch("https://leak.example/script")</script></head>\r
<body onload="fetch('https://leak.example/onload')"><h1>Your mailbox is full</h1>\r
<img src="https://leak.example/pixel.png" onerror="parent.postMessage('ran', '*')">\r
<p style="background:url(https://leak.example/background)"><a href="https://leak.example/click">Sign in</a></p>\r
<iframe src="https://leak.example/frame"></iframe>\r
<form action="https://leak.example/form"><input name=a><button>Go</button></form>\r
<svg><script>fetch("https://leak.example/svg")</script></svg><video src="https://leak.example/video" autoplay></video>\r
</body></html>\r
--b\r
Content-Type: application/octet-stream\r
Content-Disposition: attachment; filename="invoice<script>.exe"\r
Content-Transfer-Encoding: base64\r
\r
TVqQAAMAAAAEAAAA\r
--b--\r
"""
_STATES = {
    Verdict.CLEAN: State.RELAYED, Verdict.BULK: State.RELAYED, Verdict.SPAM: State.JUNKED,
    Verdict.PHISHING: State.QUARANTINED, Verdict.FRAUD: State.QUARANTINED, Verdict.MALWARE: State.QUARANTINED,
    Verdict.DLP: State.QUARANTINED,
}  # fmt: skip
_DAY = (
    (Verdict.CLEAN, "Minutes of Tuesday's meeting", "tom@partner.example", 14),
    (Verdict.BULK, "Spring offers for your garden", "news@shop.example", 5),
    (Verdict.SPAM, "You have been selected", "win@lucky.example", 4),
    (Verdict.PHISHING, "Action required: confirm your password", "it@c0ntoso.example", 3),
    (Verdict.MALWARE, "Invoice 4711", "billing@supplier.example", 2),
    (Verdict.FRAUD, "Are you at your desk?", "ceo.office@mail.example", 1),
)


def settle(console: Console, *settlings: Settling) -> None:
    """Commit as a gateway does."""

    async def committed() -> None:
        ledger = StoredLedger(console.database, open_blobs(str(blob_folder(console))), system_clock)
        try:
            for settling in settlings:
                await ledger.settle(settling)
        finally:
            await ledger.close()

    with ThreadPoolExecutor(1) as thread:  # the browser's driver has a loop in this one
        thread.submit(asyncio.run, committed()).result()


def blob_folder(console: Console) -> Path:
    """Where the console's content lies: beside its database."""
    return Path(console.database.engine.url.database or "").parent / "blobs"


def hold(console: Console, *addresses: str, content: bytes = HOSTILE, **about: str) -> Held:
    """A message in quarantine with real content."""
    now = system_clock()
    recipients = tuple(records.a_recipient(one, State.QUARANTINED) for one in addresses or ("ada@contoso.example",))
    trace = records.a_trace(at=now, recipients=recipients, subject=about.get("subject", "Your mailbox is full"))
    blob = open_blobs(str(blob_folder(console))).put([content], now)
    held = records.a_held(trace, *addresses, blob=blob)
    settle(console, records.held_settling(trace, held))
    return held


def reported(
    console: Console, tenant_id: str = records.TENANT, content: bytes = HOSTILE, reporter: str = "ada@contoso.example"
) -> str:
    """A report that waits for a decision; its id."""
    blob = open_blobs(str(blob_folder(console))).put([content], system_clock())
    report_id = uuid.uuid4().hex
    one = UserReport(
        report_id, tenant_id, reporter, Way.MAIL, system_clock(), ReportState.ARRIVED, blob, "Is this really ours?"
    )
    judgement = Judgement(
        "it@c0ntoso.example", "Your mailbox is full", "<hostile@c0ntoso.example>", "", Verdict.PHISHING, 0.97,
        _findings(Verdict.PHISHING), ("leak.example",),
    )  # fmt: skip
    with console.database.write() as unit:
        UserReports(unit).add(one)
        UserReports(unit).opened(one, judgement, blob, one.comment)
    return report_id


def a_day(console: Console) -> None:
    """Messages of every verdict over the last 24 hours, some outbound, some for several recipients."""
    now = system_clock()
    settle(console, *(Settling(trace) for trace in _day(now)))


def _day(now: datetime) -> Iterable[MessageTrace]:
    minutes = itertools.count(3, 43)
    for verdict, subject, sender, times in _DAY:
        for number in range(times):
            outbound = verdict is Verdict.CLEAN and number % 3 == 2
            recipients = [_recipient(f"{name}@contoso.example", verdict) for name in ("ada", "ben")[: 1 + number % 2]]
            yield records.a_trace(
                at=now - timedelta(minutes=next(minutes) % 1380),
                took=timedelta(milliseconds=40 + 90 * number),
                direction=Direction.OUTBOUND if outbound else Direction.INBOUND,
                header_from="ada@contoso.example" if outbound else sender,
                subject=subject,
                verdict=verdict,
                recipients=tuple(recipients),
                findings=() if verdict is Verdict.CLEAN else _findings(verdict),
            )


def _recipient(address: str, verdict: Verdict) -> RecipientTrace:
    sentence = f"Judged {verdict} by rule '{verdict}' of policy 'Default protection' version 1."
    return RecipientTrace(
        address, _STATES[verdict], sentence, policy_id="default-inbound-protect", policy_name="Default protection",
        policy_version=1, rule=verdict.value.capitalize(), reply="250 2.6.0 queued for delivery",
    )  # fmt: skip


def _findings(verdict: Verdict) -> tuple[Finding, ...]:
    evidence = (
        Evidence("link 3", "https://login.c0ntoso.example/verify"),
        Evidence("header Reply-To", "x@mail.example"),
    )
    return (
        Finding("links.text-differs", Category.PHISHING, 2.5, "A link leads elsewhere than it says.", evidence),
        Finding(f"{verdict}.lure", Category.SPAM, 1.25, "The text presses the reader to act at once.", evidence[:1]),
    )


def policies(console: Console) -> None:
    """Both default policies of both directions, as a grant makes them."""
    author = Author("system", system_clock())
    with console.database.write() as unit:
        for direction in Direction:
            for policy in default_policies(records.TENANT, direction).policies:
                PolicyStore(unit).add(records.TENANT, policy, author)
