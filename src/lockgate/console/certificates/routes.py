"""Certificates: when they end, and a new one for our applications at Microsoft."""

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Provider
from lockgate.console.parts import Parts, needed
from lockgate.console.rendering import go_to, page

router = APIRouter(prefix="/certificates")
NAME = "The connection to Microsoft 365"
SOON = timedelta(days=30)


@router.get("")
def show(request: Request, visitor: Provider, parts: Parts) -> Response:
    """Every certificate, and the new one that waits."""
    waiting = parts.credentials.waiting() if parts.credentials else None
    registrations = parts.credentials.identity.registrations() if parts.credentials else []
    values = {
        "certificates": parts.certificates(), "waiting": waiting, "soon": parts.clock() + SOON,
        "applications": [(one.name, one.client_id) for one in registrations],
    }  # fmt: skip
    return page(request, visitor, "certificates/page.html", values)


@router.get("/new.pem")
def download(visitor: Provider, parts: Parts) -> Response:
    """The public certificate that waits, as a file for the upload."""
    del visitor
    waiting = needed(parts.credentials, NAME).waiting()
    if waiting is None:
        return Response(status_code=404)
    headers = {"Content-Disposition": f'attachment; filename="lockgate-{waiting.thumbprint[:8].lower()}.pem"'}
    return Response(waiting.certificate, media_type="application/x-pem-file", headers=headers)


@router.post("/renew")
def renew(request: Request, visitor: Provider, parts: Parts) -> Response:
    """Make a new key pair for our applications."""
    needed(parts.credentials, NAME).renew(visitor.author)
    return go_to(request, "/certificates", "A new certificate was made. Upload it to each app registration.")


@router.post("/check")
def check(request: Request, visitor: Provider, parts: Parts) -> Response:
    """Try the new one now."""
    del visitor
    if needed(parts.credentials, NAME).check():
        return go_to(request, "/certificates", "Microsoft accepts the new certificate everywhere; it is in use now.")
    return go_to(
        request, "/certificates", "Microsoft does not accept it everywhere yet; the list says where.", good=False
    )


@router.post("/discard")
def discard(request: Request, visitor: Provider, parts: Parts) -> Response:
    """Give the new one up."""
    needed(parts.credentials, NAME).discard(visitor.author)
    return go_to(request, "/certificates", "The new certificate was given up; the old one stays in use.")
