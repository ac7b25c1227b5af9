"""The mail path without mail put together, for the console and the command line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lockgate.bootstrap.click_time import click_links
from lockgate.bootstrap.knowledge import own_knowledge
from lockgate.bootstrap.own_rule_folder import OwnRuleFolder
from lockgate.bootstrap.parts import Parts
from lockgate.data_loss.own_rules import OwnDataLossRules
from lockgate.gateway.enrichment import Enrichment
from lockgate.gateway.inspection import InspectionPool
from lockgate.gateway.rehearsal import Rehearsal
from lockgate.storage.directory_cache import DirectoryCache
from lockgate.storage.senders import SenderHistories
from lockgate.storage.tenants import TenantCache


@asynccontextmanager
async def rehearsing(parts: Parts) -> AsyncIterator[Rehearsal]:
    """Rehearsals while the block runs."""
    senders = SenderHistories(parts.database)
    try:
        yield rehearsal(parts, senders)
    finally:
        await senders.close()


def rehearsal(parts: Parts, senders: SenderHistories) -> Rehearsal:
    """With the facts of the moment; scanners are not asked."""
    settings = parts.settings.gateway
    directory, tenants = DirectoryCache(parts.database), TenantCache(parts.database, parts.vault)
    data_loss, knowledge = OwnDataLossRules(parts.database), own_knowledge(parts)
    own_rules = OwnRuleFolder(parts.settings.detection.yara_rules)

    def pool(workers: int) -> InspectionPool:
        return InspectionPool(
            workers, settings.inspection_deadline, settings.inspection_memory, own_rules, settings.classifier
        )

    def refresh() -> None:
        for one in (directory, tenants, data_loss, knowledge, own_rules):
            one.refresh()

    enrichment = Enrichment(directory, senders, data_loss, settings.facts_deadline, knowledge=knowledge)
    links = click_links(parts, knowledge)
    return Rehearsal(pool, enrichment, directory, tenants, parts.clock, refresh, links)
