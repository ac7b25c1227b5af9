"""The one page with words of a stranger's HTML: shown in a sandboxed frame and allowed nothing.

Rule: three walls. The HTML was sanitised in a process of its own; this answer's policy forbids every load and, by
`sandbox`, scripts, forms and navigation; the frame that shows it has an empty `sandbox` attribute as well.
"""

import secrets
from typing import Annotated

from fastapi import Query
from fastapi.responses import HTMLResponse, Response

from lockgate.console.guard.responses import CSP

WithPictures = Annotated[bool, Query()]
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Message body</title>
<style nonce="{nonce}">
body {{ font: 15px/1.5 system-ui, "Liberation Sans", sans-serif; color: #1f2937; background: #fff; margin: 1rem;
overflow-wrap: anywhere; }}
table {{ border-collapse: collapse; max-width: 100%; }} td, th {{ padding: 2px 4px; vertical-align: top; }}
pre {{ white-space: pre-wrap; }} img {{ max-width: 100%; height: auto; }}
</style></head><body>{body}</body></html>"""


def framed(harmless_html: str, *, with_pictures: bool = False) -> Response:
    """The answer for the frame. `harmless_html` comes from `Preview.html`, and from nowhere else.

    Pictures may be shown that are written into it, none that would be loaded.
    """
    pictures = "img-src data:; " if with_pictures else ""
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"sandbox; default-src 'none'; {pictures}style-src 'nonce-{nonce}'; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'"
    )
    headers = {CSP: policy, "X-Frame-Options": "SAMEORIGIN", "X-DNS-Prefetch-Control": "off"}
    return HTMLResponse(_PAGE.format(nonce=nonce, body=harmless_html), headers=headers)
