# ruff: noqa: E501 - mail is written as people and programs write it
"""Ordinary business mail from outside: all of it must arrive with its own bytes."""

from lockgate.model.envelope import Direction
from tools.demo.messages import files, people
from tools.demo.messages.expectation import DemoMessage, Expected, junked, relayed
from tools.demo.messages.letters import Part, both, file, letter, text, with_files
from tools.demo.messages.people import BJORN, LENA, MARGARET, PRIYA, ROBERT, TOM, YUKI


def messages() -> tuple[DemoMessage, ...]:
    """In no particular order."""
    return (
        _mail("plain-order", f"Nora Lindgren <nora@{people.NORTHWIND}>", "Order 4711", ORDER, TOM, LENA),
        _mail("html-quote", f"Ivan Petrov <ivan.petrov@{people.ADATUM}>", "Quote for the Malmö site", QUOTE, TOM),
        _mail("thread-reply", f"Ivan Petrov <ivan.petrov@{people.ADATUM}>", "Re: Delivery in week 49", REPLY, ROBERT,
              more=("In-Reply-To: <week49@contoso.example>", "References: <week49@contoso.example>")),
        _mail("supplier-invoice", f"Northwind Accounts <accounts@{people.NORTHWIND}>", "Invoice 20931", _invoice(), PRIYA),
        _mail("bank-statement", f"Woodgrove Bank <service@{people.BANK}>", "Your November statement is ready", STATEMENT,
              ROBERT),
        _mail("german-8bit", f"Jürgen Weiß <juergen.weiss@{people.ADATUM}>", "Rückfrage zum Vertrag", GERMAN, BJORN),
        _mail("japanese", f"Aiko Mori <aiko.mori@{people.NO_POLICY}>", "打ち合わせの件", text(JAPANESE, encoding="base64"), YUKI),
        _mail("latin-1", f"Claire Dubois <claire@{people.NO_POLICY}>", "Devis",
              text(FRENCH, charset="iso-8859-1", encoding="quoted-printable"), LENA),
        _mail("price-list", f"Nora Lindgren <nora@{people.NORTHWIND}>", "Price list 2027", _price_list(), TOM),
        _mail("forwarded", f"Ivan Petrov <ivan.petrov@{people.ADATUM}>", "Fwd: Site visit", _forwarded(), MARGARET),
        _mail("no-subject-no-body", f"Nora Lindgren <nora@{people.NORTHWIND}>", "", "", LENA),
        _mail("mailing-list", f"Mara Quist <mara@{people.NO_POLICY}>", "[tide-dev] Parser for gauge readings", LIST_POST, LENA,
              more=(f"List-Id: <tide-dev.lists.{people.NO_POLICY}>", f"List-Post: <mailto:tide-dev@lists.{people.NO_POLICY}>")),
        _newsletter("newsletter", relayed(TOM, "")),
        _newsletter("newsletter-into-junk", junked(YUKI, "Unwanted mail into junk")),
        _newsletter("newsletter-of-strict-domain", junked(YUKI, "Unwanted mail into junk"), people.NORTHWIND),
    )  # fmt: skip


def _mail(name: str, sender: str, subject: str, body: Part | str, *to: str, more: tuple[str, ...] = ()) -> DemoMessage:
    mail_from = sender.rpartition("<")[2].rstrip(">")
    content = letter(name, _ascii(sender), ", ".join(to), subject, body, *more)
    return DemoMessage(name, Direction.INBOUND, mail_from, content, tuple(relayed(address) for address in to))


def _ascii(sender: str) -> str:
    """The header form of a display name beyond ASCII (RFC 2047)."""
    from email.utils import formataddr, parseaddr

    return sender if sender.isascii() else formataddr(parseaddr(sender), "utf-8")


def _invoice() -> Part:
    page = files.pdf(
        "Northwind Traders", "Invoice 20931", "24 crates of glass jars", "Total: EUR 1,284.00", "Due in 30 days"
    )
    return with_files(text(INVOICE), file("Invoice-20931.pdf", page, "application/pdf"))


def _price_list() -> Part:
    rows = (("Article", "Price"), ("Jar 250 ml", "0.42"), ("Jar 500 ml", "0.61"), ("Lid", "0.09"))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return with_files(text(PRICES), file("Price list 2027.xlsx", files.spreadsheet(rows), kind))


def _forwarded() -> Part:
    inner = letter("inner", f"Olga <olga@{people.ADATUM}>", f"ivan.petrov@{people.ADATUM}", "Site visit", VISIT)
    original = Part(("Content-Type: message/rfc822", "Content-Disposition: attachment"), inner)
    return with_files(text("Margaret, this is what Olga suggests for the visit.\n\nIvan\n"), original)


