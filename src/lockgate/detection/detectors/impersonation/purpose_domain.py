"""The sender's domain says what it is for (mail, access, money, parcels) instead of whose it is, or puts such a word
behind a name, of a well-known brand or of the firm that seems to write.

Why it matters: `storage-mail-admin.example`, `teams-messages.example` and `harbour-tools-invoicing.example` are
registered for one campaign; firms use their name.
Known false positives: honest services that are called by what they do (weak alone; other signs make it count).
References: MITRE ATT&CK T1583.001; Anti-Phishing Working Group, "Phishing Activity Trends Report".
"""

from collections.abc import Iterator
from functools import cache, lru_cache

from lockgate.detection.brands import all_brands, owned_domains
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers, listed
from lockgate.detection.organisations import label, registered_domain
from lockgate.detection.resemblance import is_purpose
from lockgate.detection.text import skeleton
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence

READ = 4_000
_ENDINGS = (
    "payment payments pay billing invoice invoices invoicing remittance remit accounts receivable collections finance "
    "secure secured security verify verification login signin sso auth account support helpdesk desk alert alerts "
    "notice notification update access portal docs documents securemail rechnung rechnungen zahlung zahlungen "
    "buchhaltung konto sicherheit facture factures facturation paiement paiements comptabilite compte securite factura "
    "facturas facturacion pago pagos cobros cuenta seguridad fatture fattura pagamenti pagamento conto sicurezza "
    "fatura faturas pagamentos cobranca conta seguranca factuur facturen betaling betalingen rekening beveiliging "
    "faktura faktury platnosci konto bezpieczenstwo fakturor betalning sakerhet fakturace platby ucet bezpecnost"
)
ENDINGS = frozenset(_ENDINGS.split(" "))
"""Words of money and of access: what a borrowed name is lengthened by."""
_PRODUCTS = frozenset({"teams", "outlook", "office", "office365", "microsoft365", "m365", "o365", "bankid", "onedrive"})
_OF_TRADES = (
    "online web app apps logistics freight express shipping courier delivery service services office centre center "
    "data cloud group police customs legal tax finance financial people workplace sales meeting calendar"
)
_TRADES = frozenset(_OF_TRADES.split(" "))
"""Firms in these trades are called so."""


@detector("impersonation.purpose-domain", Category.PHISHING, weight=1.7, direction=Direction.INBOUND)
def purpose_domain(content: Content, origin: Origin, history: SenderHistory | None) -> Iterator[Outcome]:
    domain = content.header_from.domain
    if not domain or origin.is_internal(domain) or (history is not None and history.known) or content.is_discussion:
        return
    how, strength, name = _purpose(domain)
    if not how or covers("free_mail", domain):
        return
    if name and name not in skeleton(content.words[:READ]):
        strength *= 0.5
    yield Found(f"the sender's domain {domain} {how}", (Evidence("header From", domain),), strength)


@lru_cache(maxsize=16_384)
def _purpose(domain: str) -> tuple[str, float, str]:
    """How the domain says it, how much that tells, and the letters of the name that it lengthens."""
    words = label(domain).split("-")
    if domain.endswith(".onmicrosoft.com"):
        return _tenant(domain)
    if len(words) < 2 or registered_domain(domain) in owned_domains():
        return "", 0.0, ""
    brands = [word for word in words if word in _brand_words() or word in _PRODUCTS]
    purposes = [word for word in words if word not in brands and is_purpose(word)]
    if brands and len(purposes) >= len(words) - len(brands) > 0:
        sure = len(purposes) > 1 or brands[0] not in _PRODUCTS
        return f"puts the name of {brands[0]} beside '{'-'.join(purposes)}'", 2.2 if sure else 1.0, ""
    purposes = [word for word in words if is_purpose(word)]
    if len(purposes) > 1 and 3 * len(purposes) >= 2 * len(words) and not _TRADES.issuperset(purposes):
        return f"is made of words of a purpose: {', '.join(purposes)}", 1.0, ""
    if words[-1] in ENDINGS:
        return f"puts '{words[-1]}' behind a name", 1.0, "".join(words[:-1])
    return "", 0.0, ""


def _tenant(domain: str) -> tuple[str, float, str]:
    """A Microsoft 365 tenant that has no domain of its own; the name of one that was made today ends in a number."""
    first = domain.removesuffix(".onmicrosoft.com").rpartition(".")[2]
    bare = first.rstrip("0123456789")
    fresh = len(first) - len(bare) >= 3 or is_purpose(bare)
    return "is a Microsoft 365 tenant without a domain of its own", 1.6 if fresh else 0.6, ""


@cache
def _brand_words() -> frozenset[str]:
    """Names of brands that are one word and no ordinary one."""
    names = {name for brand in all_brands() if brand.distinctive for name in brand.names if name.isalnum()}
    return frozenset(name for name in names if len(name) >= 4 and name not in listed("ordinary_words"))
