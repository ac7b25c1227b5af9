"""What people do in the tenant for the tests of the grant: assign the role in the portal, with and without PIM."""

from tests.m365_simulator.simulation import EXCHANGE_ADMIN, Browser, Page, Simulation


def open_assignments(simulation: Simulation, browser: Browser, user: str = EXCHANGE_ADMIN, password: str = "") -> Page:
    """Microsoft Entra ID > Roles and administrators > Exchange administrator."""
    home = simulation.sign_in(browser, simulation.addresses["portal"] + "/", user, password)
    overview = browser.open(home.link("#entra-id"))
    roles = browser.open(overview.link("#roles-and-administrators"))
    row = next(node for node in roles.tree.css("#roles a") if node.text() == "Exchange administrator")
    return browser.open(simulation.addresses["portal"] + str(row.attributes["href"]))


def assign_role(simulation: Simulation, client_id: str, user: str = EXCHANGE_ADMIN, password: str = "") -> Page:
    """Give the application the Exchange administrator role, in a tenant without PIM; the list of assignments."""
    browser = simulation.browser()
    add = browser.open(open_assignments(simulation, browser, user, password).link("#add-assignments"))
    found = browser.submit(add, "#search-form", q=client_id)
    member = found.tree.css_first("#results input")
    assert member is not None
    return browser.submit(found, "#add-form", "#add", member=str(member.attributes["value"]))


def remove_role(simulation: Simulation, client_id: str) -> Page:
    """Take the role away from the application again."""
    browser = simulation.browser()
    page = open_assignments(simulation, browser)
    row = next(row for row in page.tree.css("#assignments tr[data-principal]") if client_id in (row.text() or ""))
    return browser.submit(page, f'tr[data-principal="{row.attributes["data-principal"]}"] form')
