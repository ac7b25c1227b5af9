"""The activity feed as one web application (microsoft-365.md §5.1). Webhooks are recorded but never called."""

import base64
import binascii
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from m365_simulator.activity.content import BLOBS_PER_PAGE, KEPT, blobs_in, pack, records_of, window_of
from m365_simulator.activity.errors import FeedError
from m365_simulator.identity.permissions import MANAGEMENT, RESOURCES
from m365_simulator.identity.tokens import InvalidToken, verify_bearer
from m365_simulator.settings import Settings
from m365_simulator.world import ActivityBlob, ActivitySubscription, Properties, Tenant, World

CONTENT_TYPES = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General", "DLP.All")
ROOT = "/api/v1.0/{tenant}/activity/feed"


@dataclass(frozen=True)
class _Feed:
    world: World
    settings: Settings

    def url(self, tenant: Tenant) -> str:
        return f"https://localhost:{self.settings.ports.activity}/api/v1.0/{tenant.id}/activity/feed"


Answer = Callable[[_Feed, Request, Tenant], Awaitable[Response]]


def create_app(world: World, settings: Settings) -> Starlette:
    """manage.office.com, for every tenant of the world."""
    feed = _Feed(world, settings)

    def route(path: str, answer: Answer, method: str) -> Route:
        async def handle(request: Request) -> Response:
            try:
                tenant = _authorised_tenant(world, request)
                pack(world, tenant)
                return await answer(feed, request, tenant)
            except FeedError as refusal:
                return _error(refusal.status, refusal.code, refusal.sentence)
            except InvalidToken as refusal:
                return _error(401, "AF10001", refusal.message)

        return Route(ROOT + path, handle, methods=[method])

    return Starlette(
        routes=[
            route("/subscriptions/start", _start, "POST"),
            route("/subscriptions/stop", _stop, "POST"),
            route("/subscriptions/list", _list, "GET"),
            route("/subscriptions/content", _content, "GET"),
            route("/subscriptions/notifications", _notifications, "GET"),
            route("/audit/{content_id}", _blob, "GET"),
        ]
    )


def _authorised_tenant(world: World, request: Request) -> Tenant:
    claims = verify_bearer(world, request.headers.get("authorization"), RESOURCES[MANAGEMENT].audiences)
    wanted = str(request.path_params["tenant"])
    try:
        uuid.UUID(wanted)
    except ValueError as error:
        raise FeedError("AF20013", wanted) from error
    if wanted.lower() != claims.tenant_id:
        raise FeedError("AF20010", wanted)
    if "ActivityFeed.Read" not in claims.roles:
        raise FeedError("AF10001", "ActivityFeed.Read")
    return world.tenants[claims.tenant_id]


def _content_type(request: Request) -> str:
    wanted = request.query_params.get("contentType")
    if not wanted:
        raise FeedError("AF20001", "contentType")
    known = next((name for name in CONTENT_TYPES if name.lower() == wanted.lower()), None)
    if known is None:
        raise FeedError("AF20020", wanted)
    return known


def _subscription(request: Request, tenant: Tenant) -> ActivitySubscription:
    content_type = _content_type(request)
    subscription = tenant.subscriptions.get(content_type)
    if subscription is None:
        raise FeedError("AF20022", content_type)
    return subscription


async def _start(feed: _Feed, request: Request, tenant: Tenant) -> Response:
    del feed
    content_type = _content_type(request)
    webhook: Properties | None = None
    if await request.body():
        try:
            body = await request.json()
        except ValueError as error:
            raise FeedError("AF20002", "body") from error
        given = body.get("webhook") if isinstance(body, dict) else None
        webhook = {**given, "status": "enabled"} if isinstance(given, dict) else None
    subscription = tenant.subscriptions.get(content_type)
    if subscription is None or not subscription.enabled:
        subscription = ActivitySubscription(content_type, read_up_to=len(tenant.audit))
        tenant.subscriptions[content_type] = subscription
    subscription.webhook = webhook or subscription.webhook
    return JSONResponse(_shown(subscription))


async def _stop(feed: _Feed, request: Request, tenant: Tenant) -> Response:
    del feed
    _subscription(request, tenant).enabled = False
    return Response(status_code=200)


async def _list(feed: _Feed, request: Request, tenant: Tenant) -> Response:
    del feed, request
    return JSONResponse([_shown(subscription) for subscription in tenant.subscriptions.values()])


async def _content(feed: _Feed, request: Request, tenant: Tenant) -> Response:
    subscription = _subscription(request, tenant)
    if not subscription.enabled:
        raise FeedError("AF20023", subscription.content_type)
    query = request.query_params
    window = window_of(feed.world.clock.now(), query.get("startTime"), query.get("endTime"))
    found = blobs_in(feed.world, tenant, subscription.content_type, window)
    first = _position(query.get("nextPage"))
    headers = {}
    if first + BLOBS_PER_PAGE < len(found):
        again = {name: value for name, value in query.items() if name != "nextPage"}
        again["startTime"], again["endTime"] = (
            f"{moment:%Y-%m-%dT%H:%M:%S.%f}" for moment in (window.start, window.end)
        )
        again["nextPage"] = base64.urlsafe_b64encode(str(first + BLOBS_PER_PAGE).encode()).decode()
        headers["NextPageUri"] = f"{feed.url(tenant)}/subscriptions/content?{urlencode(again)}"
    page = found[first : first + BLOBS_PER_PAGE]
    return JSONResponse([_listed(feed, tenant, blob) for blob in page], headers=headers)


async def _blob(feed: _Feed, request: Request, tenant: Tenant) -> Response:
    records = records_of(feed.world, tenant, str(request.path_params["content_id"]))
    return JSONResponse([record.body for record in records])


async def _notifications(feed: _Feed, request: Request, tenant: Tenant) -> Response:
    del feed
    _subscription(request, tenant)
    return JSONResponse([])


def _position(next_page: str | None) -> int:
    if next_page is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(next_page.encode()))
    except (ValueError, binascii.Error) as error:
        raise FeedError("AF20031", next_page) from error


def _shown(subscription: ActivitySubscription) -> Properties:
    return {
        "contentType": subscription.content_type,
        "status": "enabled" if subscription.enabled else "disabled",
        "webhook": subscription.webhook,
    }


def _listed(feed: _Feed, tenant: Tenant, blob: ActivityBlob) -> Properties:
    return {
        "contentUri": f"{feed.url(tenant)}/audit/{quote(blob.id, safe='')}",
        "contentId": blob.id,
        "contentType": blob.content_type,
        "contentCreated": f"{blob.created:%Y-%m-%dT%H:%M:%S.}{blob.created.microsecond // 1000:03d}Z",
        "contentExpiration": f"{blob.created + KEPT:%Y-%m-%dT%H:%M:%S.}{blob.created.microsecond // 1000:03d}Z",
    }


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status)
