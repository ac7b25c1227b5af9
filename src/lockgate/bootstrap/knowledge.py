"""What organisations add to detection: tuning and lists for gateways, and the feeds that the controller fetches."""

import time

import structlog

from lockgate.bootstrap.parts import Parts, new_id
from lockgate.lookups.dns import DnsLookups
from lockgate.lookups.dns_lists import DnsLists
from lockgate.lookups.feed_download import collection, download
from lockgate.model.errors import LockgateError
from lockgate.model.reputation import Standing
from lockgate.settings import FeedSource
from lockgate.storage.audit import Author
from lockgate.storage.reputation import ReputationStore
from lockgate.tuning.feeds.reading import Format
from lockgate.tuning.knowledge import Knowledge
from lockgate.tuning.lists import Lists, Whose

log = structlog.get_logger()


def own_knowledge(parts: Parts) -> Knowledge:
    """The organisations' tuning and lists, and the lists in the DNS that the settings name."""
    wanted = parts.settings.reputation
    lookups = DnsLookups(parts.settings.nameservers, time.monotonic, wanted.dns_deadline)
    dns_lists = DnsLists(lookups, wanted.dns_host_lists, wanted.dns_domain_lists, wanted.dns_deadline)
    return Knowledge(parts.database, parts.clock, dns_lists)


def fetch_feeds(parts: Parts) -> str:
    """Fetch every feed of the settings and forget what has expired; one that fails leaves its entries as they were."""
    done: list[str] = []
    for source in parts.settings.reputation.sources:
        try:
            done.append(_fetch(parts, source))
        except (LockgateError, OSError, ValueError) as error:
            log.warning("feed not fetched", feed=source.name, cause=str(error))
            done.append(f"{source.name}: not fetched")
    with parts.database.write() as unit:
        gone = ReputationStore(unit).prune(parts.clock())
    return "; ".join([*done, *([f"{gone} entries expired"] if gone else [])])


def _fetch(parts: Parts, source: FeedSource) -> str:
    headers = {"Authorization": f"Bearer {source.token_file.read_text().strip()}"} if source.token_file else {}
    is_taxii = source.format == "taxii"
    content = collection(source.url, headers) if is_taxii else download(source.url, headers)
    read, _ = Lists(parts.database, new_id).import_feed(
        content, Format.STIX if is_taxii else Format(source.format), source.name, Standing(source.standing),
        Author("system", parts.clock()), whose=Whose(), days=source.days,
    )  # fmt: skip
    return f"{source.name}: {len(read.lines)} entries"
