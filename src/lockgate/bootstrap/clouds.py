"""Which of Microsoft's clouds the settings name, and what follows from it."""

from lockgate.microsoft365 import clouds
from lockgate.settings import Microsoft365Settings, Settings


def cloud(settings: Microsoft365Settings) -> clouds.Cloud:
    """The cloud that the settings name."""
    if settings.cloud != "custom":
        return clouds.named(settings.cloud)
    own = settings.custom
    bundle = str(own.ca_bundle) if own.ca_bundle else ""
    return clouds.custom(own.login, own.graph, own.exchange, own.activity, own.portal, bundle)


def peer_names(settings: Settings) -> tuple[str, ...]:
    """The names that prove Exchange Online's client certificate: as set, else those of the cloud."""
    return settings.gateway.peer_names or cloud(settings.microsoft365).mail.peer_names
