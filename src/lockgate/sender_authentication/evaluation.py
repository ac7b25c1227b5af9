"""Our own judgement of a sender, where Exchange's is not there: SPF, DKIM, ARC and DMARC together."""

from dataclasses import dataclass

from lockgate.model.facts import SenderAuthentication
from lockgate.model.message import Message
from lockgate.sender_authentication import arc, dkim, dmarc, spf
from lockgate.sender_authentication.authentication_results import MethodResult
from lockgate.sender_authentication.resolver import Resolver


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The fact for detection, the same as methods for a header, and the chain for sealing."""

    fact: SenderAuthentication
    methods: tuple[MethodResult, ...]
    chain: arc.ArcResult


async def evaluate(
    content: bytes, message: Message, client_ip: str, helo: str, mail_from: str, resolver: Resolver, now: float
) -> Evaluation:
    """Judge the message as handed over by `client_ip`. Never raises; a DNS failure is `temperror` in the result."""
    spf_result = await spf.evaluate(client_ip, mail_from, helo, resolver)
    signatures = await dkim.evaluate(content, resolver, now)
    chain = await arc.evaluate(content, resolver)
    passed = tuple(dict.fromkeys(each.domain for each in signatures if each.result == "pass"))
    authors = [mailbox.domain for mailbox in message.header_from]
    policy = await dmarc.evaluate(authors, (spf_result.result, spf_result.domain), passed, resolver)
    fact = SenderAuthentication(
        spf=spf_result.result,
        dkim=_overall(signatures),
        dmarc=policy.result,
        judge="lockgate",
        spf_domain=spf_result.domain,
        dkim_domains=passed,
        dmarc_policy=policy.policy,
        arc=chain.result,
    )
    return Evaluation(fact, _methods(spf_result, signatures, policy, chain), chain)


def _overall(signatures: tuple[dkim.DkimResult, ...]) -> str:
    results = [each.result for each in signatures]
    return next((word for word in ("pass", "temperror", "fail", "permerror") if word in results), "none")


def _methods(
    spf_result: spf.SpfResult,
    signatures: tuple[dkim.DkimResult, ...],
    policy: dmarc.DmarcResult,
    chain: arc.ArcResult,
) -> tuple[MethodResult, ...]:
    made = [MethodResult("spf", spf_result.result, "", (("smtp.mailfrom", spf_result.domain),))]
    made += [
        MethodResult("dkim", each.result, each.reason, (("header.d", each.domain), ("header.s", each.selector)))
        for each in signatures
        if each.domain
    ] or [MethodResult("dkim", "none")]
    made.append(MethodResult("dmarc", policy.result, policy.reason, (("header.from", policy.domain),)))
    made.append(MethodResult("arc", chain.result, chain.reason))
    return tuple(made)
