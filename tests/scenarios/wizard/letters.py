"""The letters that the scenario sends: a newsletter that passes with a finding, and a lure that does not."""

from email.message import EmailMessage

from tests.scenarios.wizard.mail import LENA

NEWSLETTER = "Water levels of the week"
LURE = "7 messages are on hold"
OFFER = "Offer for the new sluice"


def newsletter() -> bytes:
    """Wanted bulk mail."""
    letter = _letter(NEWSLETTER, "Water news <news@newsletter.example>")
    letter["List-Unsubscribe"] = "<https://newsletter.example/leave?who=lena>"
    letter["List-Id"] = "Water news <water.newsletter.example>"
    letter["Precedence"] = "bulk"
    letter.set_content("The reservoirs are full and the canals are open.\n\nLeave this list: see the header.\n")
    return letter.as_bytes()


def lure() -> bytes:
    """Credential phishing, with the link that says one thing and leads elsewhere."""
    letter = _letter(LURE, "Mail Administrator <postmaster@no-policy.example>")
    letter.set_content("7 messages are on hold. Sign in: https://mail-hold.prize-draw.example/in\n")
    letter.add_alternative(
        f"<html><body><h2>Microsoft 365</h2><p>Dear {LENA}, 7 messages are on hold because your password expires "
        "today. Verify your account within 24 hours or your mailbox will be suspended.</p><p><a "
        f'href="https://mail-hold.prize-draw.example/in?u={LENA}">https://login.microsoftonline.com/</a></p>'
        "</body></html>",
        subtype="html",
    )
    return letter.as_bytes()


def _letter(subject: str, sender: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"] = sender
    letter["To"] = LENA
    letter["Subject"] = subject
    letter["Date"] = "Mon, 02 Mar 2026 09:00:00 +0000"
    letter["Message-ID"] = f"<{subject.replace(' ', '-').lower()}@{sender.rpartition('@')[2].rstrip('>')}>"
    return letter
