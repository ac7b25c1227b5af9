"""What is thought of a page when somebody is about to open it: today's lists, and what detectors say of its address.

Rules: what is approved is allowed, then what is blocked is blocked; then the evidence counts. Nothing is fetched from
the page. A judgement that cannot be had within the deadline is what the settings say, and says so.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from lockgate.click_time.ports import Inspects, Knowledge
from lockgate.detection import scoring
from lockgate.detection.targets import Target, targets_of
from lockgate.mime.unwrap import unwrap
from lockgate.model.clicks import LinkVerdict
from lockgate.model.errors import LockgateError
from lockgate.model.findings import Finding
from lockgate.model.message import Link, LinkSource
from lockgate.model.reputation import Hit, Indicators, Standing, Subject

FAMILIES = ("link.", "reputation.blocked-link", "reputation.dns-list")
WARN_FROM, BLOCK_FROM = 0.3, 0.9  # probability of danger by the address alone; mail is held by default from 0.9
LISTED = (Subject.URL, Subject.DOMAIN)
LONGEST = 2_000  # characters that lists are asked of
REASONS = 5


@dataclass(frozen=True, slots=True)
class LinkJudgement:
    """The verdict with its reasons; `trouble` says why nothing better could be had."""

    verdict: LinkVerdict
    reasons: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Judging:
    """Judges addresses within `deadline` seconds; `on_trouble` is the verdict when that fails."""

    knowledge: Knowledge
    detectors: Inspects
    on_trouble: LinkVerdict
    deadline: float

    async def judge(self, tenant_id: str, address: str) -> LinkJudgement:
        """Never raises."""
        try:
            async with asyncio.timeout(self.deadline):
                return await self._judged(tenant_id, address)
        except TimeoutError:
            return LinkJudgement(self.on_trouble, trouble=f"no answer within {self.deadline:g} s")
        except (LockgateError, OSError) as error:
            return LinkJudgement(self.on_trouble, trouble=str(error)[:200])

    async def _judged(self, tenant_id: str, address: str) -> LinkJudgement:
        reputation = await self.knowledge.reputation(tenant_id, asked(address))
        hits = [hit for hit in reputation.hits if hit.subject in LISTED and not hit.policy_id]
        if approved := _listed(hits, Standing.APPROVED, targets(address)[:1]):
            return LinkJudgement(LinkVerdict.ALLOW, (_said(approved),))
        blocked = [hit for hit in hits if hit.standing is Standing.BLOCKED and not hit.source.startswith("dns:")]
        if blocked:
            return LinkJudgement(LinkVerdict.BLOCK, tuple(map(_said, blocked))[:REASONS])
        return _weighed(await self.detectors.findings(tenant_id, address, reputation))


def targets(address: str) -> tuple[Target, ...]:
    """The page, as the browser sees it, and every page that its address would lead on to."""
    link = Link(address, address, LinkSource.HTML, "", unwrap(address))
    first = Link(address, address, LinkSource.HTML, "", address)
    return tuple(dict.fromkeys((*targets_of(1, first), *targets_of(1, link))))


def asked(address: str) -> Indicators:
    """What lists are asked."""
    found = targets(address)
    urls = dict.fromkeys((address[:LONGEST], *(one.url[:LONGEST] for one in found)))
    return Indicators(urls=tuple(urls), hosts=tuple(dict.fromkeys(one.host for one in found if one.host)))


def _listed(hits: Sequence[Hit], standing: Standing, pages: Sequence[Target]) -> Hit | None:
    """Only the page itself counts: an approved site inside of another's address approves nothing."""
    known = {page.host for page in pages} | {page.url[:200] for page in pages}
    return next((hit for hit in hits if hit.standing is standing and hit.value in known), None)


def _weighed(findings: Sequence[Finding]) -> LinkJudgement:
    said = [one for one in findings if one.detector.startswith(FAMILIES) and one.weight > 0]
    score = scoring.judge(said).score
    if score >= BLOCK_FROM:
        verdict = LinkVerdict.BLOCK
    else:
        verdict = LinkVerdict.WARN if score >= WARN_FROM else LinkVerdict.ALLOW
    return LinkJudgement(verdict, tuple(f"{one.explanation} [{one.detector}]" for one in said[:REASONS]))


def _said(hit: Hit) -> str:
    return f"{hit.value} is {hit.standing} by {'the organisation' if hit.source == 'manual' else hit.source}"
