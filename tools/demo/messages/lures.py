# ruff: noqa: E501 - mail is written as people and programs write it
"""Phishing, fraud, spam: in our own words, in the shapes that real campaigns have."""

from lockgate.model.envelope import Direction
from tools.demo.messages import files, people
from tools.demo.messages.expectation import DemoMessage, Expected, held, junked, relayed
from tools.demo.messages.letters import Part, both, file, letter, multipart, text, with_files
from tools.demo.messages.people import CARLA, LENA, PRIYA, ROBERT, TOM, YUKI

STRANGER = people.NO_POLICY


def messages() -> tuple[DemoMessage, ...]:
    """In no particular order."""
    return (
        _mail("credential-lure", f"Microsoft 365 <helpdesk@{STRANGER}>", "Your password expires today", PASSWORD,
              held(TOM, "judged phishing")),
        _mail("three-fates", f"Mail Administrator <postmaster@{STRANGER}>", "7 messages are on hold", ON_HOLD,
              held(TOM, "Phishing"), relayed(CARLA, "no enabled inbound policy"),
              junked(YUKI, "Unwanted mail into junk")),
        _mail("qr-code", f"Human Resources <hr-desk@{STRANGER}>", "Action required: confirm your payroll details", _qr_letter(),
              held(ROBERT, "link.qr-code")),
        _mail("html-attachment", f"Scanner <scans@{STRANGER}>", "Document shared with you", _html_file(),
              held(LENA, "judged phishing")),
        _mail("parcel-fee", f"DHL Express <parcels@{people.PRIZE_DRAW}>", "Your parcel is waiting: pay the customs fee", PARCEL,
              held(PRIYA, "judged phishing")),
        _mail("shared-document", f"SharePoint <files@{STRANGER}>", "Robert Fenwick shared a document with you", SHARED,
              held(PRIYA, "judged phishing")),
        _mail("forged-bank", f"Woodgrove Bank <service@{STRANGER}>", "Unusual activity on your account", BANK_ALERT,
              held(ROBERT, "judged phishing")),
        _mail("chief-executive-fraud", f"Margaret Holloway <ceo.office@{STRANGER}>", "Quick request", CHIEF,
              held(ROBERT, "impersonation.protected-person")),
        _mail("gift-cards", f"Margaret Holloway <m.holloway@{STRANGER}>", "Are you at your desk?", GIFT_CARDS,
              held(LENA, "impersonation.protected-person")),
        _mail("look-alike-domain", f"Contoso Payments <billing@{people.COUSIN}>", "New remittance address", COUSIN,
              held(PRIYA, "impersonation.protected-domain")),
        _mail("supplier-bank-change", f"Northwind Accounts <accounts.northwind@{STRANGER}>", "Change of our bank details",
              BANK_CHANGE, held(PRIYA, "judged fraud")),
        _mail("own-domain-forged", "IT Support <it.support@contoso.example>", "Mailbox upgrade", UPGRADE,
              held(LENA, "judged phishing"), mail_from=f"bounces@{people.PRIZE_DRAW}"),
        _mail("callback", f"Billing Desk <billing@{people.PRIZE_DRAW}>", "Your subscription was renewed: 499.99 USD", CALLBACK,
              held(TOM, "judged fraud")),
        _mail("extortion", f"Watcher <watcher@{STRANGER}>", "I recorded you", EXTORTION, held(TOM, "judged fraud")),
        _mail("advance-fee", f"Barrister Coleman <coleman@{people.PRIZE_DRAW}>", "Your inheritance", ADVANCE_FEE,
              held(ROBERT, "judged fraud")),
        _mail("pharmacy-spam", f"Vital Store <deals@{people.PRIZE_DRAW}>", "Lose weight fast, doctors are stunned", PILLS,
              junked(TOM, "judged spam")),
    )  # fmt: skip


def _mail(
    name: str, sender: str, subject: str, body: Part | str, *expected: Expected, mail_from: str = ""
) -> DemoMessage:
    to = ", ".join(one.recipient for one in expected)
    envelope_sender = mail_from or sender.rpartition("<")[2].rstrip(">")
    return DemoMessage(name, Direction.INBOUND, envelope_sender, letter(name, sender, to, subject, body), expected)


def _qr_letter() -> Part:
    code = files.qr_code("https://payroll-desk.prize-draw.example/sso?u=robert.fenwick")
    page = multipart("related", [text(QR_HTML, "html"), file("code.png", code, "image/png", inline_id="code@demo")])
    return multipart("mixed", [page])


def _html_file() -> Part:
    return with_files(
        text("Please open the attached document to view the scan. You have to sign in with your e-mail password.\n"),
        file("Scan_0231.html", FORM.encode(), "text/html"),
    )


