"""One tenant's Exchange and Graph, with tokens of the right application; made anew for every task."""

import asyncio
from dataclasses import dataclass

import httpx

from lockgate.microsoft365.activity_feed import ActivityFeed
from lockgate.microsoft365.exchange_client import ExchangeClient
from lockgate.microsoft365.graph_client import GraphClient
from lockgate.microsoft365.identity import Identity
from lockgate.microsoft365.ports import Sleep, TokenSource
from lockgate.model.service_account import ConsentStep


@dataclass(frozen=True, slots=True)
class TenantAccess:
    """Gives clients for tenants. `http` verifies the cloud's hosts."""

    identity: Identity
    http: httpx.AsyncClient
    sleep: Sleep

    def exchange(self, tenant_id: str) -> ExchangeClient:
        """Exchange Online of this tenant."""
        token = self._tokens(ConsentStep.MAIL_FLOW, tenant_id)
        return ExchangeClient(self.http, self.identity.cloud.exchange, tenant_id, token, self.sleep)

    def graph(self, tenant_id: str) -> GraphClient:
        """Microsoft Graph of this tenant."""
        return GraphClient(
            self.http, self.identity.cloud.graph, self._tokens(ConsentStep.DIRECTORY, tenant_id), self.sleep
        )

    def activity(self, tenant_id: str) -> ActivityFeed:
        """The activity feed of this tenant."""
        token = self._tokens(ConsentStep.ACTIVITY, tenant_id)
        return ActivityFeed(self.http, self.identity.cloud.activity, tenant_id, token, self.sleep)

    def _tokens(self, step: ConsentStep, tenant_id: str) -> TokenSource:
        async def token(fresh: bool) -> str:
            return (await asyncio.to_thread(self.identity.app_token, step, tenant_id, fresh=fresh)).text

        return token
