"""The hands of an administrator without a screen: opens pages, follows links, fills forms, presses buttons.

Rule: it does only what the page offers. What is not a link or a form on the page cannot be clicked.
"""

import ssl
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin

import httpx
from selectolax.lexbor import LexborHTMLParser, LexborNode


class NotOnPage(Exception):
    """The page does not offer what was to be clicked."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: where it came from and what it says."""

    url: str
    html: str

    @property
    def tree(self) -> LexborHTMLParser:
        """The parsed page."""
        return LexborHTMLParser(self.html)

    @property
    def text(self) -> str:
        """What the page says, in one line."""
        body = self.tree.body
        return " ".join(body.text(separator=" ").split()) if body is not None else ""

    def form_with(self, button: str) -> tuple[LexborNode, LexborNode]:
        """The first form that has a button with this caption, and the button."""
        for form in self.tree.css("form"):
            for pressed in form.css("button, input[type=submit]"):
                caption = pressed.text(strip=True) or pressed.attributes.get("value") or ""
                if " ".join(caption.split()) == button:
                    return form, pressed
        raise NotOnPage(f"no button '{button}' on {self.url}: {self.text[:400]}")

    def href(self, selector: str) -> str:
        """The absolute address behind the first link that matches."""
        node = self.tree.css_first(selector)
        if node is None:
            raise NotOnPage(f"no {selector} on {self.url}: {self.text[:400]}")
        return urljoin(self.url, node.attributes["href"] or "")

    def link(self, caption: str) -> str:
        """The address behind the first link with this caption."""
        for anchor in self.tree.css("a[href]"):
            if " ".join(anchor.text().split()) == caption:
                return urljoin(self.url, anchor.attributes["href"] or "")
        raise NotOnPage(f"no link '{caption}' on {self.url}: {self.text[:400]}")


class Browser:
    """One browser session with its cookies, over TLS that it verifies."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._client = httpx.Client(verify=tls, timeout=60, follow_redirects=True, trust_env=False)

    def open(self, url: str) -> Page:
        """Go there, over all redirects."""
        return self._page(self._client.get(url))

    def follow(self, page: Page, caption: str) -> Page:
        """Click the link with this caption."""
        return self.open(page.link(caption))

    def press(self, page: Page, button: str, **fields: str) -> Page:
        """Fill the form that has this button, and press it: fields already filled are sent along, as browsers do."""
        form, pressed = page.form_with(button)
        return self._send(page, form, pressed.attributes.get("formaction"), _value_of(pressed), fields)

    def enter(self, page: Page, selector: str, **fields: str) -> Page:
        """Fill a form that has no button, and press Enter in it."""
        form = page.tree.css_first(selector)
        if form is None:
            raise NotOnPage(f"no {selector} on {page.url}: {page.text[:400]}")
        return self._send(page, form, None, {}, fields)

    def _send(
        self, page: Page, form: LexborNode, elsewhere: str | None, pressed: dict[str, list[str]], fields: dict[str, str]
    ) -> Page:
        values = {**_filled(form), **pressed, **{name: [value] for name, value in fields.items()}}
        target = urljoin(page.url, elsewhere or form.attributes.get("action") or page.url)
        if (form.attributes.get("method") or "get").lower() == "get":
            return self.open(f"{target.partition('?')[0]}?{urlencode(values, doseq=True)}")
        return self._page(self._client.post(target, data=values, headers={"Origin": _origin(target)}))

    def get_json(self, url: str, **parameters: str) -> object:
        """What an API says to this session."""
        return self._client.get(url, params=parameters).raise_for_status().json()

    def _page(self, response: httpx.Response) -> Page:
        if response.is_server_error:
            raise NotOnPage(f"{response.url} answered {response.status_code}: {response.text[:400]}")
        return Page(str(response.url), response.text)

    def close(self) -> None:
        """Forget cookies and connections."""
        self._client.close()


def _filled(form: LexborNode) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for item in form.css("input[name]"):
        kind = item.attributes.get("type")
        if kind in ("submit", "button") or (kind in ("checkbox", "radio") and "checked" not in item.attributes):
            continue
        value = item.attributes.get("value") or ("on" if kind == "checkbox" else "")
        values.setdefault(item.attributes["name"] or "", []).append(value)
    for area in form.css("textarea[name]"):
        values[area.attributes["name"] or ""] = [area.text()]
    for select in form.css("select[name]"):
        chosen = select.css_first("option[selected]") or select.css_first("option")
        values[select.attributes["name"] or ""] = [(chosen.attributes.get("value") or "") if chosen is not None else ""]
    return values


def _value_of(button: LexborNode) -> dict[str, list[str]]:
    name = button.attributes.get("name")
    return {name: [button.attributes.get("value") or ""]} if name else {}


def _origin(url: str) -> str:
    parts = httpx.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode()}"
