"""The HTML pages of the login host: rendering, the error page, and redirects that carry parameters."""

from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from m365_simulator.identity.errors import IdentityError
from m365_simulator.world import new_guid

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
NO_STORE = {"cache-control": "no-store, no-cache", "pragma": "no-cache"}


def page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page from this package's templates, every value escaped."""
    return HTMLResponse(_TEMPLATES.get_template(template).render(**values), status, headers=NO_STORE)


def error_page(refusal: IdentityError) -> HTMLResponse:
    """What a person sees when the request itself cannot be trusted, so that nothing is sent to a redirect URI."""
    return page("error.html", refusal.status, refusal=refusal, correlation_id=new_guid())


def send_back(redirect_uri: str, parameters: dict[str, str], response_mode: str = "query") -> Response:
    """Give the parameters to the application in the way it asked for; empty ones are left out."""
    given = {name: value for name, value in parameters.items() if value}
    if response_mode == "form_post":
        return page("form_post.html", redirect_uri=redirect_uri, parameters=given)
    mark = "#" if response_mode == "fragment" else ("&" if "?" in redirect_uri else "?")
    return RedirectResponse(f"{redirect_uri}{mark}{urlencode(given)}", 302, headers=NO_STORE)