def _newsletter(name: str, expected: Expected, domain: str = people.NEWSLETTER) -> DemoMessage:
    leave = f"https://www.{domain}/leave?reader=81723"
    plain = NEWS_TEXT.replace("{leave}", leave)
    content = letter(
        name, f"The Harbour Post <post@{domain}>", expected.recipient, "The Harbour Post: cranes, tides and a new quay",
        both(plain, NEWS_HTML.replace("{leave}", leave)),
        f"List-Unsubscribe: <{leave}>, <mailto:leave@{domain}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        f"List-Id: The Harbour Post <harbour-post.{domain}>",
        "Precedence: bulk",
        "Feedback-ID: 48:harbour-post:demo",
    )  # fmt: skip
    return DemoMessage(name, Direction.INBOUND, f"bounce+81723@{domain}", content, (expected,))


ORDER = """Hello Tom, hello Lena,

we would like to order 24 crates of the blue jars, to the warehouse in Hamburg as last time.
Could you tell me when they can leave?

Best regards
Nora
"""
QUOTE = both(
    "Hello Tom,\n\nhere are the figures for Malmö: 12 pumps at 840 each, delivery in March.\n\nIvan\n",
    """<html><body style="font-family:Calibri,sans-serif"><p>Hello Tom,</p><p>here are the figures for Malmö:</p>
<table border="1"><tr><th>Item</th><th>Pieces</th><th>Price</th></tr><tr><td>Pump P12</td><td>12</td><td>840</td></tr></table>
<p>Delivery is in March. The drawing is on <a href="https://www.adatum.example/products/p12">our page</a>.</p>
<p>Ivan Petrov<br>Adatum, sales</p></body></html>
""",
)
REPLY = """Hi Robert,

week 49 suits us well, Thursday from eight. The driver has your gate number.

Ivan

On Monday Robert Fenwick wrote:
> Hi Ivan,
> can you deliver in week 49?
> Robert
"""
INVOICE = """Dear Ms Raman,

please find attached our invoice 20931 for the delivery of last week. The bank details are the ones you know.

Kind regards
Northwind Traders, accounts
"""
STATEMENT = both(
    "Dear Mr Fenwick,\n\nyour statement for November is in your online archive.\n\nWoodgrove Bank\n",
    """<html><body><p>Dear Mr Fenwick,</p><p>your statement for November is in your
<a href="https://www.woodgrove-bank.example/archive">online archive</a>.</p><p>Woodgrove Bank<br>
<small>We never ask for your PIN by e-mail.</small></p></body></html>
""",
)
GERMAN = """Sehr geehrter Herr Håkansson,

zu § 7 des Vertrags haben wir noch eine Frage: Gilt die Kündigungsfrist auch für die Wartung?
Für eine kurze Rückmeldung wären wir dankbar.

Mit freundlichen Grüßen
Jürgen Weiß
"""
JAPANESE = """田中様

お世話になっております。来週の打ち合わせは水曜日の午後二時からでいかがでしょうか。

森
"""
FRENCH = """Bonjour Lena,

voici comme convenu le devis pour la réparation de la vanne. Il reste valable jusqu'à la fin de l'année.

À bientôt
Claire
"""
PRICES = "Hello Tom,\n\nattached is the list for next year. Only the lids have gone up a little.\n\nNora\n"
VISIT = "Ivan,\n\nwe could be there on the ninth, with two people. Is there a room with a projector?\n\nOlga\n"
LIST_POST = """I have rewritten the parser so that it reads the gauge format of 2019 as well:

    reading = parse(line, strict=False)

Comments are welcome; the branch is called gauges.

Mara
"""
NEWS_TEXT = """The Harbour Post, November

A new quay
The city has begun to build the quay that shippers have asked for since 2019. It will take three years.

Cranes that save power
How the electric cranes give back what they take.

You read this because you subscribed to The Harbour Post.
Leave: {leave}
"""
NEWS_HTML = """<html><head><title>The Harbour Post</title></head><body style="margin:0;background:#eef">
<table width="100%" cellpadding="0"><tr><td align="center"><table width="600" style="background:#fff;font-family:Georgia,serif">
<tr><td style="padding:20px"><h1>The Harbour Post</h1><p style="color:#666">November: cranes, tides and a new quay</p></td></tr>
<tr><td style="padding:20px"><h2>A new quay</h2><p>The city has begun to build the quay that shippers have asked for since
2019. It will take three years and costs less than planned.</p>
<p><a href="https://www.newsletter.example/harbour/11/quay?r=81723">Read on</a></p></td></tr>
<tr><td style="padding:20px"><h2>Cranes that save power</h2><p>How the electric cranes give back what they take.</p>
<p><a href="https://www.newsletter.example/harbour/11/cranes?r=81723">Read on</a></p></td></tr>
<tr><td style="padding:20px;font-size:12px;color:#888">You read this because you subscribed to The Harbour Post.
<a href="{leave}">Leave the list</a> or <a href="https://www.newsletter.example/reader?r=81723">change your subscription</a>.
</td></tr></table></td></tr></table></body></html>
"""
