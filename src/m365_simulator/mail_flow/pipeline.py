"""The way of one message through the simulated Exchange; the page to read first.

arrival (loop check, header firewall, authentication, filter verdict, stamps) → recipients resolved → mail flow
rules, which may split it → each branch to quarantine, a connector, the mailboxes or the Internet. Whatever comes
back from a connector starts at the top as new mail (microsoft-365.md §4.3).
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from m365_simulator.dns_records import lookup
from m365_simulator.exchange_admin import organisation
from m365_simulator.mail_flow import filtering, mailboxes, quarantine, signing, stamps, trace
from m365_simulator.mail_flow.authentication import authenticate
from m365_simulator.mail_flow.background import Background
from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.mail_flow.identities import header_from
from m365_simulator.mail_flow.message import Message, Recipient, SpamVerdict, Via, domain_of
from m365_simulator.mail_flow.queue import Queue
from m365_simulator.mail_flow.routing import ConnectorRoute, InternetRoute, Network, Route, default_route
from m365_simulator.mail_flow.rules import engine
from m365_simulator.mail_flow.rules.actions import Branch
from m365_simulator.mail_flow.rules.facts import expand
from m365_simulator.mail_flow.signing import Signer
from m365_simulator.world import Tenant, World

MAX_PASSES = 20
LOOP = "554 5.4.14 Hop count exceeded - possible mail loop ATTR34"
RULE_RETRY_SECONDS = 60


@dataclass
class Pipeline:
    """Takes messages in and sees them through. `signer` is the key of the simulation."""

    world: World
    network: Network
    background: Background
    signer: Signer

    def __post_init__(self) -> None:
        self.queue = Queue(self.world, self.network, self.background, self.accept, self._leaving)

    def accept(self, message: Message) -> None:
        """Take responsibility for a message; the rest happens in the background."""
        tenant = self.world.tenants[message.tenant_id]
        if stamps.passes(HeaderBlock(message.content)) >= MAX_PASSES:
            self._break_loop(tenant, message)
            return
        arrived = self._arrival(tenant, message)
        trace.note(
            self.world, arrived, "RECEIVE", via=message.origin.via.value, client_ip=message.origin.client_ip,
            helo=message.origin.helo, tls=message.origin.tls, connector=message.origin.connector,
            auth_as="Internal" if message.origin.internal else "Anonymous", scl=arrived.verdict.scl,
            compauth=arrived.compauth, size=len(message.content),
            internet_message_id=HeaderBlock(message.content).first("Message-ID"),
        )  # fmt: skip
        self.background.spawn(self._process(arrived))

    def _break_loop(self, tenant: Tenant, message: Message) -> None:
        trace.note(self.world, message, "LOOP", reply=LOOP)
        for report in mailboxes.refuse(self.world, tenant, message, LOOP):
            self.accept(report)

    def _arrival(self, tenant: Tenant, message: Message) -> Message:
        origin = message.origin
        block = HeaderBlock(message.content)
        if origin.via is Via.MX:
            stamps.firewall(block, origin.keeps_internal_headers)
        if origin.via in {Via.SYSTEM, Via.MAILBOX}:
            block.remove(lambda name: name.startswith("x-ms-exchange-organization-"))
        cleaned = message.with_content(block.content())
        own = tenant.accepts_domain(domain_of(header_from(block)))
        results = None
        if origin.via is Via.MX:
            sealers = organisation.arc_trusted_sealers(tenant)
            results = authenticate(cleaned, lambda name, kind: lookup(self.world, name, kind), sealers, own)
            verdict = filtering.classify(cleaned, results, tenant)
            compauth = f"{results.compauth} reason={results.reason}"
            cleaned = replace(cleaned, verdict=verdict, compauth=compauth)
        elif origin.internal:
            cleaned = replace(cleaned, verdict=SpamVerdict(scl=-1, sfv="SKI"))
        content = cleaned.content
        if results is not None and self.world.switches.get("arc_seal", True) is True:
            self.signer.publish(self.world, signing.ARC_DOMAIN, signing.ARC_SELECTOR)
            summary = stamps.authentication_results(cleaned, results)
            content = self.signer.seal(content, summary, results.arc, int(message.arrived.timestamp()))
        block = HeaderBlock(content)
        host = stamps.FRONT_END if origin.via is Via.MX else stamps.SERVER
        block.prepend_all(stamps.arrival(cleaned, tenant, results, host))
        return stamps.with_antispam_report(cleaned.with_content(block.content()), tenant)

    async def _process(self, message: Message) -> None:
        tenant = self.world.tenants.get(message.tenant_id)
        if tenant is None:
            return
        resolved = self._resolve(tenant, message)
        if message.origin.via is Via.SYSTEM:
            self._route(tenant, resolved)
            return
        try:
            branches = engine.run(self.world, tenant, resolved)
        except engine.RuleDeferralError as error:
            trace.note(self.world, message, "DEFER", led=f"451 4.7.0 rule error: {error}")
            due = self.world.clock.now() + timedelta(seconds=RULE_RETRY_SECONDS * self.queue.scale())
            self.queue.postpone(due, lambda: self.background.spawn(self._process(message)))
            return
        for branch in branches:
            self._finish(tenant, branch)

    def _resolve(self, tenant: Tenant, message: Message) -> Message:
        """Groups become their members, aliases the primary address; everybody gets one copy."""
        found: dict[str, Recipient] = {}
        for recipient in message.envelope.recipients:
            group = tenant.group_by_address(recipient.address)
            if group is not None:
                members = [user for user in expand(tenant, group) if user.mailbox_type]
                trace.note(self.world, message, "EXPAND", group=group.mail, members=len(members))
                for member in members:
                    found.setdefault(member.mail.lower(), replace(recipient, address=member.mail))
                continue
            user = tenant.user_by_address(recipient.address)
            address = user.mail if user is not None and user.mailbox_type else recipient.address
            found.setdefault(address.lower(), replace(recipient, address=address))
        return message.with_recipients(tuple(found.values()))

    def _finish(self, tenant: Tenant, branch: Branch) -> None:
        message, fate = branch.message, branch.fate
        if branch.applied:
            trace.note(self.world, message, "RULE", rules=list(branch.applied), connector=fate.connector)
        if fate.quarantined_by:
            held = message.with_content(stamps.delivered(message, tenant))
            quarantine.hold(tenant, held, "TransportRule", fate.quarantined_by)
            trace.note(self.world, message, "QUARANTINE", by=fate.quarantined_by)
        elif fate.deleted_by:
            trace.note(self.world, message, "DELETE", by=fate.deleted_by)
        elif fate.rejection:
            self._accept_all(mailboxes.refuse(self.world, tenant, message, fate.rejection))
        elif fate.connector:
            trace.note(self.world, message, "ROUTE", connector=fate.connector)
            self.queue.add(message, ConnectorRoute(fate.connector, fate.require_tls))
        else:
            self._route(tenant, message, fate.require_tls)

    def _route(self, tenant: Tenant, message: Message, require_tls: bool = False) -> None:
        """Without a rule's connector: mailboxes here, connectors by domain, and the Internet."""
        elsewhere: dict[Route, list[Recipient]] = {}
        for recipient in message.envelope.recipients:
            if self._is_local(tenant, recipient):
                self._accept_all(mailboxes.deliver(self.world, tenant, message, recipient))
            else:
                elsewhere.setdefault(default_route(tenant, recipient.domain, require_tls), []).append(recipient)
        for route, recipients in elsewhere.items():
            self.queue.add(message.with_recipients(tuple(recipients)), route)

    def _is_local(self, tenant: Tenant, recipient: Recipient) -> bool:
        domain = tenant.domains.get(recipient.domain)
        if domain is not None and domain.domain_type != "Authoritative":
            return tenant.user_by_address(recipient.address) is not None
        return tenant.accepts_domain(recipient.domain)

    def _accept_all(self, messages: list[Message]) -> None:
        for message in messages:
            self.accept(message)

    def _leaving(self, message: Message, route: Route, tenant: Tenant, keep_internal: bool) -> bytes:
        """The content for the next hop; to the Internet it is signed, when From is a domain of the tenant.

        Switch `dkim_before_connector`: it is signed before it goes to a connector too.
        """
        content = stamps.leaving(message, tenant, keep_internal)
        domain = domain_of(header_from(HeaderBlock(content)))
        everywhere = self.world.switches.get("dkim_before_connector", False) is True
        if not (isinstance(route, InternetRoute) or everywhere) or not tenant.accepts_domain(domain):
            return content
        self.signer.publish(self.world, domain, "selector1")
        when = int(self.world.clock.now().timestamp())
        signature = self.signer.dkim_signature(content, domain, "selector1", when)
        block = HeaderBlock(content)
        block.prepend("DKIM-Signature", signature)
        return block.content()
