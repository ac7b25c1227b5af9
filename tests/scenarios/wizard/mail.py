"""Mail as people see it: the web mail of somebody inside, and the Internet outside. The pages are the simulation's."""

from playwright.sync_api import Locator, Page, expect

from tests.scenarios.wizard.desk import Desk, look_until
from tools.demo.grant import PASSWORD

LENA = "lena.vogel@contoso.example"


def open_mailbox(desk: Desk, address: str = LENA) -> Page:
    """Somebody's web mail, signed in; it still knows the browser the second time."""
    tab = desk.tab(desk.tenant.addresses["webmail"])
    inbox = tab.get_by_role("heading", name="Inbox")
    expect(inbox.or_(tab.get_by_label("E-mail address"))).to_be_visible()
    if not inbox.is_visible():
        tab.get_by_label("E-mail address").fill(address)
        tab.get_by_label("Password").fill(PASSWORD)
        tab.get_by_role("button", name="Sign in").click()
    expect(inbox).to_be_visible()
    return tab


def send_from_outside(desk: Desk, letter: bytes, mail_from: str, to: str = LENA) -> None:
    """Hand a letter to the organisation's mail exchanger, as a stranger's host does."""
    tab = desk.tab(f"{desk.tenant.addresses['webmail']}/internet/send")
    tab.get_by_label("Envelope sender").fill(mail_from)
    tab.get_by_label("Recipients").fill(to)
    tab.get_by_label("Or a whole message").set_input_files(
        {"name": "letter.eml", "mimeType": "message/rfc822", "buffer": letter}
    )
    tab.get_by_role("button", name="Send").click()
    expect(tab.locator("#outcomes")).to_contain_text("250")
    tab.close()


def read(mailbox: Page, subject: str) -> None:
    """Open the message with this subject from the inbox, once it has come."""
    mailbox.get_by_role("link", name="Inbox").click()
    link = mailbox.get_by_role("link", name=subject)
    look_until(mailbox, link)
    link.click()
    expect(mailbox.locator("#subject")).to_have_text(subject)


def write(mailbox: Page, to: str, subject: str, text: str) -> None:
    """Write to somebody and send it."""
    mailbox.get_by_role("link", name="New message").click()
    mailbox.get_by_label("To", exact=True).fill(to)
    mailbox.get_by_label("Subject").fill(subject)
    mailbox.get_by_label("Message", exact=True).fill(text)
    mailbox.get_by_role("button", name="Send").click()
    mailbox.wait_for_load_state()


def source_outside(desk: Desk, subject: str) -> str:
    """A message that left for the Internet, byte for byte, once it has arrived there."""
    tab = desk.tab(f"{desk.tenant.addresses['webmail']}/internet")
    row: Locator = tab.get_by_role("row").filter(has_text=subject)
    look_until(tab, row)
    desk.album.take(tab, "arrived-on-the-internet")
    row.get_by_role("link", name="Source").click()
    text = tab.locator("body").inner_text()
    tab.close()
    return text
