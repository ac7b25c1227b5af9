"""The gateway role: one process that takes mail from tenants, judges it and gives it back."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from lockgate.bootstrap.arc import sealing
from lockgate.bootstrap.click_time import click_links
from lockgate.bootstrap.clouds import peer_names
from lockgate.bootstrap.freshness import kept_fresh
from lockgate.bootstrap.knowledge import own_knowledge
from lockgate.bootstrap.mail_path import MailPath, examination, serving
from lockgate.bootstrap.own_rule_folder import OwnRuleFolder
from lockgate.bootstrap.parts import Parts, further_identities, identity, next_hop_pool, next_hops
from lockgate.bootstrap.renewal import for_listener, renewing
from lockgate.bootstrap.scanners import scanners
from lockgate.bootstrap.user_reports import report_intake
from lockgate.bootstrap.vital_signs import giving_signs
from lockgate.data_loss.own_rules import OwnDataLossRules
from lockgate.gateway.own_mail import PassingOwnMail
from lockgate.gateway.report_address import ReportAddress
from lockgate.gateway.tenant_proof import TenantDoor
from lockgate.notifications.signature import Signature
from lockgate.settings import GatewaySettings, Settings
from lockgate.smtp.listener import Listener
from lockgate.smtp.tls import server_context
from lockgate.storage.directory_cache import DirectoryCache
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.policies import PolicyCache
from lockgate.storage.senders import SenderHistories
from lockgate.storage.tenants import TenantCache


@asynccontextmanager
async def gateway(parts: Parts, *, shared_port: bool) -> AsyncIterator[Listener]:
    """Take mail while the block runs."""
    settings = parts.settings.gateway
    tenants = TenantCache(parts.database, parts.vault)
    policies = PolicyCache(parts.database)
    directory = DirectoryCache(parts.database)
    async with AsyncExitStack() as stack:
        ledger = StoredLedger(parts.database, parts.blobs, parts.clock)
        stack.push_async_callback(ledger.close)
        data_loss = OwnDataLossRules(parts.database)
        own_rules = OwnRuleFolder(parts.settings.detection.yara_rules)
        knowledge = own_knowledge(parts)
        await stack.enter_async_context(kept_fresh(tenants, policies, directory, data_loss, own_rules, knowledge))
        pool = await stack.enter_async_context(next_hop_pool(settings))
        senders = SenderHistories(parts.database)
        asked = scanners(parts.settings.scanners, parts.database, parts.clock)
        links = click_links(parts, knowledge)
        examining = examination(settings, policies, directory, senders, data_loss, asked, own_rules, knowledge, links)
        examines = await stack.enter_async_context(examining)
        door = TenantDoor(tenants, peer_names(parts.settings), settings.maximum_received)
        held_for = timedelta(days=parts.settings.retention.quarantine)
        hops, seals = next_hops(parts.settings), sealing(parts.settings, parts.clock)
        passing = PassingOwnMail(examines, Signature(parts.vault))
        reports = ReportAddress(frozenset(gateway_names(parts.settings)), report_intake(parts))
        path = MailPath(door, passing, ledger, hops, pool, parts.clock, held_for, seals, reports)
        authorities = peer_authorities(settings)
        tls = server_context(identity(settings), authorities, further_identities(settings))
        listener = await stack.enter_async_context(serving(settings, path, tls, shared_port=shared_port))
        await stack.enter_async_context(renewing(settings, for_listener(listener, pool, settings, authorities)))
        await stack.enter_async_context(giving_signs(parts, listener, examines))
        yield listener


def gateway_names(settings: Settings) -> tuple[str, ...]:
    """Every name of the gateway, its first one first, lower-case."""
    further = (one.hostname for one in settings.gateway.names)
    return tuple(one.lower() for one in (settings.gateway.hostname, *further))


def peer_authorities(settings: GatewaySettings) -> Path:
    """Who vouches for the tenant's client certificate: the configured bundle, or the system's.

    Without a bundle no client certificate would be asked for, and everybody would be refused.
    """
    if settings.peer_ca is not None:
        return settings.peer_ca
    found = ssl.get_default_verify_paths()
    return Path(found.cafile or found.openssl_cafile)
