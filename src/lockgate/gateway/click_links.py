"""Links through the link service: signed into copies of inbound mail, and put back before anybody judges or relays.

Rules: keys never reach the process that reads hostile bytes; it lists links, and is told what takes their places.
Whatever fails, the message goes on with the links that it had, and the trace says so.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from lockgate.detection.targets import target_of
from lockgate.gateway.arrival import Arrival
from lockgate.gateway.frames import PuttingBack, Summary
from lockgate.gateway.inspection import Inspection, WorkerLost
from lockgate.gateway.ports import Knowledge, Notes
from lockgate.mime.signed_links import LinkKeys, SignedLink, Written, beginning
from lockgate.model.decision import Changes, Decision, Fate
from lockgate.model.envelope import Direction
from lockgate.model.errors import LockgateError
from lockgate.model.message import Link, LinkSource
from lockgate.model.policy import ClickTime, LinkChoice
from lockgate.model.reputation import Indicators, Standing, Subject
from lockgate.model.trace import Step
from lockgate.policy import explanation

OWN_COPIES = 10  # recipients of one message who get a copy each, so that the click log knows who clicked
OWN_COPIES_BYTES = 20_000_000  # of all those copies together
SHARED = "*"  # whose copy it is when several get the same
ADDRESS_LIMIT = 2_000  # characters asked of reputation lists
SAFE_LINKS = (  # Microsoft judges these when they are followed (microsoft-365.md)
    "safelinks.protection.outlook.com", "safelinks.protection.office365.us", "safelinks.protection.partner.outlook.cn",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClickLinks:
    """What the mail path knows of the link service at `service`, an address."""

    service: str
    keys: Callable[[], LinkKeys]
    knowledge: Knowledge | None = None

    async def put_back(
        self, inspection: Inspection, arrival: Arrival, summary: Summary, journal: Notes
    ) -> tuple[Arrival, Summary]:
        """Judge what stood in the places of our links. Outbound it also leaves so; inbound the received bytes go on."""
        try:
            keys = self.keys()
        except (LockgateError, OSError) as error:
            journal.note(Step.CHANGED, f"links of ours stay: {error}")
            return arrival, summary
        known = tuple((token, link.written) for token in summary.own_links if (link := keys.read(token)) is not None)
        if not known:
            return arrival, summary
        outbound = arrival.direction is Direction.OUTBOUND
        wanted = PuttingBack(beginning(self.service), known, deliver=outbound)
        found, note, content = await inspection.put_back(wanted)
        journal.note(Step.CHANGED, note if outbound else f"{note}, to judge them")
        return (replace(arrival, content=content) if outbound else arrival), found

    async def rewrite(
        self,
        inspection: Inspection,
        arrival: Arrival,
        decisions: tuple[Decision, ...],
        copies: dict[Changes, bytes],
        journal: Notes,
    ) -> tuple[Decision, ...]:
        """The decisions with a copy for each in which links lead through the link service, where policy wants that."""
        wanted = [one for one in decisions if _is_wanted(one, copies)]
        if arrival.direction is not Direction.INBOUND or not wanted:
            return decisions
        fits = len(wanted) <= OWN_COPIES and len(wanted) * len(arrival.content) <= OWN_COPIES_BYTES
        made: dict[tuple[ClickTime, Changes, str], Decision] = {}
        try:
            for decision in wanted:
                whose = _reader(decision, own_copies=fits)
                key = (_setting(decision), decision.changes, whose)
                if key not in made:
                    made[key] = await self._rewritten(inspection, arrival, decision, whose, copies, journal)
        except (WorkerLost, LockgateError, OSError, ValueError) as error:
            journal.note(Step.CHANGED, f"no link replaced: {error}")

        def after(decision: Decision) -> Decision:
            if decision not in wanted:
                return decision
            whose = _reader(decision, own_copies=fits)
            first = made.get((_setting(decision), decision.changes, whose))
            if first is None or not first.changes.links_for:
                return decision
            told = decision.explanation + first.explanation
            return replace(decision, changes=first.changes, explanation=told)

        return tuple(after(decision) for decision in decisions)

    async def _rewritten(
        self,
        inspection: Inspection,
        arrival: Arrival,
        decision: Decision,
        whose: str,
        copies: dict[Changes, bytes],
        journal: Notes,
    ) -> Decision:
        """A decision whose `changes` name the copy, and whose explanation is what is to be added to those before."""
        setting = _setting(decision)
        listed = await inspection.links(plain_text=setting.plain_text)
        if listed.reason:
            journal.note(Step.CHANGED, f"no link replaced: {listed.reason}", decision.rcpt_to)
            return decision
        chosen = await self._chosen(arrival, setting, listed.links)
        if not chosen:
            return decision
        changes = replace(decision.changes, links_for=whose)
        note, content = await inspection.change(changes, self._signed(arrival, chosen, whose))
        for told in note.notes:
            journal.note(Step.CHANGED, told, decision.rcpt_to)
        if not note.links or note.unsafe:
            return decision
        copies[changes] = content
        hosts = dict.fromkeys(filter(None, map(_host, chosen)))
        return replace(decision, changes=changes, explanation=explanation.protected_links("", note.links, hosts))

    def _signed(self, arrival: Arrival, chosen: Iterable[Written], whose: str) -> dict[Written, str]:
        keys, tenant_id = self.keys(), arrival.tenant.id
        begin, day = beginning(self.service), arrival.received_at.date()
        reader = "" if whose == SHARED else keys.reader(tenant_id, whose)
        return {one: begin + keys.token(SignedLink(one, tenant_id, arrival.id, reader, day)) for one in chosen}

    async def _chosen(self, arrival: Arrival, setting: ClickTime, links: Sequence[Written]) -> list[Written]:
        """Links that are to be replaced: none that somebody judges already, none to what is excepted or known."""
        stays = {*setting.except_domains, *SAFE_LINKS}
        if setting.links is LinkChoice.UNKNOWN:
            stays |= {domain.name.lower() for domain in arrival.tenant.domains}
        chosen = [one for one in links if not self._is_ours(one) and not _is_below(_host(one), stays)]
        if setting.links is LinkChoice.ALL or self.knowledge is None or not self.knowledge.has_lists(arrival.tenant.id):
            return chosen
        asked = Indicators(
            urls=tuple(dict.fromkeys(one.address[:ADDRESS_LIMIT] for one in chosen)),
            hosts=tuple(dict.fromkeys(map(_host, chosen))),
        )
        said = await self.knowledge.reputation(arrival.tenant.id, asked)
        approved = {
            hit.value
            for hit in said.hits
            if hit.standing is Standing.APPROVED and hit.subject in (Subject.URL, Subject.DOMAIN) and not hit.policy_id
        }
        return [one for one in chosen if one.address[:200] not in approved and not _is_below(_host(one), approved)]

    def _is_ours(self, written: Written) -> bool:
        return written.address.lower().startswith(beginning(self.service).lower())


def _is_wanted(decision: Decision, copies: dict[Changes, bytes]) -> bool:
    """A copy that could not be made is not made again with links."""
    there = not decision.changes or decision.changes in copies
    return decision.click_time is not None and decision.fate in (Fate.RELAY, Fate.JUNK) and there


def _reader(decision: Decision, *, own_copies: bool) -> str:
    """Whose copy it is. Reviewers get one among them, whomever they stand in for."""
    if decision.reviewers:
        return decision.reviewers[0] if len(decision.reviewers) == 1 else SHARED
    return decision.rcpt_to if own_copies else SHARED


def _setting(decision: Decision) -> ClickTime:
    return decision.click_time or ClickTime()


def _host(written: Written) -> str:
    address = written.address
    return target_of(1, Link(address, "", LinkSource.HTML, "", address)).host


def _is_below(host: str, domains: Iterable[str]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
