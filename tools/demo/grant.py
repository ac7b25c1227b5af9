"""The grant, page by page as an administrator does it: consent, role, consent, sync, plan, apply, live."""

from tools.demo.browser import Browser, NotOnPage, Page
from tools.demo.lockgate import Installation
from tools.demo.processes import DemoFailed, until
from tools.demo.tenant import SimulatedTenant

GLOBAL_ADMINISTRATOR = "admin@contoso.example"
EXCHANGE_ADMINISTRATOR = "exchange.admin@contoso.example"
PASSWORD = "Contoso-demo-1"  # of the simulated tenant  # noqa: S105
SYNCED = "Successfully created a service account and synced data."
LIVE = "Inline Protection is in service."


def grant(installation: Installation, tenant: SimulatedTenant, browser: Browser, dashboard: Page) -> str:
    """Protect both directions; the address of the service account's page."""
    begin = browser.follow(dashboard, "Grant Access")
    steps = browser.press(begin, "Continue")
    address = steps.url
    granted = consent(browser, browser.press(steps, "Grant Permission"))
    assign_role(tenant, str(_required(granted, "#app-id")))
    ready = until("the role", lambda: _with(browser.open(address), "Click here"), seconds=60)
    consent(browser, browser.press(ready, "Click here"))
    log = installation.folder / "lockgate.log"
    until(SYNCED, lambda: _saying(browser.open(address), SYNCED), seconds=120, log=log)
    plan = browser.follow(browser.open(address), "Show the planned changes")
    account = browser.press(plan, _apply_button(plan))
    until(LIVE, lambda: _in_service(browser.open(account.url)), seconds=180, log=log)
    return account.url


def consent(browser: Browser, page: Page) -> Page:
    """Sign in at Microsoft where asked, accept where asked, until we are back in the console."""
    for _ in range(6):
        if page.tree.css_first("#sign-in-form") is not None:
            page = browser.press(page, _caption(page, "#sign-in"), loginfmt=GLOBAL_ADMINISTRATOR, passwd=PASSWORD)
        elif page.tree.css_first("#consent-form") is not None:
            page = browser.press(page, _caption(page, "#accept"))
        else:
            return page
    raise DemoFailed(f"The consent did not come to an end: {page.text[:300]}")


def assign_role(tenant: SimulatedTenant, app_id: str) -> None:
    """Entra: Roles and administrators > Exchange administrator > Add assignments, by the copied application id."""
    browser = Browser(tenant.tls)
    page = browser.open(tenant.addresses["portal"] + "/")
    page = browser.press(page, _caption(page, "#sign-in"), loginfmt=EXCHANGE_ADMINISTRATOR, passwd=PASSWORD)
    page = browser.open(page.href("#entra-id"))
    page = browser.open(page.href("#roles-and-administrators"))
    page = browser.follow(page, "Exchange administrator")
    page = browser.open(page.href("#add-assignments"))
    page = browser.enter(page, "#search-form", q=app_id)
    member = page.tree.css_first("#results input")
    if member is None:
        raise DemoFailed(f"The portal does not find the application {app_id}.")
    browser.press(page, _caption(page, "#add"), member=member.attributes["value"] or "")
    browser.close()


def _required(page: Page, selector: str) -> str:
    node = page.tree.css_first(selector)
    if node is None:
        raise DemoFailed(f"{page.url} lacks {selector}: {page.text[:500]}")
    return node.text(strip=True)


def _caption(page: Page, selector: str) -> str:
    return " ".join(_required(page, selector).split())


def _with(page: Page, button: str) -> Page | None:
    try:
        page.form_with(button)
    except NotOnPage:
        return None
    return page


def _saying(page: Page, sentence: str) -> Page | None:
    return page if sentence in page.text else None


def _apply_button(plan: Page) -> str:
    for button in plan.tree.css("button[type=submit]"):
        caption = " ".join(button.text().split())
        if caption.startswith("Apply these"):
            return caption
    raise DemoFailed(f"The plan cannot be applied: {plan.text[:800]}")


def _in_service(page: Page) -> Page | None:
    if "failed" in page.text and LIVE not in page.text:
        raise DemoFailed(f"Setting up mail flow failed: {page.text[:1500]}")
    return _saying(page, LIVE)
