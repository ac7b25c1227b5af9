"""Link protection on the mail path with a real inspection worker: whatever fails, the message goes on as it is."""

import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from lockgate.bootstrap.click_time import FreshKeys
from lockgate.gateway.arrival import Arrival, PeerFacts, Proof
from lockgate.gateway.click_links import ClickLinks
from lockgate.gateway.frames import Summary
from lockgate.gateway.inspection import Inspection, InspectionPool
from lockgate.gateway.journal import Journal
from lockgate.mime.signed_links import LinkKeys, beginning, token_of
from lockgate.model.clock import system_clock
from lockgate.model.decision import Changes, Decision, Fate
from lockgate.model.envelope import Envelope, Recipient
from lockgate.model.policy import ClickTime
from lockgate.model.trace import Step
from tests.scenarios.front_door import CONTOSO

SERVICE = "https://links.contoso.example"
KEYS = LinkKeys({"0a1b2c3d": b"k" * 32})
LINKS = ClickLinks(SERVICE, lambda: KEYS)
HTML = (
    b"From: a@outside.example\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b'<a href="https://pages.example/">x</a> '
    b'<a href="https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.example">y</a>\r\n'
)


def arrival(content: bytes, recipients: Sequence[str]) -> Arrival:
    proof = Proof(CONTOSO, CONTOSO.passages[0], "network")
    envelope = Envelope("a@outside.example", tuple(map(Recipient, recipients)))
    peer = PeerFacts("192.0.2.1", "exchange")
    return Arrival("ab" * 16, proof, envelope, content, "sha", peer, datetime(2026, 11, 28, tzinfo=UTC))


async def rewritten(
    inspection: Inspection, content: bytes, decisions: Sequence[Decision], links: ClickLinks = LINKS
) -> tuple[tuple[Decision, ...], dict[Changes, bytes], list[str]]:
    """The decisions after it, the copies, and what the trace says."""
    came = arrival(content, [one.rcpt_to for one in decisions])
    journal, copies = Journal(came, system_clock), dict[Changes, bytes]()
    after = await links.rewrite(inspection, came, tuple(decisions), copies, journal)
    trace = journal.close("250", ())
    return after, copies, [event.detail for event in trace.events if event.step is Step.CHANGED]


def decision(number: int) -> Decision:
    return Decision(f"p{number}@contoso.example", Fate.RELAY, Changes(), "Relayed.", click_time=ClickTime())


async def test_copies_of_their_own_for_a_few_one_for_many_and_none_where_something_fails(tmp_path: Path) -> None:
    async with InspectionPool(1, 20.0, 2 * 1024**3, links_begin=beginning(SERVICE)) as pool:
        async with pool.begin() as inspection:
            await inspection.parse(HTML)
            after, copies, notes = await rewritten(inspection, HTML, [decision(1), decision(2)])
            assert len(copies) == 2 and {one.changes.links_for for one in after} == {one.rcpt_to for one in after}
            for one in after:
                body = copies[one.changes].decode()
                token = token_of(body.partition('href="')[2].partition('"')[0], SERVICE)
                link = KEYS.read(token)
                assert link is not None and link.reader == KEYS.reader(CONTOSO.id, one.rcpt_to)
                assert body.count("safelinks") == 1, "what Microsoft judges already stays"
                assert one.explanation == "Relayed. Links judged again when followed: 1, to pages.example."
            assert sum("1 links replaced" in note for note in notes) == 2

            many = [decision(number) for number in range(11)]
            after, copies, _ = await rewritten(inspection, HTML, many)
            assert len(copies) == 1 and {one.changes.links_for for one in after} == {"*"}

            reviewed = [replace(decision(number), reviewers=("r@contoso.example",)) for number in range(2)]
            after, copies, _ = await rewritten(inspection, HTML, reviewed)
            assert len(copies) == 1 and {one.changes.links_for for one in after} == {"r@contoso.example"}

            others = [
                replace(decision(1), click_time=None),
                replace(decision(3), fate=Fate.QUARANTINE), replace(decision(4), changes=Changes(disclaimer="no copy")),
            ]  # fmt: skip
            assert (await rewritten(inspection, HTML, others))[:2] == (tuple(others), {})
            (tmp_path / "links.key").write_text("readable by others")
            (tmp_path / "links.key").chmod(0o644)
            broken = ClickLinks(SERVICE, FreshKeys(tmp_path / "links.key"))
            after, copies, [note] = await rewritten(inspection, HTML, [decision(1)], broken)
            assert after == (decision(1),) and not copies and "Others may read" in note
            came, journal = arrival(HTML, []), Journal(arrival(HTML, []), system_clock)
            ours = Summary("", "", "", 1, (), own_links=("A" * 90,))
            assert await broken.put_back(inspection, came, ours, journal) == (came, ours)

        crowded = HTML + b"".join(b'<a href="https://x%d.example/">' % number for number in range(5_001))
        async with pool.begin() as inspection:
            await inspection.parse(crowded)
            after, copies, [note] = await rewritten(inspection, crowded, [decision(1)])
            assert after == (decision(1),) and not copies and "more than 5000 links" in note

        async with pool.begin() as inspection:
            await inspection.parse(HTML)
            os.kill(inspection.process_id, signal.SIGKILL)
            after, copies, [note] = await rewritten(inspection, HTML, [decision(1)])
            assert after == (decision(1),) and not copies and "worker died" in note
