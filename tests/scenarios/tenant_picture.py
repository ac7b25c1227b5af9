"""What of a tenant a plan can touch, in a form in which two runs can be compared."""

import re

from lockgate.microsoft365.exchange_client import Json
from lockgate.microsoft365.plan import SECRET_PROPERTIES
from m365_simulator.seed import CONTOSO
from tests.scenarios.protected_tenant import Installation

NOUNS = (
    "InboundConnector", "OutboundConnector", "TransportRule", "TenantAllowBlockListSpoofItems",
    "HostedConnectionFilterPolicy", "ArcConfig",
)  # fmt: skip
OF_EXCHANGE = re.compile("Guid|Id|Ids|When.*|.*Identity|Description|Conditions|Exceptions")

Picture = dict[str, list[Json]]


def objects(lockgate: Installation, noun: str) -> list[Json]:
    """All objects of a noun, as another administrator would list them."""
    found: list[Json] = lockgate.simulation.control("GET", f"/tenants/{CONTOSO}/exchange/{noun}").json()
    return found


def picture(lockgate: Installation) -> Picture:
    """Without times, and without secrets and ids, which each run has of its own."""
    mine = lockgate.grants.work.installation.id
    return {noun: sorted([_plain(one, mine) for one in objects(lockgate, noun)], key=str) for noun in NOUNS}


def _plain(found: Json, installation: str) -> Json:
    shown: Json = {}
    for name, value in sorted(found.items()):
        if OF_EXCHANGE.fullmatch(name):
            continue
        if name in SECRET_PROPERTIES and value:
            shown[name] = f"{len(value)} secrets" if isinstance(value, list) else "a secret"
        else:
            shown[name] = value.replace(installation, "this one") if isinstance(value, str) else value
    return shown
