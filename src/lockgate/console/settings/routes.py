"""Start-up settings as they are in force. They are changed in the settings file or the environment, not here."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from lockgate import __version__
from lockgate.console.guard.visitors import Provider
from lockgate.console.parts import Parts
from lockgate.console.rendering import page

router = APIRouter(prefix="/settings")


@router.get("")
def show(request: Request, visitor: Provider, parts: Parts) -> Response:
    """The list."""
    return page(request, visitor, "settings/page.html", {"settings": parts.settings, "version": __version__})