PASSWORD = both(
    "Your password expires today. Keep your password: https://login.prize-draw.example/keep\n",
    """<html><body><div style="font-family:Segoe UI"><h2>Microsoft 365</h2><p>Dear user,</p>
<p>The password of tom.becker@contoso.example expires today. To keep the same password and avoid losing access to your
mailbox, verify your account within 24 hours.</p>
<p><a href="https://login.prize-draw.example/keep?u=tom.becker@contoso.example">https://login.microsoftonline.com/</a></p>
<p>IT service desk</p></div></body></html>
""",
)
ON_HOLD = text(
    """<html><body><p>Your mailbox quota is exceeded and 7 incoming messages are on hold.</p>
<p>Release pending messages now or they will be deleted within 24 hours:</p>
<p><a href="https://mail-release.prize-draw.example/session">Release messages</a></p>
<p>To avoid interruption verify your mailbox.</p></body></html>
""",
    "html",
)
QR_HTML = """<html><body><p>Dear colleague,</p><p>your direct deposit details must be confirmed before the next payroll run.
Verify your identity within 24 hours: scan the code with the camera of your telephone.</p>
<p><img src="cid:code@demo" alt=""></p><p>Human Resources</p></body></html>
"""
FORM = """<html><head><title>Sign in</title></head><body><h3>Sign in to view the document</h3>
<form method="post" action="https://collect.prize-draw.example/in.php"><input name="mail" value="lena.vogel@contoso.example">
<input type="password" name="pass"><button>View document</button></form></body></html>
"""
PARCEL = both(
    "Your parcel could not be delivered. Pay the customs fee of 1.99: https://track.no-policy.example/pay\n",
    """<html><body><h2>DHL Express</h2><p>Your parcel could not be delivered because a customs fee of 1.99 EUR is unpaid.</p>
<p>Pay the fee within 48 hours to schedule a new delivery, or the parcel will be returned to the sender.</p>
<p><a href="https://track.no-policy.example/pay/8812">Pay now and track your parcel</a></p></body></html>
""",
)
SHARED = both(
    "A document was shared with you: https://files.prize-draw.example/d/8831\n",
    """<html><body><h3>SharePoint</h3><p>Robert Fenwick shared a document with you: <b>Salary review 2027.pdf</b></p>
<p>This document is secured. Sign in to your account with your work e-mail to view the document.</p>
<p><a href="https://files.prize-draw.example/d/8831?login=priya.raman@contoso.example">https://contoso.sharepoint.com/review</a></p>
</body></html>
""",
)
BANK_ALERT = both(
    "We noticed unusual activity. Verify your identity: https://secure.prize-draw.example/woodgrove\n",
    """<html><body><h2>Woodgrove Bank</h2><p>We have detected unusual activity and your account has been temporarily suspended.</p>
<p>Confirm your identity within 24 hours to restore access, otherwise your account will be closed.</p>
<p><a href="https://secure.prize-draw.example/woodgrove">https://www.woodgrove-bank.example/signin</a></p></body></html>
""",
)
CHIEF = """Robert,

are you at your desk? I am in a meeting and can't take calls. I need you to process an urgent wire transfer to a new
supplier today. Please keep this confidential until it is announced.

Margaret Holloway
Chief Executive Officer
Sent from my phone
"""
GIFT_CARDS = """Hi Lena,

do you have a moment? I need a favour: please buy five Apple gift cards of 200 each for some clients. Scratch the back and
send me pictures of the codes as soon as possible. I will reimburse you today.

Margaret
"""
COUSIN = """Dear Ms Raman,

our remittance address has changed. Please use the new account for all open invoices from today and confirm when the
payment is sent.

Contoso Payments
"""
BANK_CHANGE = """Dear Priya,

due to an audit our bank account cannot receive payments at the moment. Our bank details have changed: please update your
records with our new account details and send the pending payment to the new bank account urgently today.

Please confirm by e-mail only, I am in a meeting and can't take calls.

Northwind Accounts
"""
UPGRADE = text(
    """<html><body><p>Dear user,</p><p>your mailbox storage is full. Upgrade your mailbox and verify your account within 24 hours,
otherwise your account will be deactivated.</p><p><a href="https://upgrade.prize-draw.example/owa">Upgrade now</a></p>
<p>IT Support</p></body></html>
""",
    "html",
)
CALLBACK = """Dear customer,

thank you for renewing your Norton antivirus subscription. Your account has been charged 499.99 USD.
Invoice number: NB-88213-07

If you did not authorize this charge, call our support team within 24 hours to cancel and get a refund:
+1 (888) 555-0142

Customer support
"""
EXTORTION = """I have hacked your device and recorded you through your webcam while you visited adult websites.

I know your password. If you do not pay 1200 USD in bitcoin within 48 hours, I will send the video to all your contacts.
My bitcoin wallet: bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh

Do not reply and do not contact the police.
"""
ADVANCE_FEE = """Dear friend,

I am Barrister Coleman, attorney to a late client who died in a plane crash and left the sum of 8.5 million dollars with
a bank. As you bear the same last name, I want to present you as the next of kin so that the funds can be transferred to
your account. You will receive 40 percent. This transaction is strictly confidential and risk free.

Reply with your full name, address and telephone number.
"""
PILLS = both(
    "Lose weight fast without diet or exercise. Order now: https://shop.no-policy.example/x\n",
    """<html><body><h1>LOSE WEIGHT FAST!!!</h1><p>Doctors are stunned by this miracle: burn belly fat overnight without diet or
exercise. 100% natural, clinically proven, money back guarantee. Limited time offer: 80% off, free trial bottle, free
shipping. Cheap viagra and cialis without prescription.</p>
<p><a href="https://shop.no-policy.example/x">ORDER NOW</a> - act now, supplies are limited!</p></body></html>
""",
)
