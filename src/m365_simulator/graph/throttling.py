"""Resource units of the directory part of Graph, and the headers that tell about them (microsoft-365.md §2.6).

Nothing is refused unless switch `graph_throttling` is on; `graph_resource_unit_limit` overrides the limit.
"""

from collections import deque
from dataclasses import dataclass, field

from m365_simulator.graph.errors import GraphError
from m365_simulator.world import Tenant, World

WINDOW_SECONDS = 10
SMALL_TENANT, LARGE_TENANT = 50, 500
LIMITS = (3500, 5000, 8000)
TELL_FROM = 0.8
FEW_ROWS = 20


@dataclass
class Throttle:
    """What each application has spent in each tenant during the last ten seconds."""

    spent: dict[tuple[str, str], deque[tuple[float, int]]] = field(default_factory=dict)

    def charge(self, world: World, tenant: Tenant, app_id: str, cost: int) -> dict[str, str]:
        """Counts a request and returns the headers for its answer. Raises GraphError 429 beyond the limit."""
        now = world.clock.now().timestamp()
        entries = self.spent.setdefault((tenant.id, app_id), deque())
        while entries and entries[0][0] <= now - WINDOW_SECONDS:
            entries.popleft()
        used, limit = sum(units for _, units in entries) + cost, _limit(world, tenant)
        headers = {"x-ms-resource-unit": str(cost)}
        share = used / limit
        if share >= TELL_FROM:
            headers["x-ms-throttle-limit-percentage"] = f"{min(share, 1.8):.2f}"
        if share > 1 and world.switches.get("graph_throttling", False) is True:
            wait = max(1, round(entries[0][0] + WINDOW_SECONDS - now)) if entries else WINDOW_SECONDS
            headers |= {
                "Retry-After": str(wait),
                "x-ms-throttle-scope": f"Tenant_Application/ReadWrite/{app_id}/{tenant.id}",
                "x-ms-throttle-information": "ResourceUnitLimitExceeded",
            }
            raise GraphError(429, "TooManyRequests", "Too many requests.", headers)
        entries.append((now, cost))
        return headers


def price(cost: int, options: dict[str, str]) -> int:
    """What a request costs: `$select` and a small `$top` make it cheaper, `$expand` dearer; never below 1."""
    top = options.get("top", "")
    few = 1 if top.isdigit() and int(top) < FEW_ROWS else 0
    return max(1, cost - ("select" in options) - few + ("expand" in options))


def _limit(world: World, tenant: Tenant) -> int:
    override = world.switches.get("graph_resource_unit_limit")
    if isinstance(override, int) and override > 0:
        return override
    users = len(tenant.users)
    return LIMITS[(users >= SMALL_TENANT) + (users > LARGE_TENANT)]
